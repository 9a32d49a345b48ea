"""Colours, where they are wanted, and text that does nothing to a terminal."""

from __future__ import annotations

import os
from typing import IO

COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
SEVERITY_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
BOLD, DIM = 1, 2


class Paint:
    """Paints text, or leaves it as it is.

    Args:
        is_on: Whether to paint.
    """

    def __init__(self, is_on: bool) -> None:
        self.is_on = is_on

    def __call__(self, text: str, colour: str = "", bold: bool = False, dim: bool = False) -> str:
        """Return a text in a colour, with what only that stretch has."""
        if not self.is_on or not text:
            return text
        codes = [COLOURS[colour]] if colour else []
        codes += [BOLD] * bold + [DIM] * dim
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


PLAIN = Paint(False)


def wants_colour(stream: IO[str]) -> bool:
    """Tell whether what goes to a stream should be coloured: a terminal, or the user says so."""
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


# What a terminal would obey: a checked file may hold anything. Tabs become blanks: see `excerpt`.
_CONTROL = {code: 0x2400 + code for code in range(32) if code != 9} | {127: 0x2421}
_CONTROL |= dict.fromkeys([*range(128, 160), 0x2028, 0x2029, 0x200E, 0x200F], 0xFFFD)
_CONTROL |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)


def harmless(text: str) -> str:
    """Return a text with visible signs in the place of what a terminal would obey."""
    return text.translate(_CONTROL)
