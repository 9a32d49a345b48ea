"""Where the logical lines of a source begin.

libcst's tree has no positions, and computing them costs twice the parse. But the statements of the
tree come in the order of the source, and each begins a logical line (as do decorators, ``else``,
``except``, ``finally`` and ``case``), so the k-th to be met stands at the k-th logical line. These
are found by one pass over the tokens that matter: strings, comments, brackets and ends of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRING = (
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
)
_BLANK_LINES = r"(?:[ \t\f]*(?:#[^\n]*)?\n)*"
# The end of a line takes the blank and commented lines after it along.
_END = rf"\n{_BLANK_LINES}"
_TOKEN = re.compile(rf"(?s:{_STRING})|#[^\n]*|\\\n|({_END})|([(\[{{])|([)\]}}])")
_COMMENT_TOKEN = re.compile(rf"(?s:{_STRING})|#[^\n]*|[()\[\]{{}}]")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_FIRST = re.compile(_BLANK_LINES)


def logical_lines(text: str) -> list[int]:
    """Return the number, from 1, of each line of a source on which a logical line begins.

    Args:
        text: Python source whose lines end in a line feed.
    """
    first = _FIRST.match(text)
    start = first.end() if first else 0
    line = 1 + text.count("\n", 0, start)
    found = [line]
    depth = 0
    counted = start
    for token in _TOKEN.finditer(text, start):
        kind = token.lastindex
        if kind is None:
            continue
        if kind == 2:
            depth += 1
        elif kind == 3:
            depth -= 1
        elif depth <= 0:
            end = token.end()
            line += text.count("\n", counted, end)
            counted = end
            found.append(line)
    # What follows the last end of a line is a logical line only if something stands there.
    rest = text[counted:]
    if not rest.strip(" \t\f\n") or rest.lstrip(" \t\f\n").startswith("#"):
        found.pop()
    return found


def comments(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the comments of a source.

    Args:
        text: Python source whose lines end in a line feed.

    Yields:
        The line, from 1; the comment from its ``#``; and whether it stands between two statements,
        alone on its line.
    """
    line, counted, depth = 1, 0, 0
    for token in _COMMENT_TOKEN.finditer(text):
        word = token[0]
        if word in _OPENING:
            depth += 1
        elif word in _CLOSING:
            depth -= 1
        elif word.startswith("#"):
            start = token.start()
            line += text.count("\n", counted, start)
            counted = start
            before = text[text.rfind("\n", 0, start) + 1 : start]
            yield line, word, depth <= 0 and not before.strip()
