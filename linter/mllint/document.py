"""The text of one file as Python, whatever its kind, and where each line of it stands.

A notebook is its code cells one after another, with IPython's own syntax neutralised.
"""

from __future__ import annotations

import json
import stat
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from .cells import plain_cell
from .syntax import failure_of


class UnreadableDocumentError(Exception):
    """The file's text can't be had.

    Attributes:
        line: Where, from 1.
    """

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Place:
    """Where a line of a document stands in its file.

    Attributes:
        cell: From 1; 0 in a Python file.
        line: From 1.
        indent: How many characters stand before it there, and not in the document.
    """

    cell: int
    line: int
    indent: int = field(default=0, compare=False)


class Gap(NamedTuple):
    """A cell that is left out, for it is no Python: why, and where in the document's text."""

    message: str
    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """One file's code.

    Attributes:
        path: The file.
        text: Python source; its lines end in a line feed, whatever the file's do.
        places: Of each line of `text`, for a notebook; empty for a Python file.
        gaps: A notebook's cells that are no Python; their lines are empty in `text`.
        runs: The numbers under which a notebook's cells were last run, by the cell's own.
    """

    path: Path
    text: str
    places: tuple[Place, ...] = ()
    gaps: tuple[Gap, ...] = ()
    runs: Mapping[int, int] = field(default_factory=dict)

    def place_of(self, line: int) -> Place:
        """Return where a line of the text, from 1, stands in the file."""
        if not self.places:
            return Place(0, line)
        return self.places[min(line, len(self.places)) - 1]

    def inversion(self, lines: Iterable[int]) -> tuple[int, int] | None:
        """Return two cells of which the later was last run before the other; None if none was.

        Args:
            lines: Of the text; in whose cells to look.
        """
        cells = sorted({self.place_of(line).cell for line in lines} & self.runs.keys())
        pairs = (pair for pair in combinations(cells, 2) if self.runs[pair[0]] > self.runs[pair[1]])
        return next(pairs, None)


# A file of this size is data in the shape of Python: parsing it takes a minute.
MAX_BYTES = 3_000_000
MAX_NOTEBOOK_BYTES = 200_000_000  # with the outputs, which cost little


def read_notebook(path: Path, content: bytes) -> Document:
    """Read a notebook's code cells.

    Raises:
        UnreadableDocumentError: If the file is no notebook.
    """
    try:
        notebook: Any = json.loads(content)
        code_cells = [
            (number, cell)
            for number, cell in enumerate(cells_of(notebook), start=1)
            if cell["cell_type"] == "code"
        ]
        sources = [(number, source_of(cell)) for number, cell in code_cells]
        runs = {number: count for number, cell in code_cells if (count := run_of(cell))}
        if not is_python(notebook.get("metadata")):
            sources = []
    except json.JSONDecodeError as error:
        raise UnreadableDocumentError(
            f"the notebook is no JSON: {error.msg}", error.lineno
        ) from error
    except (UnicodeDecodeError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableDocumentError("the file holds no notebook of format 3 or 4") from error
    cells: list[list[str]] = []
    places: list[Place] = []
    for number, text in sources:
        refuse_large(len(text), MAX_BYTES)
        lines, indent = plain_cell(plain_lines(text).split("\n"))
        cells.append(lines)
        places += [Place(number, line, indent) for line in range(1, len(lines) + 1)]
    gaps = tuple(leave_out(cells))
    code = "\n".join(line for lines in cells for line in lines) + "\n"
    refuse_large(len(code), MAX_BYTES)
    return Document(path, code, tuple(places), gaps, runs)


def cells_of(notebook: Any) -> list[Any]:
    """Return a notebook's cells; in format 3 they are in worksheets."""
    if "cells" not in notebook and "worksheets" in notebook:
        return [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    cells: list[Any] = notebook["cells"]
    return cells


def source_of(cell: Any) -> str:
    """Return the text of a code cell, which is kept whole or as a list of lines."""
    return "".join(cell["source"] if "source" in cell else cell["input"])


def run_of(cell: Any) -> int:
    """Return the number under which a code cell was last run; 0 if that is not known."""
    number = cell.get("execution_count", cell.get("prompt_number"))
    return number if isinstance(number, int) else 0


def is_python(metadata: Any) -> bool:
    """Tell whether a notebook's kernel runs Python, as far as the notebook says."""
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        info = metadata.get(key) if isinstance(metadata, dict) else None
        language = info.get(name) if isinstance(info, dict) else None
        if isinstance(language, str):
            return "python" in language.lower()
    return True


def leave_out(cells: list[list[str]]) -> Iterator[Gap]:
    """Empty the cells that are no Python: a notebook's others run all the same."""
    first = 0
    for number, lines in enumerate(cells):
        failure = failure_of("\n".join(lines) + "\n")
        if failure is not None:
            yield Gap(str(failure), first + min(failure.line, len(lines)), failure.column)
            cells[number] = [""] * len(lines)
        first += len(lines)


def plain_lines(text: str) -> str:
    """Return a text whose lines end in a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def refuse_large(size: int, limit: int) -> None:
    """Raise an error if there is too much to read."""
    if size > limit:
        raise UnreadableDocumentError(
            f"{size / 1e6:.1f} MB is more than the {limit / 1e6:.0f} MB that are read"
        )


def read_content(path: Path) -> bytes:
    """Read a file's bytes.

    Raises:
        UnreadableDocumentError: If it can't be read, or is too large.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableDocumentError("it is a folder that may not be read")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableDocumentError("it is no regular file")  # a pipe would never end
        refuse_large(status.st_size, MAX_NOTEBOOK_BYTES if path.suffix == ".ipynb" else MAX_BYTES)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocumentError(f"the file can't be read: {error.strerror}") from error


def read_document(path: Path, content: bytes | None = None) -> Document:
    """Read a file.

    Args:
        path: A Python file or a notebook.
        content: Its bytes, if they have been read.

    Returns:
        Its code.

    Raises:
        UnreadableDocumentError: If it can't be read or decoded.
    """
    if content is None:
        content = read_content(path)
    if path.suffix == ".ipynb":
        return read_notebook(path, content)
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        return Document(path, plain_lines(content.decode(encoding)))
    except SyntaxError as error:
        raise UnreadableDocumentError(str(error.msg)) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableDocumentError(
            f"the text is not {error.encoding}: {error.reason}", line
        ) from error
