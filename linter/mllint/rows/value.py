"""What is known of a value: a few facets, each empty where nothing is known.

Facets are joined by union, so that what holds on one branch may hold behind the join.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .columns import Table, joined_literals, joined_tables
from .provenance import Mark, Region, Split, Step, Thing

MAX_ITEMS = 40
MAX_DEPTH = 5  # of containers in containers: a list that a loop wraps again and again has no end
NO_REGIONS: frozenset[Region] = frozenset()
NO_MARKS: frozenset[Mark] = frozenset()
NO_THINGS: frozenset[Thing] = frozenset()
NO_STEPS: frozenset[Step] = frozenset()
NO_NAMES: frozenset[str] = frozenset()
OFTEN_LEFT = frozenset({"look-ahead", "bins"})  # marks on columns that are seldom features
NONE = ("<None>",)  # the literal of None; a literal that is None is not known


@dataclass(frozen=True, slots=True)
class Value:
    """What may be known of a value.

    Attributes:
        regions: The rows that it holds; a number computed from rows holds none.
        marks: What was learned and has touched it.
        things: Estimators and instances that it may be.
        items: What it contains, by position or literal key; the key None is any other.
        picks: As an index or mask: the parts that it picks out.
        columns: The columns that it consists of, where they are known.
        without: The columns that were dropped from it.
        literal: A constant, or a tuple of constants.
        groups: The keys that rows are grouped by, behind ``groupby``.
        is_windowed: Whether each row stands for those around it, behind ``rolling``.
        table: The columns that it is sure to have.
        label: The target that features were bound together with: of an ``xgboost.DMatrix``.
        counted: As a number: the rows that it is the number of, ``len(train)``.
    """

    regions: frozenset[Region] = NO_REGIONS
    marks: frozenset[Mark] = NO_MARKS
    things: frozenset[Thing] = NO_THINGS
    items: tuple[tuple[object, Value], ...] | None = None
    picks: frozenset[Step] = NO_STEPS
    columns: frozenset[str] | None = None
    without: frozenset[str] = NO_NAMES
    literal: object = None
    groups: frozenset[str] | None = None
    is_windowed: bool = False
    table: Table | None = None
    label: Value | None = None
    counted: frozenset[Region] = NO_REGIONS

    def join(self, other: Value) -> Value:
        """Return what holds if it may be either."""
        if self == other or other == NOTHING:
            return self
        if self == NOTHING:
            return other
        return Value(
            self.regions | other.regions,
            self.marks | other.marks,
            self.things | other.things,
            _join_items(self.items, other.items),
            self.picks | other.picks,
            self.columns if self.columns == other.columns else None,
            self.without & other.without,
            joined_literals(self.literal, other.literal),
            self.groups,
            self.is_windowed and other.is_windowed,
            joined_tables(self.table, other.table),
            joined(each for each in (self.label, other.label) if each) if self.label else None,
            self.counted if self.counted == other.counted else NO_REGIONS,
        )

    def carrying(self, marks: Iterable[Mark]) -> Value:
        """Return it with more marks; so are its items."""
        found = frozenset(marks)
        if found <= self.marks:
            return self
        items = self.items and tuple((key, each.carrying(found)) for key, each in self.items)
        return replace(self, marks=self.marks | found, items=items)

    def apart_from(self, names: frozenset[str]) -> Value:
        """Return it without what some statistics have left on it; so its items."""
        marks = frozenset(
            m for m in self.marks if m.fit.kind != "statistic" or m.fit.name not in names
        )
        items = self.items and tuple((key, each.apart_from(names)) for key, each in self.items)
        return replace(self, marks=marks, items=items)

    def narrowed(self, step: Step) -> Value:
        """Return the part of its rows that a step chooses; so of its items."""
        regions = frozenset(region.narrowed(step) for region in self.regions)
        items = self.items and tuple((key, each.narrowed(step)) for key, each in self.items)
        return replace(self, regions=regions, items=items, literal=None)

    def of_columns(self, names: frozenset[str]) -> Value:
        """Return some of its columns, with the marks that are on these."""
        marks = frozenset(
            mark for mark in self.marks if mark.columns is None or mark.columns & names
        )
        table = self.table and self.table.of(names)
        return replace(self, columns=names, marks=marks, literal=None, table=table)

    def of_unknown_columns(self) -> Value:
        """Return some of its columns, nobody knows which: no later row's values are surely left.

        A column of them is a target as a rule, and left out by whoever chooses features; so is one
        of bins, by which rows are plotted or divided.
        """
        marks = frozenset(
            m for m in self.marks if m.fit.kind not in OFTEN_LEFT or m.columns is None
        )
        return self if marks == self.marks else replace(self, marks=marks)

    def without_columns(self, names: frozenset[str]) -> Value:
        """Return all but some of its columns."""
        marks = frozenset(
            mark for mark in self.marks if mark.columns is None or not mark.columns <= names
        )
        columns = None if self.columns is None else self.columns - names
        table = self.table and self.table.without(names)
        return replace(
            self, columns=columns, without=self.without | names, marks=marks, table=table
        )

    def item(self, key: object) -> Value:
        """Return what it contains at a literal key, or at any (None)."""
        if self.items is None:
            return NOTHING
        by_key = dict(self.items)
        if key is not None and key in by_key:
            return by_key[key]
        if isinstance(key, int) and key < 0 and len(by_key) + key in by_key:
            return by_key[len(by_key) + key]
        if key is not None:
            return by_key.get(None, NOTHING)
        return joined(by_key.values())

    def with_item(self, key: object, value: Value) -> Value:
        """Return it with an item put in; whatever else is known of it holds for that too."""
        by_key, value = dict(self.items or ()), value.shallow
        if key is None or len(by_key) >= MAX_ITEMS:
            by_key[None] = by_key.get(None, NOTHING).join(value)
        else:
            by_key[key] = value
        return replace(self, items=tuple(by_key.items()), literal=None)

    @property
    def depth(self) -> int:
        """How deep what it contains is nested; 0 if nothing is told apart in it."""
        return 1 + max((each.depth for _, each in self.items), default=0) if self.items else 0

    @property
    def shallow(self) -> Value:
        """It, if there is room for one level more around it, or all that it holds as one."""
        return self if self.depth < MAX_DEPTH else self.flat

    @property
    def flat(self) -> Value:
        """All that it holds and contains, as one: what a list of arrays is when stacked."""
        if self.items is None:
            return self
        return joined((replace(self, items=None), *(each.flat for _, each in self.items)))

    @property
    def held_out(self) -> frozenset[Split]:
        """The splits that say of all or some of its rows that they are not for training."""
        return frozenset(s.split for r in self.regions for s in r.path if s.is_held_out)

    @property
    def truth(self) -> bool | None:
        """Whether it counts as true, where that is known."""
        if self.literal is NONE:
            return False
        if isinstance(self.literal, bool):
            return self.literal
        return True if self.things else None


NOTHING = Value()


def joined(values: Iterable[Value]) -> Value:
    """Return what holds if it may be any of some values."""
    found = NOTHING
    for value in values:
        found = found.join(value)
    return found


def container(values: Iterable[Value]) -> Value:
    """Return a list or tuple."""
    found = tuple(enumerate(each.shallow for each in values))
    if len(found) > MAX_ITEMS:
        return Value(items=((None, joined(each for _, each in found)),))
    return Value(items=found)


def dictionary(pairs: Mapping[object, Value]) -> Value:
    """Return a dictionary with literal keys."""
    return Value(items=tuple((key, each.shallow) for key, each in pairs.items()))


def _join_items(
    one: tuple[tuple[object, Value], ...] | None, other: tuple[tuple[object, Value], ...] | None
) -> tuple[tuple[object, Value], ...] | None:
    if one is None or other is None:
        return other if one is None else one
    found = dict(one)
    for key, value in other:
        found[key] = found[key].join(value) if key in found else value
    return tuple(found.items())
