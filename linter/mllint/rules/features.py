"""What several rules ask of features and their target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts.expressions import Call, Sequence
from ..program.program import Program
from ..rows.analysis import rows_of
from ..rows.columns import Cell, Table
from ..rows.provenance import Spot, Step, Thing
from ..rows.value import Value

LEARNERS = frozenset({"model", "search", "selector"})
PIPELINES = frozenset({"Pipeline", "make_pipeline"})


class Lesson(NamedTuple):
    """A model is taught a target by features, all of which it gets to see.

    Attributes:
        spot: Where.
        features: The features' columns.
        target: The target's column.
        picked: The target's table.
    """

    spot: Spot
    features: Table
    target: Cell
    picked: Table
    data: Value


def lessons(program: Program) -> Iterator[Lesson]:
    """Yield the fits and cross-validations of which features and target are known."""
    events = rows_of(program)
    taught = [
        (each.fit.spot, each.data, each.target, frozenset({each.thing}))
        for each in events.fittings
        if each.thing is not None
    ]
    taught += [(each.spot, each.data, each.target, each.things) for each in events.validations]
    for spot, data, target, things in taught:
        if not things or not all(sees_all(each) for each in things):
            continue
        features, picked = data.table, target.table
        if features is None or picked is None or picked.column is None:
            continue
        if data.items is None and target.items is None and paths(data) == paths(target):
            yield Lesson(spot, features, picked.column, picked, data)


def paths(value: Value) -> set[tuple[Step, ...]]:
    """Return by which steps the rows of a value were chosen."""
    return {region.path for region in value.regions} or {()}


def sees_all(thing: Thing) -> bool:
    """Tell whether a model learns from all columns that it is handed.

    In a pipeline, what is not known may choose some of them.
    """
    made = thing.spot.part
    if thing.kind not in LEARNERS or not isinstance(made, Call):
        return False
    if made.keyword("ignored_features") is not None:
        return False
    parts = [each for each in thing.data if isinstance(each, Thing)]
    if thing.name in PIPELINES and steps(made) != len(parts):
        return False
    if thing.kind == "search" and not parts:
        return False
    return all(each.columns or sees_all(each) for each in parts)


def steps(made: Call) -> int | None:
    """Return how many steps a pipeline is made of, if they are written out."""
    if isinstance(made.func, tuple) and made.func[-1] == "make_pipeline":
        return None if made.is_open else len(made.args)
    written = made.argument("steps", 0)
    return len(written.items) if isinstance(written, Sequence) else None
