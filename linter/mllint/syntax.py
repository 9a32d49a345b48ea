"""The syntax tree of a document."""

from __future__ import annotations

import ast
import gc
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .nodes import BareSyntaxError, parse_bare

if TYPE_CHECKING:
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


@contextmanager
def quiet() -> Iterator[None]:
    """Let Python keep to itself what it thinks of ``1if x``, and of unknown escapes in texts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@quiet()
def quietly_parsed(text: str) -> ast.Module:
    """Return what Python reads in a text."""
    return ast.parse(text)


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
        quietly_parsed(text)
    except SyntaxError as error:
        if "too many nested" in error.msg:
            raise UnparsableError(error.msg, error.lineno or 1, error.offset or 1) from error
    except (RecursionError, MemoryError, ValueError) as error:
        line = text.count("\n", 0, bracket.start()) + 1
        raise UnparsableError("the code is nested too deeply", line, 1) from error


# What Python 3 says of Python 2's statements and numbers.
_OLD = re.compile(
    r"Missing parentheses in call to '(print|exec)'|leading zeros in decimal|invalid hexadecimal"
    r"|multiple exception types must be parenthesized"
)
_OLD_TEXT = re.compile(r"exec\s+[\w\"']|raise \w+, |<?> |`|[uU][rR][\"']|\d+[lL]\b")
_KEYWORD = re.compile(r"(async|await)\b")
_CONFLICT = re.compile(r"(<{7}|={7}|>{7})(\s|$)")
_TEMPLATE = re.compile(r"\{\{.*\}\}|\{%.*%\}")


def hint(text: str, message: str, line: int, column: int) -> str:
    """Return what else to say of a place that is no Python: what it may be instead."""
    lines = text.split("\n")
    here = lines[line - 1] if line <= len(lines) else ""
    if _CONFLICT.match(here):
        return "; a merge left its marks"
    if _TEMPLATE.search(here):
        return "; it looks like a template"
    keyword = _KEYWORD.match(here, column - 1)
    if keyword:
        return f"; {keyword[1]!r} is a keyword since Python 3.7"
    if _OLD.match(message) or _OLD_TEXT.match(here.lstrip()) or _OLD_TEXT.match(here, column - 1):
        return "; it looks like Python 2"
    return ""


def describe(text: str, error: Any) -> UnparsableError:
    """Return the error with Python's own words and place, which are better, where it has any."""
    try:
        quietly_parsed(text)
    except SyntaxError as python:
        line, column = max(python.lineno or 1, 1), max(python.offset or 1, 1)
        return UnparsableError(f"{python.msg}{hint(text, python.msg, line, column)}", line, column)
    except (ValueError, RecursionError, MemoryError) as python:
        return UnparsableError(str(python) or "the code is nested too deeply", 1, 1)
    # Newer or older than this Python's syntax, or a gap in libcst.
    reason = re.sub(r"^(parser )?error( at)? |^\d+:\d+: ", "", error.message)
    return UnparsableError(reason, max(error.raw_line, 1), error.raw_column + 1)


def failure_of(text: str) -> UnparsableError | None:
    """Return why a text is no Python; None if it is. Python's own parser is quick to tell."""
    try:
        quietly_parsed(text)
        return None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    try:  # it may be newer than this Python
        _parse(text, parse_bare, BareSyntaxError)
        return None
    except UnparsableError as error:
        return error


def parse(document: Document) -> libcst.Module:
    """Parse a document into libcst's own nodes.

    Raises:
        UnparsableError: If libcst can't.
    """
    import libcst  # takes longer than all other imports, and facts need none of it

    found: libcst.Module = _parse(document.text, libcst.parse_module, libcst.ParserSyntaxError)
    return found


def parse_for_facts(document: Document) -> Any:
    """Parse a document into bare nodes.

    Raises:
        UnparsableError: If libcst can't.
    """
    return _parse(document.text, parse_bare, BareSyntaxError)


def _parse(text: str, parser: Callable[[str], Any], failure: type[Exception]) -> Any:
    check_depth(text)
    # Parsing makes millions of nodes and no garbage: the collector's passes cost a quarter of it.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return parser(text)
    except failure as error:
        raise describe(text, error) from error
    finally:
        if collecting:
            gc.enable()
