"""The syntax tree of a document."""

from __future__ import annotations

import gc

import libcst

from .document import Document


class UnparsableError(Exception):
    """The document is no Python.

    Attributes:
        line: In the document's text, from 1.
        column: In characters, from 1.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def parse(document: Document) -> libcst.Module:
    """Parse a document.

    Raises:
        UnparsableError: If libcst can't.
    """
    # Parsing makes millions of nodes and no garbage: the collector's passes cost a quarter of it.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return libcst.parse_module(document.text)
    except libcst.ParserSyntaxError as error:
        reason = error.message.removeprefix("parser error: ").removeprefix("error at ")
        raise UnparsableError(reason, max(error.raw_line, 1), error.raw_column + 1) from error
    except RecursionError as error:
        raise UnparsableError("the code is nested too deeply", 1, 1) from error
    finally:
        if collecting:
            gc.enable()
