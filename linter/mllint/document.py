"""The text of one file as Python, whatever its kind, and where each line of it stands.

A notebook is its code cells one after another, with IPython's own syntax neutralised.
"""

from __future__ import annotations

import json
import re
import stat
import tokenize
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any


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
    """Where a line of a document stands in its file: cell (0 in a Python file) and line, from 1."""

    cell: int
    line: int


@dataclass(frozen=True)
class Document:
    """One file's code.

    Attributes:
        path: The file.
        text: Python source; its lines end in a line feed, whatever the file's do.
        places: Of each line of `text`, for a notebook; empty for a Python file.
    """

    path: Path
    text: str
    places: tuple[Place, ...] = ()

    def place_of(self, line: int) -> Place:
        """Return where a line of the text, from 1, stands in the file."""
        if not self.places:
            return Place(0, line)
        return self.places[min(line, len(self.places)) - 1]


# A file of this size is data in the shape of Python: parsing it takes a minute.
MAX_BYTES = 3_000_000
MAX_NOTEBOOK_BYTES = 200_000_000  # with the outputs, which cost little

# `!pip install x`, `%matplotlib inline`, `?model`, `model??`; `files = !ls`, `t = %timeit -o f()`
_MAGIC = re.compile(r"^(\s*)([!%?].*|[\w.]+\?{1,2}\s*)$")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w.,\s]+?=\s*)([!%].*)$")
# Cells whose first line gives the rest to another language or to IPython; the others hold Python.
_PYTHON_CELL_MAGICS = frozenset({"capture", "time", "timeit", "prun", "python", "python3"})


def neutralise_magics(lines: list[str]) -> list[str]:
    """Replace IPython's own syntax by Python that does nothing, line by line.

    Args:
        lines: A cell's source.

    Returns:
        As many lines.
    """
    cell_magic = re.match(r"\s*%%(\w+)", next((line for line in lines if line.strip()), ""))
    if cell_magic is not None and cell_magic[1] not in _PYTHON_CELL_MAGICS:
        return [""] * len(lines)
    plain: list[str] = []
    in_string = False  # a line of a triple-quoted string may start with %
    for line in lines:
        if not in_string:
            line = _MAGIC.sub(r"\1pass", line)
            line = _ASSIGNED_MAGIC.sub(r"\1None", line)
        plain.append(line)
        in_string ^= (line.count('"""') + line.count("'''")) % 2 == 1
    return plain


def read_notebook(path: Path, content: bytes) -> Document:
    """Read a notebook's code cells.

    Raises:
        UnreadableDocumentError: If the file is no notebook.
    """
    try:
        notebook: Any = json.loads(content)
        cells = notebook["cells"]
        sources = [
            (number, cell["source"])
            for number, cell in enumerate(cells, start=1)
            if cell["cell_type"] == "code"
        ]
    except json.JSONDecodeError as error:
        raise UnreadableDocumentError(
            f"the notebook is no JSON: {error.msg}", error.lineno
        ) from error
    except (UnicodeDecodeError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableDocumentError("the file holds no notebook of format 4") from error
    lines: list[str] = []
    places: list[Place] = []
    for number, source in sources:
        text = source if isinstance(source, str) else "".join(source)
        cell_lines = neutralise_magics(plain_lines(text).split("\n"))
        lines += cell_lines
        places += [Place(number, line) for line in range(1, len(cell_lines) + 1)]
    code = "\n".join(lines) + "\n"
    refuse_large(len(code), MAX_BYTES)
    return Document(path, code, tuple(places))


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
