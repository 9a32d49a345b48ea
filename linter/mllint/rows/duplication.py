"""Rows that are there more than once: ``concat([df, df])``, ``repeat``."""

from __future__ import annotations

from ..facts.expressions import Call, Constant, Sequence
from ..facts.statements import Assign, Handler, Statement
from .value import Value

STACKING = frozenset({"concat", "concatenate", "vstack", "row_stack", "cat"})
REPEATING = frozenset({"repeat", "tile", "repeat_interleave"})
# What has them is no longer made of the rows that it was computed from.
OTHER_ROWS = frozenset({"group-statistic", "statistic", "selection", "model", "cluster"})


def is_repetition(name: str, handed: list[Value], call: Call) -> bool:
    """Tell whether a function of a library puts rows beside copies of themselves.

    Args:
        name: Its last name.
        handed: Its arguments.
        call: The call.
    """
    axis = call.argument("axis", 1) or call.argument("dim", 1)
    if axis is not None and axis not in (Constant(0), Constant("index"), Constant("rows")):
        return False
    if name in REPEATING and handed:
        return bool(handed[0].flat.regions)
    if name not in STACKING or not handed or handed[0].items is None:
        return False
    parts = [value.flat for key, value in handed[0].items if key is not None]
    return any(
        repeats(one, other) for number, one in enumerate(parts) for other in parts[number + 1 :]
    )


def is_growing(call: Call, statement: Statement | Handler | None) -> bool:
    """Tell whether a call puts more rows behind those of the name that its result gets."""
    first = call.args[0] if call.args else None
    if not isinstance(statement, Assign) or not isinstance(first, Sequence):
        return False
    return sum(item in statement.targets for item in first.items) == 1


def repeats(one: Value, other: Value) -> bool:
    """Tell whether two tables hold the same rows, or one those of the other."""
    if one.columns != other.columns:
        return False
    mine = {mark.fit for mark in one.marks if mark.fit.kind in OTHER_ROWS}
    if mine != {mark.fit for mark in other.marks if mark.fit.kind in OTHER_ROWS}:
        return False
    return len(one.regions) == len(other.regions) == 1 and any(
        a.covers(b) or b.covers(a) for a in one.regions for b in other.regions
    )
