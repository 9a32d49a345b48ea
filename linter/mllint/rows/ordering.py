"""Rows in order: by which columns times tell it, and windows that slide over them."""

from __future__ import annotations

from ..facts.expressions import Call, Constant, Expression, Name, Operation, Slice
from .provenance import Fit, Mark, Spot
from .value import Value

ONE = Constant(1)
INDEX = frozenset({"<index>"})  # what labels the rows, as a column


def times_of(value: Value) -> frozenset[str]:
    """Return the columns of a table that were read as times."""
    return frozenset(
        name
        for mark in value.flat.marks
        if mark.fit.kind == "time"
        for name in mark.columns or mark.fit.columns or ()
    )


def timed(value: Value, name: str, spot: Spot, columns: frozenset[str] | None) -> Value:
    """Return rows with a mark of which columns hold times; the index goes with any columns.

    Args:
        value: The rows.
        name: What says so.
        spot: Where.
        columns: Which; None for those that are all there is.
    """
    columns = columns or value.flat.columns
    fit = Fit("time", name, spot, value.flat.regions, True, columns)
    return value.carrying([Mark(fit, None if columns == INDEX else columns)])


def counts_up(iterable: Expression) -> bool:
    """Tell whether a loop counts one by one: ``range(10, n)``, not ``range(0, n, batch)``."""
    match iterable:
        case Call(Name("range"), (_,) | (_, _) | (_, _, Constant(1)), ()):
            return True
    return False


def slides(key: Slice, counters: set[str]) -> bool:
    """Tell whether a slice is a window that moves on by less than its length in each round."""
    lower, upper = key.lower, key.upper
    if lower is None or upper is None or key.step is not None:
        return False
    if isinstance(lower, Name) and lower.id in counters:
        return upper not in (Operation("+", (lower, ONE)), Operation("+", (ONE, lower)))
    match lower, upper:
        case Operation("+" | "-", (Name(name), before)), (
            Name(again) | Operation("+" | "-", (Name(again), _))
        ) if name == again and name in counters:
            return not (upper == Name(name) and before == ONE)
    return False
