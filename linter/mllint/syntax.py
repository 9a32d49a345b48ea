"""The syntax tree of a document."""

from __future__ import annotations

import ast
import gc
import re

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


# CPython's own limit (MAXLEVEL in Parser/lexer/state.h): deeper code runs nowhere.
MAX_BRACKETS = 200


def check_depth(text: str) -> None:
    """Refuse brackets nested so deeply that libcst 1.9 would end the process: it has no limit.

    Raises:
        UnparsableError: If Python itself would not read the text.
    """
    depth = 0
    for bracket in re.finditer(r"[()\[\]{}]", text):
        depth = depth + 1 if bracket[0] in "([{" else max(depth - 1, 0)
        if depth > MAX_BRACKETS:
            break
    else:
        return
    # The count takes brackets in strings and comments for code; Python knows better.
    try:
        ast.parse(text)
    except SyntaxError as error:
        if "too many nested" in error.msg:
            raise UnparsableError(error.msg, error.lineno or 1, error.offset or 1) from error
    except (RecursionError, MemoryError, ValueError) as error:
        line = text.count("\n", 0, bracket.start()) + 1
        raise UnparsableError("the code is nested too deeply", line, 1) from error


def describe(text: str, error: libcst.ParserSyntaxError) -> UnparsableError:
    """Return the error with Python's own words and place, which are better, where it has any."""
    try:
        ast.parse(text)
    except SyntaxError as python:
        return UnparsableError(python.msg, max(python.lineno or 1, 1), max(python.offset or 1, 1))
    except (ValueError, RecursionError, MemoryError) as python:
        return UnparsableError(str(python) or "the code is nested too deeply", 1, 1)
    # Newer or older than this Python's syntax, or a gap in libcst.
    reason = re.sub(r"^(parser )?error( at)? |^\d+:\d+: ", "", error.message)
    return UnparsableError(reason, max(error.raw_line, 1), error.raw_column + 1)


def parse(document: Document) -> libcst.Module:
    """Parse a document.

    Raises:
        UnparsableError: If libcst can't.
    """
    check_depth(document.text)
    # Parsing makes millions of nodes and no garbage: the collector's passes cost a quarter of it.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return libcst.parse_module(document.text)
    except libcst.ParserSyntaxError as error:
        raise describe(document.text, error) from error
    finally:
        if collecting:
            gc.enable()
