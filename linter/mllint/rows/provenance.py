"""Which rows a value holds, and what was learned from which rows.

A *region* is a part of a dataset: where its rows come from, and the steps by which they were
chosen since (``train`` of this split, the rows up to ``n``). A region covers another if it was
narrowed by nothing that the other was not narrowed by too; two are *opposed* if one split put them
on different sides. A *fit* is anything learned from rows: a scaler's mean, a vocabulary, a chosen
set of columns. What it touches carries a *mark* of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..facts.statements import Handler, Statement
from ..program.symbols import Module

TRAIN, TEST = "train", "test"
MAX_PATH = 12  # steps that a region remembers; more are as good as none


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A place in the code, reached along one chain of calls.

    Attributes:
        module: The file.
        statement: The statement.
        part: The expression in it.
        context: The calls by which it was reached, by the ids of their facts.
    """

    module: Module
    statement: Statement | Handler
    part: object
    context: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[int, tuple[int, ...]]:
        """What makes two of them the same."""
        return id(self.part), self.context

    @property
    def line(self) -> int:
        """Its line."""
        return self.statement.line

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spot) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class Origin(NamedTuple):
    """Where rows come from.

    Attributes:
        spot: The call that read or made them, or the function that takes them.
        path: Which item of what that gives: ``(0,)`` of ``X, y = load()`` is X.
        kind: ``read``: a reader of a library; ``parameter``; ``made``: anything else.
    """

    spot: Spot
    path: tuple[object, ...] = ()
    kind: str = "made"


@dataclass(frozen=True, slots=True)
class Split:
    """One act that divides rows.

    Attributes:
        kind: ``call``: a function that returns the parts; ``folds``: indices in a loop; ``sample``;
            ``slice``; ``mask``; ``files``: rows that were put together are taken apart again.
        key: What makes two of them the same: the spot, or for a slice or mask its text.
        spot: Where it was first seen.
    """

    kind: str
    key: object
    spot: Spot

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Split) and (self.kind, self.key) == (other.kind, other.key)

    def __hash__(self) -> int:
        return hash((self.kind, self.key))


class Step(NamedTuple):
    """One side of a split.

    Attributes:
        split: The split.
        side: ``train`` or ``test`` (validation is the test part of its split) where the split says
            which; a slice's bounds, or a mask's operator and right-hand side, otherwise.
    """

    split: Split
    side: object

    @property
    def is_held_out(self) -> bool:
        """Whether the split itself says that these rows are not for training."""
        return isinstance(self.side, str) and self.side.startswith(TEST)


class Region(NamedTuple):
    """Rows of one origin, narrowed step by step."""

    origin: Origin
    path: tuple[Step, ...] = ()

    def narrowed(self, step: Step) -> Region:
        """Return the part that a step chooses."""
        if step in self.path or len(self.path) >= MAX_PATH:
            return self
        return Region(self.origin, (*self.path, step))

    def covers(self, other: Region) -> bool:
        """Tell whether all rows of another region are in this one."""
        return self.origin == other.origin and set(self.path) <= set(other.path)

    def opposed_to(self, other: Region) -> tuple[Step, Step] | None:
        """Return the sides that one split has put the two on, if it parts them."""
        is_one = self.origin == other.origin
        for mine in self.path:
            if not is_one and mine.split.kind != "files":
                continue
            for theirs in other.path:
                if mine.split == theirs.split and are_apart(mine, theirs):
                    return mine, theirs
        return None


COMPLEMENTS = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
COMPLEMENTS |= {"in": "not in", "not in": "in"}


def are_apart(one: Step, other: Step) -> bool:
    """Tell whether two sides of one split have no rows in common."""
    match one.side, other.side:
        case (str(mine), str(theirs)):
            return mine != theirs
        case (("bounds", lower, upper), ("bounds", low, up)):
            return is_before(upper, low) or is_before(up, lower)
        case ((operator, right), (another, other_right)):
            if right == other_right:
                return COMPLEMENTS.get(str(operator)) == another or {operator, another} == {
                    "<",
                    ">",
                }
            return operator == another == "=="
    return False


def is_before(end: object, start: object) -> bool:
    """Tell whether rows up to a bound end before those from another begin."""
    if end is None or start is None:
        return False
    if isinstance(end, int) and isinstance(start, int):
        return end <= start and (end < 0) == (start < 0)
    return end == start


class Fit(NamedTuple):
    """Something learned from rows.

    Attributes:
        kind: ``transform``, ``encoding`` (of a target's classes), ``vocabulary``, ``selection``,
            ``resampling``, ``thinning`` (rows are left out), ``statistic``, ``bins`` (quantiles),
            ``group-statistic``, ``model``; and of rows that were only rearranged: ``look-ahead``,
            ``lag``, ``sorting``, ``time``,
            ``time-order``, ``duplication``, ``distinct`` (its values, each once),
            ``sample`` (one of them);
            and of what a model gives: ``prediction``; and ``score``, and ``ranking`` (what is
            ordered by scores), which hold no rows.
        name: What learned: a class's, function's or method's name.
        spot: Where.
        learned: From which rows.
        is_sure: Whether what learned is known, rather than guessed from a method's name.
        columns: Which columns it looked at, where that is known.
        of: Of a prediction or score: what the model was fitted on.
        is_repeated: Of a model and its prediction: whether in a loop; of a score: whether it is one
            of several.
    """

    kind: str
    name: str
    spot: Spot
    learned: frozenset[Region]
    is_sure: bool = True
    columns: frozenset[str] | None = None
    of: frozenset[Fit] = frozenset()
    is_repeated: bool = False


class Mark(NamedTuple):
    """What a value carries of a fit; `columns` are those that it touched, None all of them."""

    fit: Fit
    columns: frozenset[str] | None = None


class Thing(NamedTuple):
    """An object with a state of its own: an estimator, a splitter, an instance of a class.

    Attributes:
        spot: Where it was made.
        kind: Its meaning: ``transformer``, ``model``, ``splitter`` …, or ``instance``.
        name: Of its library's class; empty for the project's own.
        symbol: The project's class.
        data: What its meaning needs to know of how it was made.
        columns: What becomes of the columns of what it transforms; empty if that is not known.
    """

    spot: Spot
    kind: str
    name: str
    symbol: object = None
    data: tuple[object, ...] = ()
    columns: str = ""
