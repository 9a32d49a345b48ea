"""Fixes: made and written, or only shown."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..output.listing import shown
from ..output.paint import PLAIN, Paint, harmless
from ..output.summary import plural

if TYPE_CHECKING:
    from ..check import Outcome
    from ..fixes.engine import MendedFile

Lint = Callable[[Mapping[Path, bytes]], "Outcome"]


@dataclass
class Fixed:
    """What fixing came to.

    Attributes:
        outcome: What is left.
        files: The files that change.
        is_complete: Whether all of them could be written.
    """

    outcome: Outcome
    files: list[MendedFile] = field(default_factory=list)
    is_complete: bool = True

    @property
    def count(self) -> int:
        """How many findings were mended."""
        return sum(len(file.made) for file in self.files)


def fix(lint: Lint, unsafe: bool, is_written: bool) -> Fixed:
    """Make all fixes that can be made.

    Args:
        lint: Lints, given contents that count instead of those on disk.
        unsafe: Whether to make those that the user is to look at, too.
        is_written: Whether the files are changed.
    """
    from ..fixes.engine import mend
    from ..fixes.writing import UnwritableError, write

    mending = mend(lint, unsafe)
    fixed = Fixed(mending.outcome, mending.files)
    if not is_written:
        return fixed
    fixed.files = []
    for file in mending.files:
        try:
            write(file)
            fixed.files.append(file)
        except UnwritableError as error:
            print(f"mllint: {error}.", file=sys.stderr)
            fixed.is_complete = False
    if not fixed.is_complete:
        fixed.outcome = lint({})  # what is left is not what would be if all were written
    return fixed


def render_diffs(files: list[MendedFile], paint: Paint = PLAIN) -> str:
    """Return what would change, as unified diffs."""
    from ..fixes.writing import diff

    colours = {"+": "green", "-": "red", "@": "cyan"}
    lines = [line for file in files for line in diff(file).split("\n")]
    return "\n".join(paint(line, colours.get(line[:1], "")) for line in lines)


def render_fixes(files: list[MendedFile], paint: Paint = PLAIN) -> str:
    """Return which findings were mended in which file."""
    lines = [f"Fixed {plural(sum(len(file.made) for file in files), 'problem')}:"]
    for file in files:
        lines.append(f"- {paint(harmless(shown(file.path)), bold=True)}:")
        counts = Counter((each.code, each.name) for each in file.made)
        for (code, name), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"    {count} x {paint(code, 'red', bold=True)} ({name})")
    return "\n".join(lines) + "\n"
