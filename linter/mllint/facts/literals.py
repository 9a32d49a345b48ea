"""What names and literals stand for."""

from __future__ import annotations

import ast
from sys import intern
from typing import Any

from .expressions import Constant, Expression, Name, Opaque

# Longer texts are prompts, licences or tables; no rule reads their end.
MAX_TEXT = 500

SINGLETONS = {"True": True, "False": False, "None": None}


def name(node: Any) -> Expression:
    """Return a name, or one of the constants that look like one."""
    text: str = node.value
    return Constant(SINGLETONS[text]) if text in SINGLETONS else Name(intern(text))


def text(node: Any) -> Expression:
    """Return what a string literal stands for, cut where it is long."""
    source: str = node.value
    quote = source[0]
    if quote in "'\"" and "\\" not in source:
        width = 3 if source[1:3] == quote * 2 and len(source) > 5 else 1
        value: str | bytes = source[width:-width]
    else:
        try:
            value = ast.literal_eval(source)
        except (SyntaxError, ValueError, MemoryError):
            value = source
    return Constant(value[:MAX_TEXT])


def number(node: Any) -> Expression:
    """Return what a number stands for."""
    try:
        return Constant(ast.literal_eval(node.value))
    except (SyntaxError, ValueError):  # more digits than Python's limit, or newer syntax
        return Opaque("Number")


def integer(node: Any) -> Expression:
    """Return what an integer stands for."""
    digits: str = node.value
    return Constant(int(digits)) if digits.isdecimal() and len(digits) < 19 else number(node)
