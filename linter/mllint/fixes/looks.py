"""What statements that only look at rows may ask of them, and what is known of rows by a look."""

from __future__ import annotations

from ..facts.expressions import (
    Attribute,
    Call,
    Expression,
    Name,
    Sequence,
    Slice,
    Subscript,
    subexpressions,
)
from ..facts.statements import Assign, Body, Evaluate, Statement, header
from .names import SHOWING, names_in, same

SHAPES = frozenset({"shape", "columns", "dtypes", "info", "describe", "head"})
# What gives arrays.
ARRAYS = frozenset({"values", "to_numpy", "reshape", "array", "asarray"})
# What gives tables, of tables or files; and the beginnings of what gives arrays to practise on.
TABLES = frozenset({"read_csv", "read_excel", "read_parquet", "read_table", "DataFrame", "drop"})
TABLES |= {"get_dummies", "iloc", "loc", "fillna", "dropna"}
SAMPLES = ("load_", "fetch_", "make_")


def only_shows(statement: Evaluate, name: str) -> bool:
    """Tell whether a statement only shows some rows, or their shape: ``print(X.shape)``."""
    parts = list(subexpressions(statement.value))
    if any(isinstance(part, Call) and not is_showing(part) for part in parts):
        return False
    shown = [statement.value]
    for part in parts:
        match part:
            case Call(Name(), handed):
                shown += handed
            case Attribute(value, attr) if attr in SHAPES:
                shown.append(value)
    uses = (part for part in parts if same(part, Name(name)))
    return all(any(use is each for each in shown) for use in uses)


def is_showing(call: Call) -> bool:
    """Tell whether a call shows something: ``print(…)``, ``X.head()``."""
    match call.func:
        case Name("print" | "display" | "len"):
            return True
        case Attribute(_, method):
            return method in SHOWING or method == "format"
    return False


def only_counts(statement: Statement, name: str) -> bool:
    """Tell whether all that a statement asks of some rows is how many they are."""
    parts = list(subexpressions(header(statement)))
    uses = sum(same(part, Name(name)) for part in parts)
    counts = [p for p in parts if isinstance(p, Call) and same(p.func, Name("len"))]
    return uses == sum(len(each.args) == 1 and same(each.args[0], Name(name)) for each in counts)


def is_array(expression: Expression, before: Body) -> bool:
    """Tell whether an expression is sure to be an array, given the statements before it."""
    for part in subexpressions((expression,)):
        match part:
            case Attribute(_, name) | Name(name) if name in ARRAYS:
                return True
    if not isinstance(expression, Name):
        return False
    for at in range(len(before) - 1, -1, -1):
        match before[at]:
            case Assign(_, (Name(target),), value) if target == expression.id and value is not None:
                names = names_in(value)
                if is_array(value, ()):
                    return True
                return names == {target} and is_array(expression, before[:at])
    return False


def indexer(expression: Expression, before: Body) -> str | None:
    """Return what takes rows of a name by number: nothing of arrays, ``.iloc`` of tables.

    Args:
        expression: The name.
        before: The statements before it.

    Returns:
        None, where it is not sure which of them it is.
    """
    if is_array(expression, before):
        return ""
    match next((each for each in reversed(before) if binds_name(each, expression)), None):
        case Assign(_, (Name(),), Subscript(_, Sequence("list"))):
            return ".iloc"
        case Assign(_, (Name(),), Call(Attribute(_, name) | Name(name)) as value):
            if name in TABLES:
                return ".iloc"
            return "" if name.startswith(SAMPLES) and value.keyword("return_X_y") else None
        case Assign(_, (Name(),), Subscript(Attribute(_, "iloc" | "loc"), Sequence("tuple", key))):
            return ".iloc" if isinstance(key[-1], Slice | Sequence) else None
        case Assign(_, (Sequence(),), Call(Attribute(_, name) | Name(name))):
            return "" if name.startswith(SAMPLES) else None
        case Assign(_, (Name(),), Attribute(_, "data")):
            return ""
    return None


def binds_name(statement: Statement, expression: Expression) -> bool:
    """Tell whether a statement gives a name its value, alone or with others."""
    if not isinstance(statement, Assign):
        return False
    targets = [part for target in statement.targets for part in subexpressions((target,))]
    return any(same(part, expression) for part in targets)
