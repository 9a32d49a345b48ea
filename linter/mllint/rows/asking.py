"""What conditions ask of a table: ``if "fold" in table.columns``."""

from __future__ import annotations

from typing import NamedTuple

from ..facts.expressions import Attribute, Compare, Expression


class AskedColumn(NamedTuple):
    """Whether a table has a column.

    Attributes:
        table: The table.
        name: The column's name.
        is_there: Whether it is asked for being there; if not, for being absent.
    """

    table: Expression
    name: Expression
    is_there: bool


def asks_for_column(test: Expression | None) -> AskedColumn | None:
    """Return which column a condition asks for; None if it asks for anything else."""
    match test:
        case Compare(name, (("in" | "not in" as operator, Attribute(table, "columns")),)):
            return AskedColumn(table, name, operator == "in")
    return None
