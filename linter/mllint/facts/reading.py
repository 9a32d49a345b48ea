"""From a document to its facts."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from ..document import Document, UnreadableDocumentError
from ..nodes import Node
from ..suppressions import read_suppressions
from ..syntax import UnparsableError, parse_for_facts, quiet
from .chunks import Chunk, chunks, edit
from .extraction import Extraction
from .lines import logical_lines
from .module import UNREADABLE, EncodedFacts, Failure, Outline
from .outline import exports, imports, starts, words
from .statements import Body

# Facts nest as deeply as the source does, with several Python frames a level.
RECURSION_LIMIT = 12_000


class Facts(NamedTuple):
    """What is read of one file.

    Attributes:
        outline: What must be known of every module.
        body: Its statements.
        chunks: What its source is like; nothing where the scanner does not know its syntax.
    """

    outline: Outline
    body: Body = ()
    chunks: tuple[Chunk, ...] = ()


def extract_by(lines: list[int], module: Any) -> Body | None:
    """Translate a module's statements; None if the lines turn out not to be those of the tree.

    Args:
        lines: Where its logical lines begin.
        module: The tree, of libcst's own nodes or bare ones.
    """
    remaining = iter(lines)
    try:
        body = Extraction(lambda _: next(remaining)).statements(module.body)
    except StopIteration:
        return None
    return body if next(remaining, None) is None or not module.body else None


def extract(module: Any, lines: list[int]) -> Body:
    """Translate a module's statements; where the scanner of lines errs, in the slow way."""
    body = extract_by(lines, module)
    return extract_slowly(module) if body is None else body


def extract_slowly(module: Any) -> Body:
    """Translate a module with a syntax that the scanner of lines does not know."""
    import libcst  # takes longer than all other imports, for what hardly ever happens
    from libcst.metadata import MetadataWrapper, PositionProvider

    if isinstance(module, Node):
        module = libcst.parse_module(module.source)
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions: Any = wrapper.resolve(PositionProvider)
    return Extraction(lambda node: int(positions[node].start.line)).statements(module.body)


def extract_edited(
    document: Document, lines: list[int], now: tuple[Chunk, ...], known: EncodedFacts
) -> Body | None:
    """Translate what has changed since a file's facts were read, and take over the others.

    Args:
        document: The file as it is.
        lines: Where its logical lines begin.
        now: Its chunks.
        known: The facts of the file as it was.

    Returns:
        The statements; None if the whole has to be parsed.
    """
    try:
        old, body = known.read_chunks(), known.read_body()
        same = edit(old, now)
    except UNREADABLE:
        return None
    if document.places or same == (0, 0):
        return None
    text = document.text.split("\n")
    starts = [*(chunk.line for chunk in now), len(text) + 1]
    first, end = starts[same.before], starts[len(now) - same.behind]
    changed: Body | None = ()
    if first < end:
        part = "\n".join(text[first - 1 : end - 1]) + "\n"
        try:
            module = parse_for_facts(replace(document, text=part))
        except UnparsableError:
            return None  # to be said of the whole file
        if not module.body:
            return None  # a logical line without a statement: the scanner errs
        changed = extract_by([line for line in lines if first <= line < end], module)
    return None if changed is None else same.carried_over(body, old, now, changed)


@quiet()
def read_facts(document: Document, known: EncodedFacts | None = None) -> Facts:
    """Return a document's facts; those of one that is no Python say why.

    Args:
        document: The file.
        known: The facts of the file before it was edited, if they are known.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    collecting = gc.isenabled()
    gc.disable()
    try:
        lines = logical_lines(document.text)
        now = chunks(document.text, lines)
        body = extract_edited(document, lines, now, known) if known else None
        if body is None:
            module = parse_for_facts(document)
            body = extract_by(lines, module)
            if body is None:
                body, now = extract_slowly(module), ()
            del module  # before the collector comes back, which would walk over all of it
        mentioned: set[str] = set()
        called: set[str] = set()
        words(body, mentioned, called)
        suppressions = tuple(read_suppressions(document.text, lines))
        gaps = tuple(Failure(f"syntax error: {gap[0]}", *gap[1:]) for gap in document.gaps)
        outline = Outline(
            imports(body),
            starts(body),
            exports(body),
            frozenset(mentioned),
            frozenset(called),
            suppressions,
            gaps=gaps,
        )
    except UnparsableError as error:
        return Facts(Outline(failure=Failure(f"syntax error: {error}", error.line, error.column)))
    except RecursionError:
        return Facts(Outline(failure=Failure("the code is nested too deeply", 1, 1)))
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
    return Facts(outline, body, now)


def facts_of(read: Callable[[], Document], known: EncodedFacts | None = None) -> Facts:
    """Return the facts of what a function reads, or why it can't be read."""
    try:
        return read_facts(read(), known)
    except UnreadableDocumentError as error:
        return Facts(Outline(failure=Failure(str(error), error.line, 1)))
