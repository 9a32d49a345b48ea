"""Changed files: written to disk at once or not at all, or shown as a diff."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
import tokenize
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from .engine import MendedFile
from .notebook import Notebook


class UnwritableError(Exception):
    """A changed file can't be written."""


def write(file: MendedFile) -> None:
    """Write a changed file: whole, with the mode it had, and through a link to where that leads.

    Raises:
        UnwritableError: If it is no longer what it was when it was read, or may not be written.
    """
    target = Path(os.path.realpath(file.path))
    try:
        if target.read_bytes() != file.before:
            raise UnwritableError(f"{file.path}: not fixed, for it has changed meanwhile")
        if not os.access(target, os.W_OK):  # a folder's owner could replace it all the same
            raise UnwritableError(f"{file.path}: not fixed, for it is read-only")
        _replace(target, file.after)
    except OSError as error:
        raise UnwritableError(f"{file.path}: not fixed: {error.strerror}") from error


def _replace(target: Path, content: bytes) -> None:
    """Put a new content in the place of a file, so that never a part of it is seen."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(target, aside)
        aside.replace(target)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def diff(file: MendedFile) -> str:
    """Return a changed file as a unified diff; of a notebook one for each changed cell."""
    parts: list[str] = []
    for label, before, after in _texts(file):
        lines = difflib.unified_diff(_lines(before), _lines(after), label, label)
        parts += (line if line.endswith("\n") else f"{line}\n{_NO_END}\n" for line in lines)
    return "".join(parts)


_NO_END = "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [lines[-1]] * bool(lines[-1])


def _texts(file: MendedFile) -> Iterator[tuple[str, str, str]]:
    """Yield label, old and new text of all that differs."""
    if file.path.suffix != ".ipynb":
        encoding, _ = tokenize.detect_encoding(BytesIO(file.before).readline)
        yield str(file.path), file.before.decode(encoding), file.after.decode(encoding)
        return
    before, after = Notebook(file.before), Notebook(file.after)
    for cell in range(1, len(before) + 1):
        if before.source(cell) != after.source(cell):
            yield f"{file.path}:cell {cell}", before.source(cell), after.source(cell)
