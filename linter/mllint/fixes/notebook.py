"""The text of a notebook's cells, changed within the JSON as it stands.

Only the characters of changed lines are written anew: indentation, order of keys, escapes, outputs
and all else stay as whatever program wrote them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from .edits import Edit, apply
from .tree import UnfixableError

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class Notebook:
    """A notebook's JSON.

    Args:
        content: Its bytes.

    Raises:
        UnfixableError: If they can't be written again as they are.
    """

    def __init__(self, content: bytes) -> None:
        self._encoding = json.detect_encoding(content)
        self._json = content.decode(self._encoding, "surrogatepass")
        if self._json.encode(self._encoding, "surrogatepass") != content:
            raise UnfixableError(f"the notebook can't be written as {self._encoding} again")
        self._sources = list(_source_spans(self._json))
        self._edits: list[Edit] = []
        # As the file does: with characters as they are, unless there are none but escaped ones.
        self._escape = self._json.isascii() and re.search(r"\\u[0-9a-fA-F]{4}", self._json)

    def __len__(self) -> int:
        return len(self._sources)

    def source(self, cell: int) -> str:
        """Return the source of a cell, counted from 1."""
        start, end = self._sources[cell - 1]
        value = json.loads(self._json[start:end] or '""')
        return value if isinstance(value, str) else "".join(value)

    def replace(self, cell: int, source: str) -> None:
        """Change the source of a cell."""
        start, end = self._sources[cell - 1]
        if self._json[start] == '"':
            self._edits.append(Edit(start, end, self._dump(source)))
        else:
            self._edits.append(self._list_edit(start, end, source))

    def content(self) -> bytes:
        """Return the bytes with all changes made."""
        return apply(self._json, self._edits).encode(self._encoding, "surrogatepass")

    def _dump(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=bool(self._escape))

    def _list_edit(self, start: int, end: int, source: str) -> Edit:
        """Return the edit of a list of lines, those at its beginning and end that stay left out."""
        spans = list(_item_spans(self._json, start))
        old = [json.loads(self._json[first:last]) for first, last in spans]
        new = re.findall(r"[^\n]*\n|[^\n]+", source)
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        lines = [self._dump(line) for line in new[head : len(new) - tail]]
        separator = self._separator(start, spans)
        kept_end = len(old) - tail
        if head == kept_end and lines:  # only new lines
            if head:
                at = spans[head - 1][1]
                return Edit(at, at, "".join(separator + line for line in lines))
            at = spans[0][0]
            return Edit(at, at, "".join(line + separator for line in lines))
        if lines:
            return Edit(spans[head][0], spans[kept_end - 1][1], separator.join(lines))
        if head:
            return Edit(spans[head - 1][1], spans[kept_end - 1][1], "")
        if tail:
            return Edit(spans[0][0], spans[kept_end][0], "")
        return Edit(start, end, "[]")

    def _separator(self, start: int, spans: list[tuple[int, int]]) -> str:
        """Return what stands between two lines of a list."""
        if len(spans) > 1:
            return self._json[spans[0][1] : spans[1][0]]
        before = self._json[start + 1 : spans[0][0]]
        return f",{before}" if before else ", "


def _common(one: list[str], other: list[str]) -> int:
    """Return how many items two lists have in common at their beginning."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count


def _skip(text: str, at: int) -> int:
    """Return the offset of the next character that is no white space."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _item_spans(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of the items of the list that begins at an offset."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _value_spans(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Yield key and offsets of the values of the object that begins at an offset."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, end) + 1)  # behind the colon
        _, end = _DECODER.raw_decode(text, at)
        yield key, at, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _source_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of each cell's source; of a key that is there twice, the last counts."""
    top = {key: start for key, start, _ in _value_spans(text, _skip(text, 0))}
    places = [top["cells"]] if "cells" in top else list(_worksheets(text, top["worksheets"]))
    for place in places:
        for start, _ in _item_spans(text, place):
            cell = {key: (first, last) for key, first, last in _value_spans(text, start)}
            yield cell.get("source", cell.get("input", (start, start)))


def _worksheets(text: str, start: int) -> Iterator[int]:
    """Yield where the cells of each worksheet begin, which notebooks of format 3 have."""
    for sheet, _ in _item_spans(text, start):
        yield from (first for key, first, _ in _value_spans(text, sheet) if key == "cells")
