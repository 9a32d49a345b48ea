"""Edits of a text, and places in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """What stands between two offsets is replaced.

    Attributes:
        start: Offset of the first character.
        end: Offset behind the last one; that of `start` for an insertion.
        text: What stands there then.
    """

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made that do not overlap; those at one place keep their order."""
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += text[done:start], new
        done = end
    return "".join([*parts, text[done:]])


def collide(one: Edit, other: Edit) -> bool:
    """Tell whether two edits can't both be made, or not in a certain order."""
    first, second = sorted((one, other))
    if first.start < first.end and second.start < second.end:
        return first.end > second.start
    return first.end >= second.start


def offset_of(text: str, line: int, column: int) -> int:
    """Return the offset of a line and column, both from 1; of one behind the text, its end."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return len(text)
    return min(start + column - 1, len(text))


def line_start(text: str, offset: int) -> int:
    """Return where the line of an offset begins."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Return where the line of an offset ends, before its line feed."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def indent_at(text: str, offset: int) -> str:
    """Return the white space that the line of an offset begins with."""
    line = text[line_start(text, offset) : line_end(text, offset)]
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def begins_line(text: str, offset: int) -> bool:
    """Tell whether only white space stands before an offset on its line."""
    return not text[line_start(text, offset) : offset].strip()


def is_rest_empty(text: str, offset: int) -> bool:
    """Tell whether nothing but a comment stands behind an offset on its line."""
    rest = text[offset : line_end(text, offset)].strip()
    return not rest or rest.startswith("#")
