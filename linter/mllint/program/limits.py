"""Where following a program stopped short, so that it can be said and is not taken for all.

Some analyses would take for ever on some programs: they stop at a limit, and what lies behind it is
unknown. Each limit that is met is noted with whom it was met in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .symbols import FunctionSymbol, Module, Owner

LIMITS = {
    "recursion": "functions call themselves more deeply than is followed",
    "nesting": "functions or modules hold what takes more steps to work out than are followed",
    "values": "functions or modules hold what may be more things than are told apart",
    "contexts": "functions are handed what is not told apart, for the project is too entangled",
    "scenes": "functions or modules lead to more calls than are played one by one",
    "rehearsal": "programs take more steps than are played through for their trackers",
    "calls": "functions hand rows through more calls than are followed",
    "rows": "functions or modules do more to rows than is followed",
}


class Limit(NamedTuple):
    """A limit that was met.

    Attributes:
        kind: A key of `LIMITS`.
        owner: The function, or module, in which it was.
    """

    kind: str
    owner: Owner

    @property
    def line(self) -> int:
        """Where its owner begins."""
        return self.owner.line if isinstance(self.owner, FunctionSymbol) else 1

    @property
    def module(self) -> Module:
        """Where its owner stands."""
        return self.owner.module if isinstance(self.owner, FunctionSymbol) else self.owner


@dataclass
class Limits:
    """The limits that were met in one run, each once."""

    met: dict[Limit, None] = field(default_factory=dict)

    def meet(self, kind: str, owner: Owner) -> None:
        """Note that one was met."""
        self.met[Limit(kind, owner)] = None
