"""A file in chunks, one for each statement at top level: one that was edited is parsed in part.

Python is read from left to right, and a statement at top level begins anew: where a chunk is the
same as before, its facts are, but for their lines.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

from .statements import BODIES, Body, Handler, Statement

# A line that goes on with the statement above, or that belongs to the one below.
_CONTINUING = re.compile(r"[ \t\f]|(?:else|elif|except|finally)\b")
_DECORATING = "@"
Part = TypeVar("Part", bound="Statement | Handler")


class Chunk(NamedTuple):
    """A statement at top level, with the comments and blank lines behind it.

    Attributes:
        line: The first of its lines, from 1, decorators included.
        digest: Of its text.
    """

    line: int
    digest: bytes


def chunks(text: str, logical_lines: list[int]) -> tuple[Chunk, ...]:
    """Cut a source into chunks; what stands above the first statement is the first one's.

    It is not cut, and so parsed as a whole, where it holds what only a parser can tell apart.

    Args:
        text: Python source whose lines end in a line feed.
        logical_lines: The lines on which logical lines begin.
    """
    lines = text.split("\n")
    starts: list[int] = []
    is_decorated = False
    for number in logical_lines:
        line = lines[number - 1]
        if line.lstrip(" \t\f").startswith("\\"):
            return ()  # of what a bare backslash joins, parsers have views of their own
        if _CONTINUING.match(line):
            continue
        if not is_decorated:
            starts.append(number)
        is_decorated = line.startswith(_DECORATING)
    starts[:1] = [1]
    ends = [*starts[1:], len(lines) + 1]
    texts = ("\n".join(lines[start - 1 : end - 1]) for start, end in zip(starts, ends, strict=True))
    return tuple(map(Chunk, starts, map(digest, texts)))


def digest(text: str) -> bytes:
    """Name a chunk's text; blank lines at its end are none of it."""
    return blake2b(text.rstrip().encode("utf-8", "surrogatepass"), digest_size=12).digest()


class Edit(NamedTuple):
    """What of a file is as it was.

    Attributes:
        before: How many chunks, from the first on.
        behind: How many, from the last back.
    """

    before: int
    behind: int

    def carried_over(
        self, body: Body, old: tuple[Chunk, ...], new: tuple[Chunk, ...], changed: Body
    ) -> Body:
        """Return the statements of the new version.

        Args:
            body: The statements of the old version.
            old: Its chunks.
            new: Those of the new version.
            changed: The statements of the chunks that are not as they were.
        """
        before: list[Statement] = []
        behind: list[Statement] = []
        starts = [chunk.line for chunk in old]
        for statement in body:
            position = bisect_right(starts, statement.line) - 1
            if position < self.before:
                before.append(statement)
            elif position >= len(old) - self.behind:
                by = new[position + len(new) - len(old)].line - old[position].line
                behind.append(shifted(statement, by))
        return (*before, *changed, *behind)


def edit(old: tuple[Chunk, ...], new: tuple[Chunk, ...]) -> Edit:
    """Return what of a file is as it was.

    Args:
        old: The chunks as they were.
        new: The chunks as they are.
    """
    most = min(len(old), len(new))
    before = 0
    while before < most and old[before] == new[before]:
        before += 1
    behind = 0
    while behind < most - before and old[-1 - behind].digest == new[-1 - behind].digest:
        behind += 1
    return Edit(before, behind)


def shifted(part: Part, by: int) -> Part:
    """Return a statement with all within it, so many lines further down."""
    if not by:
        return part
    inner: dict[str, Any] = {
        name: tuple(shifted(each, by) for each in getattr(part, name))
        for name in BODIES.get(type(part), ())
    }
    moved: Part = part._replace(line=part.line + by, **inner)  # type: ignore[assignment]
    return moved
