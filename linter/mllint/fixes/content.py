"""From edits of a document's text to the bytes of its file.

Everything that no edit touches keeps its bytes: encoding, byte order mark, ends of lines, and in a
notebook all of the JSON but the source of the cells that change.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

from ..document import Document, plain_lines
from .edits import Edit, apply
from .notebook import Notebook
from .tree import UnfixableError


class PlacedEdit(NamedTuple):
    """An edit in a file's own lines.

    Attributes:
        cell: Of the notebook, from 1; 0 in a Python file.
        line: First line, from 1; within the cell in a notebook.
        column: In characters, from 1.
        end_line: Last line.
        end_column: Behind the last character.
        text: What stands there then.
    """

    cell: int
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def placed(document: Document, edits: Sequence[Edit]) -> tuple[PlacedEdit, ...]:
    """Return edits in the file's own lines.

    Raises:
        UnfixableError: If one goes beyond its cell.
    """
    text = document.text
    found: list[PlacedEdit] = []
    for start, end, new in edits:
        line = text.count("\n", 0, start) + 1
        end_line = line + text.count("\n", start, end)
        first, last = document.place_of(line), document.place_of(end_line)
        if first.cell != last.cell:
            raise UnfixableError("the change goes beyond the cell")
        columns = start - text.rfind("\n", 0, start), end - text.rfind("\n", 0, end)
        found.append(PlacedEdit(first.cell, first.line, columns[0], last.line, columns[1], new))
    return tuple(found)


def edit_content(content: bytes, document: Document, edits: Sequence[Edit]) -> bytes:
    """Return a file's bytes with edits made.

    Args:
        content: The bytes.
        document: What was read from them.
        edits: Of the document's text.

    Raises:
        UnfixableError: If a place can't be found again, or its text can't be written.
    """
    places = placed(document, edits)
    if not document.places:
        return _edit_python(content, places)
    notebook = Notebook(content)
    by_cell: dict[int, list[PlacedEdit]] = {}
    for each in places:
        by_cell.setdefault(each.cell, []).append(each)
    for cell, in_cell in by_cell.items():
        source = notebook.source(cell)
        in_cell = _as_written(document, cell, source, in_cell)
        notebook.replace(cell, edit_lines(source, in_cell))
    return notebook.content()


def _edit_python(content: bytes, edits: Sequence[PlacedEdit]) -> bytes:
    encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
    text = content.decode(encoding)
    if text.encode(encoding) != content:
        raise UnfixableError(f"the file can't be written as {encoding} again")
    try:
        return edit_lines(text, edits).encode(encoding)
    except UnicodeEncodeError as error:
        raise UnfixableError(f"the change can't be written as {encoding}") from error


def edit_lines(text: str, edits: Sequence[PlacedEdit]) -> str:
    """Return a text with edits made by line and column; new lines end as those around them do."""
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]
    ends = re.findall(r"\r\n|\r|\n", text)
    default = ends[0] if ends else "\n"
    moved: list[Edit] = []
    for each in edits:
        line_break = ends[each.line - 1] if each.line <= len(ends) else default
        start = starts[each.line - 1] + each.column - 1
        end = starts[each.end_line - 1] + each.end_column - 1
        moved.append(Edit(start, end, each.text.replace("\n", line_break)))
    return apply(text, moved)


def _as_written(
    document: Document, cell: int, source: str, edits: Sequence[PlacedEdit]
) -> list[PlacedEdit]:
    """Return edits of a cell in its lines as they are in the file, where some are no Python.

    Raises:
        UnfixableError: If one is in such a line.
    """
    text = document.text.split("\n")
    read = [text[at] for at, place in enumerate(document.places) if place.cell == cell]
    written = plain_lines(source).split("\n")

    def column(line: int, column: int) -> int:
        was, now = read[line - 1], written[line - 1]
        if was == now or (column == 1 and not now.lstrip().startswith("%%")):
            return column
        if column == len(was) + 1:
            return len(now) + 1
        raise UnfixableError("the change is in a line of IPython's own")

    found: list[PlacedEdit] = []
    for each in edits:
        start, end = column(each.line, each.column), column(each.end_line, each.end_column)
        first = each.line - (each.column == 1)
        if read[first : each.end_line - 1] != written[first : each.end_line - 1]:
            raise UnfixableError("the change is about lines of IPython's own")
        found.append(each._replace(column=start, end_column=end))
    return found
