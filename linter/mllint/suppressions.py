"""Comments by which a user says that a finding is meant.

``# mllint: ignore[MLT001] reason`` stands behind a statement, on any of its lines, or on a line of
its own above it; ``ignore-file[…]`` anywhere in the file; ``ignore-cell[…]`` anywhere in a
notebook's cell. Without brackets every code is meant. ``# noqa`` and ``# noqa: MLT001`` count where
flake8 and ruff would read them: behind the statement.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from .facts.lines import comments

DIRECTIVE = re.compile(
    r"#\s*mllint:\s*ignore(?:-(?P<scope>file|cell))?\s*(?:\[(?P<codes>[^\]]*)\])?(?!\w)"
)
_NOQA = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?(?![\w:])", re.I)


class Suppression(NamedTuple):
    """One comment that suppresses findings.

    Attributes:
        line: Where it stands in the document's text, from 1.
        scope: ``line``, ``cell`` or ``file``.
        first: First line of what it is about; of use when the scope is a line.
        last: Last such line.
        codes: Codes, names or their beginnings; empty means all.
        is_own: Written for mllint; ``noqa`` is not, and is not reported when it suppresses nothing.
    """

    line: int
    scope: str
    first: int
    last: int
    codes: tuple[str, ...]
    is_own: bool

    def matching(self, line: int, *names: str) -> tuple[str, ...]:
        """Return which of the codes mean a finding on a line, of a rule with these names.

        Returns:
            The codes; of a comment without any, one that is empty.
        """
        if self.scope == "line" and not self.first <= line <= self.last:
            return ()
        return tuple(code for code in self.codes or ("",) if is_meant(code, names))

    def covers(self, line: int, *names: str) -> bool:
        """Tell whether a finding on a line, of a rule with these names, is meant."""
        return bool(self.matching(line, *names))


def is_meant(code: str, names: Collection[str]) -> bool:
    """Tell whether a code in a comment means a rule with these names; an empty one means all."""
    if not code or code.isupper():  # a family by its beginning, MLR
        return any(name.startswith(code) for name in names)
    return code in names


def _codes(text: str | None, is_own: bool) -> tuple[str, ...] | None:
    """Split the codes; None if there are brackets with nothing in them, which mean nothing."""
    if text is None:
        return ()
    codes = tuple(re.findall(r"[\w-]+", text))
    if is_own:
        return codes or None
    # Codes of other linters are none of ours.
    return tuple(code.upper() for code in codes if code.upper().startswith("ML")) or None


def read_suppressions(text: str, starts: Sequence[int]) -> Iterator[Suppression]:
    """Yield the suppressions in a source.

    Args:
        text: Python source whose lines end in a line feed.
        starts: The lines on which its logical lines begin.
    """
    if "mllint" not in text and "noqa" not in text.lower():
        return
    for line, comment, is_alone in comments(text):
        for pattern in (DIRECTIVE, _NOQA):
            found = pattern.search(comment)
            if found is None:
                continue
            is_own = pattern is DIRECTIVE
            codes = _codes(found["codes"], is_own)
            if codes is None:
                continue
            scope = (found["scope"] if is_own else None) or "line"
            # A comment between two statements is about the next; inside or behind one, about that.
            position = bisect_right(starts, line)
            if is_alone and is_own and position < len(starts):
                position += 1
            first = starts[position - 1] if position else line
            last = starts[position] - 1 if position < len(starts) else max(line, first)
            yield Suppression(line, scope, min(first, line), last, codes, is_own)
