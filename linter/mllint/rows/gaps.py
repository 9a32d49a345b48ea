"""What fills gaps in rows: a group's statistic is put where a value is missing."""

from __future__ import annotations

from dataclasses import replace

from ..facts.expressions import Attribute, Call, Expression, Name, subexpressions
from .provenance import Fit, Mark
from .value import Value

ASKING = frozenset({"isna", "isnull", "notna", "notnull", "isnan"})


def asks_for_gaps(test: Expression | None) -> bool:
    """Tell whether something is done where a value is missing: ``if pd.isnull(row["age"])``."""
    return any(
        isinstance(each, Call)
        and isinstance(each.func, Name | Attribute)
        and each.func[-1] in ASKING
        for each in subexpressions(test)
    )


def in_gaps(value: Value) -> Value:
    """Return what is put where values are missing: groups' statistics stand for their rows."""
    marks = frozenset(
        Mark(learned_of_all(each.fit), each.columns) if each.fit.kind == "group-statistic" else each
        for each in value.marks
    )
    return value if marks == value.marks else replace(value, marks=marks)


def learned_of_all(fit: Fit) -> Fit:
    """Return a groups' statistic as one of all rows, which tells of held-out ones."""
    return fit._replace(kind="statistic")


def filling(fit: Fit, base: Value) -> Fit:
    """Return what fills gaps: a group's statistic of the same column was learned from all rows."""
    is_own = fit.columns is not None and base.columns is not None and fit.columns & base.columns
    return learned_of_all(fit) if fit.kind == "group-statistic" and is_own else fit
