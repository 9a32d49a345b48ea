"""From a file to its findings: document, syntax, findings."""

from __future__ import annotations

from pathlib import Path

from .document import UnreadableDocumentError, read_document
from .finding import Finding
from .syntax import UnparsableError, parse

UNPARSABLE = "MLX002"


def lint_file(path: Path) -> list[Finding]:
    """Lint one file.

    Args:
        path: A Python file or a notebook.

    Returns:
        Its findings, in order.
    """
    try:
        document = read_document(path)
    except UnreadableDocumentError as error:
        return [Finding(path, 0, error.line, 1, UNPARSABLE, f"File not checked: {error}")]
    try:
        parse(document)
    except UnparsableError as error:
        place = document.place_of(error.line)
        message = f"File not checked, syntax error: {error}"
        return [Finding(path, place.cell, place.line, error.column, UNPARSABLE, message)]
    return []
