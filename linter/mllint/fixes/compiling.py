"""Whether a changed file is still Python."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from ..document import Document, UnreadableDocumentError, read_document
from ..syntax import UnparsableError, parse


def compiles(document: Document) -> bool:
    """Tell whether this Python would compile a document. None of it is run."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if document.places else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(document.text, str(document.path), "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return False
    return True


def stays_valid(path: Path, old: Document, content: bytes) -> bool:
    """Tell whether a file's new content parses, and compiles if it did before.

    It may be of another version of Python than this one, which then compiles neither.
    """
    try:
        new = read_document(path, content)
        parse(new)
    except (UnreadableDocumentError, UnparsableError):
        return False
    return compiles(new) or not compiles(old)
