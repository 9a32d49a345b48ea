"""How far a run is, for who wants to show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# Is told what is done ("Reading"), how many are through, and how many there are.
Watch: TypeAlias = Callable[[str, int, int], None]


def unwatched(stage: str, done: int, total: int) -> None:
    """Show nothing."""
