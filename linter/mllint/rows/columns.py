"""Which columns of a table a value is sure to hold: the facet that nothing unknown survives.

All other facets say what may be; this one says what is. A column is told by the table that it was
first seen in and its name or position there, wherever it has got to since. Where something is done
of which it is not known what becomes of columns, a table begins that has no columns in common with
the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from .provenance import Spot

Label: TypeAlias = str | int

MAX_NAMES = 12  # of which a value may be one


class Cell(NamedTuple):
    """One column: of which table, and its name or position there."""

    sources: frozenset[object]
    label: Label


class Span(NamedTuple):
    """Columns by position: ``lower:upper``."""

    lower: int | None
    upper: int | None

    def __contains__(self, label: object) -> bool:
        """Tell whether a position is surely among them, however many columns there are."""
        if not isinstance(label, int):
            return False
        lower, upper = self.lower or 0, self.upper
        if label < 0:
            begins_before = lower <= label if lower < 0 else lower == 0
            if upper is None:
                return begins_before or label == -1
            return begins_before and label < upper < 0
        return 0 <= lower <= label and (upper is None or label < upper)


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a value.

    Attributes:
        sources: The table that they come from; several where branches were joined.
        only: Those that were chosen from it; None for all.
        lost: Those that were dropped.
        gained: Those that were put in or put anew, by name.
        is_coded: Whether what is told by name or position now are other columns, which tell the
            same: behind one-hot coding or a projection.
        is_array: Whether it is no data frame any more.
        made: Where the columns were last chosen or dropped.
    """

    sources: frozenset[object]
    only: frozenset[Label] | Span | None = None
    lost: frozenset[Label] = frozenset()
    gained: frozenset[tuple[str, Cell]] = frozenset()
    is_coded: bool = False
    is_array: bool = field(default=False, compare=False)
    made: Spot | None = field(default=None, compare=False)

    @property
    def column(self) -> Cell | None:
        """Its column, if it is one of which the table is known."""
        if self.only is None or isinstance(self.only, Span):
            return None
        if len(self.only) + len(self.gained) != 1:
            return None
        for _, cell in self.gained:
            return cell
        return next(Cell(self.sources, label) for label in self.only)

    def holds(self, cell: Cell) -> bool:
        """Tell whether a column is surely among its own."""
        if any(each == cell for _, each in self.gained):
            return True
        if self.is_coded and cell.sources == self.own_source:
            return True
        label = cell.label
        if cell.sources != self.sources or label in self.lost:
            return False
        if isinstance(label, int) and self.lost:
            return False
        if any(name == label for name, _ in self.gained):
            return False
        return self.only is None or label in self.only

    @property
    def own_source(self) -> frozenset[object]:
        """What tells the columns apart that are in it by name from now on."""
        return frozenset({replace(self, made=None)})

    @property
    def named(self) -> Table:
        """The table by whose names columns are now told."""
        return Table(self.own_source, is_array=self.is_array) if self.is_coded else self

    def of(self, names: frozenset[str]) -> Table | None:
        """Return some of its columns, where it has these."""
        table = self.named
        gained = frozenset(each for each in table.gained if each[0] in names)
        rest = names - {name for name, _ in gained}
        known = table.only
        if rest & table.lost or (isinstance(known, frozenset) and not rest <= known):
            return None
        return Table(table.sources, rest, frozenset(), gained, False, self.is_array)

    def without(self, names: frozenset[str]) -> Table:
        """Return all but some of its columns."""
        table = self.named
        gained = frozenset(each for each in table.gained if each[0] not in names)
        only = table.only - names if isinstance(table.only, frozenset) else table.only
        return Table(table.sources, only, table.lost | names, gained, False, self.is_array)

    def at(self, chosen: frozenset[Label] | Span) -> Table | None:
        """Return columns by their positions, where these are still those of its source."""
        table = self.named
        if table.only is not None or table.lost or table.gained:
            return None
        return Table(table.sources, chosen, is_array=self.is_array)

    def put(self, names: frozenset[str], value: Table | None, spot: Spot) -> Table:
        """Return it with columns that hold another value."""
        table = self.named
        cell = value.column if value is not None else None
        new = {(name, cell or Cell(frozenset({spot}), name)) for name in names}
        kept = {each for each in table.gained if each[0] not in names}
        return replace(table, gained=frozenset(kept | new), is_coded=False)

    def renamed(self, names: Mapping[str, str]) -> Table:
        """Return it with some columns by other names."""
        table = self.named
        known = dict(table.gained)
        cells = {
            new: known.get(old) or Cell(table.sources, old)
            for old, new in names.items()
            if old in known or table.holds(Cell(table.sources, old))
        }
        left = table.without(frozenset(names) | frozenset(cells))
        return replace(left, gained=left.gained | frozenset(cells.items()))

    @property
    def coded(self) -> Table:
        """It, told by other columns."""
        return replace(self, is_coded=True)

    @property
    def computed(self) -> Table | None:
        """It, when each value has become another; columns told by position are as a rule made up.

        ``y = x[:, 0] ** 2`` is how one makes data to show something with.
        """
        if isinstance(self.only, frozenset) and any(isinstance(each, int) for each in self.only):
            return None
        return self

    def item(self, key: object) -> Table:
        """Return what is found at a key of what may be no table at all."""
        return Table(frozenset({(key, replace(self, made=None))}))


def joined_tables(one: Table | None, other: Table | None) -> Table | None:
    """Return what is sure of a value that may be either."""
    if one is None or other is None or one == other:
        return one if one == other else None
    if one.only != other.only or one.is_coded != other.is_coded:
        return None
    uneven = frozenset(name for name, _ in one.gained ^ other.gained)
    return Table(
        one.sources | other.sources,
        one.only,
        one.lost | other.lost | uneven,
        frozenset(each for each in one.gained & other.gained if each[0] not in uneven),
        one.is_coded,
        one.is_array or other.is_array,
    )


class AnyOf(tuple[str, ...]):
    """One of several names: as a loop over them meets it, or as two branches choose it."""

    __slots__ = ()


def joined_literals(one: object, other: object) -> object:
    """Return the literal of what may be either of two: the same one, or one of some names."""
    if one == other and isinstance(one, AnyOf) == isinstance(other, AnyOf):
        return one
    names: set[str] = set()
    for each in (one, other):
        if not isinstance(each, str | AnyOf):
            return None
        names |= {each} if isinstance(each, str) else set(each)
    return AnyOf(sorted(names)) if len(names) <= MAX_NAMES else None


def column_names(literal: object) -> frozenset[str] | None:
    """Return the names in a literal: one text, or a list of them."""
    if isinstance(literal, str):
        return frozenset({literal})
    if isinstance(literal, tuple) and literal and all(isinstance(each, str) for each in literal):
        return frozenset(literal)
    return None


def positions(literal: object) -> frozenset[Label] | None:
    """Return the positions in a literal: one number, or a list of them."""
    found: Iterable[object] = literal if isinstance(literal, tuple) else (literal,)
    numbers = frozenset(each for each in found if type(each) is int)
    return numbers if numbers and len(numbers) == len(tuple(found)) else None
