"""The nodes of facts, and where in the text they stand: made only of files that are changed."""

from __future__ import annotations

import sys
from typing import Any

import libcst
from libcst.metadata import BaseMetadataProvider, CodeSpan, MetadataWrapper
from libcst.metadata.span_provider import SpanProvidingCodegenState

from ..document import Document
from ..facts import translation
from ..facts.lines import logical_lines
from ..facts.reading import RECURSION_LIMIT, extract
from ..facts.statements import Body
from ..syntax import parse, quiet
from .changes import Source


class UnfixableError(Exception):
    """A fix can't be made here."""


class _Offsets(BaseMetadataProvider[CodeSpan]):
    """Where each node begins and how long it is, in characters."""

    def _gen_impl(self, module: libcst.Module) -> None:
        state = SpanProvidingCodegenState(
            default_indent=module.default_indent,
            default_newline=module.default_newline,
            provider=self,
            get_length=len,
        )
        module._codegen(state)


class Tree:
    """A document's syntax tree, with a way from its facts to its nodes.

    Args:
        document: The file.
        body: Its facts.

    Raises:
        UnfixableError: If they are not of one another.
    """

    @quiet()
    def __init__(self, document: Document, body: Body) -> None:
        self.document = document
        self.text = document.text
        self.body = body
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
        try:
            self.module = parse(document)
            self._nodes = _nodes_of(self.module, body, self.text)
            wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
            self._spans: Any = wrapper.resolve(_Offsets)
            self._parents: dict[libcst.CSTNode, libcst.CSTNode] = {}
            _enter_parents(self.module, self._parents)
        except RecursionError as error:
            raise UnfixableError("the code is nested too deeply") from error
        finally:
            sys.setrecursionlimit(limit)

    def node(self, fact: object) -> Any:
        """Return the node of a statement or expression.

        Raises:
            UnfixableError: If the fact is none of this file's.
        """
        try:
            return self._nodes[id(fact)]
        except KeyError as error:
            raise UnfixableError("the place of a change is not in the file") from error

    def span(self, node: libcst.CSTNode) -> tuple[int, int]:
        """Return a node's offsets, without its parentheses, decorators and white space."""
        span = self._spans[node]
        return span.start, span.start + span.length

    def outer_span(self, node: Any) -> tuple[int, int]:
        """Return an expression's offsets with its parentheses."""
        start, end = self.span(node)
        if node.lpar:
            start, end = self._spans[node.lpar[0]].start, sum(self.span(node.rpar[-1])[1:])
        return start, end

    def source(self, source: Source) -> str:
        """Return what is to be written, as text."""
        if isinstance(source, str):
            return source
        if type(source) is tuple:  # facts are named ones
            return "".join(self.source(each) for each in source)
        start, end = self.outer_span(self.node(source))
        return self.text[start:end]

    def parent(self, node: libcst.CSTNode) -> Any:
        """Return the node that a node is a child of."""
        return self._parents[node]


def _enter_parents(node: libcst.CSTNode, parents: dict[libcst.CSTNode, libcst.CSTNode]) -> None:
    for child in node.children:
        parents[child] = node
        _enter_parents(child, parents)


def _nodes_of(module: libcst.Module, body: Body, text: str) -> dict[int, libcst.CSTNode]:
    """Return the nodes of facts by their id(): the tree is translated again, and compared."""
    origins: dict[int, tuple[object, libcst.CSTNode]] = {}
    translation.origins = origins
    try:
        again = extract(module, logical_lines(text))
    finally:
        translation.origins = None
    if again != body:
        raise UnfixableError("the file has changed while it was checked")
    found: dict[int, libcst.CSTNode] = {}
    pairs: list[tuple[Any, Any]] = [(body, again)]
    while pairs:
        fact, twin = pairs.pop()
        if id(twin) in origins:
            found[id(fact)] = origins[id(twin)][1]
        pairs += [pair for pair in zip(fact, twin, strict=True) if isinstance(pair[0], tuple)]
    return found
