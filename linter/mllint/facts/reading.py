"""From a document to its facts."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

from ..document import Document, UnreadableDocumentError
from ..nodes import Node
from ..suppressions import read_suppressions
from ..syntax import UnparsableError, parse_for_facts
from .extraction import Extraction
from .lines import logical_lines
from .module import Failure, Outline
from .outline import exports, imports, starts, words
from .statements import Body

# Facts nest as deeply as the source does, with several Python frames a level.
RECURSION_LIMIT = 12_000


def extract(module: Any, lines: list[int]) -> Body:
    """Translate a module's statements.

    Args:
        module: The tree, of libcst's own nodes or bare ones.
        lines: Where its logical lines begin. If they turn out not to be those of the tree (a syntax
            that the scanner does not know), the slow way of finding them is taken.
    """
    remaining = iter(lines)
    try:
        body = Extraction(lambda _: next(remaining)).statements(module.body)
        if next(remaining, None) is None or not module.body:
            return body
    except StopIteration:
        pass
    import libcst  # takes longer than all other imports, for what hardly ever happens
    from libcst.metadata import MetadataWrapper, PositionProvider

    if isinstance(module, Node):
        module = libcst.parse_module(module.source)
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions: Any = wrapper.resolve(PositionProvider)
    return Extraction(lambda node: int(positions[node].start.line)).statements(module.body)


def read_facts(document: Document) -> tuple[Outline, Body]:
    """Return a document's facts; those of one that is no Python say why."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    collecting = gc.isenabled()
    gc.disable()
    try:
        module = parse_for_facts(document)
        lines = logical_lines(document.text)
        body = extract(module, lines)
        del module  # before the collector comes back, which would walk over all of it
        mentioned: set[str] = set()
        words(body, mentioned)
        suppressions = tuple(read_suppressions(document.text, lines))
        gaps = tuple(Failure(f"syntax error: {gap[0]}", *gap[1:]) for gap in document.gaps)
        outline = Outline(
            imports(body),
            starts(body),
            exports(body),
            frozenset(mentioned),
            suppressions,
            gaps=gaps,
        )
    except UnparsableError as error:
        return Outline(failure=Failure(f"syntax error: {error}", error.line, error.column)), ()
    except RecursionError:
        return Outline(failure=Failure("the code is nested too deeply", 1, 1)), ()
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
    return outline, body


def facts_of(read: Callable[[], Document]) -> tuple[Outline, Body]:
    """Return the facts of what a function reads, or why it can't be read."""
    try:
        return read_facts(read())
    except UnreadableDocumentError as error:
        return Outline(failure=Failure(str(error), error.line, 1)), ()
