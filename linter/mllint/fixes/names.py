"""Which names statements read, bind and change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts.expressions import Attribute, Call, Expression, Name, Subscript, subexpressions
from ..facts.statements import (
    BODIES,
    Assign,
    Body,
    Delete,
    Evaluate,
    Function,
    Statement,
    Update,
    header,
    walk,
)
from ..program.symbols import definitions

# Methods that show what they are called on, and change nothing.
SHOWING = frozenset({"head", "tail", "info", "describe", "sample", "corr", "hist", "plot"})


def names_in(part: object) -> set[str]:
    """Return the names in an expression, or in any nesting of tuples of them."""
    return {each.id for each in subexpressions((part,)) if type(each) is Name}


def mentioned(statement: Statement) -> set[str]:
    """Return all names in a statement and those within it."""
    return {name for each in walk([statement], True) for name in names_in(header(each))}


def root(expression: Expression) -> str:
    """Return the name that an attribute, item or method call belongs to, if any."""
    while isinstance(expression, Attribute | Subscript | Call):
        expression = expression.func if isinstance(expression, Call) else expression.value
    return expression.id if isinstance(expression, Name) else ""


def touched(statement: Statement) -> set[str]:
    """Return the names whose value a statement may replace or change, or call a method of."""
    found = set(definitions((statement,)))
    for each in walk([statement]):
        match each:
            case Assign(_, targets) | Delete(_, targets):
                found |= {root(part) for target in targets for part in subexpressions((target,))}
            case Update(_, target):
                found.add(root(target))
            case Evaluate(_, Call(Attribute(value, method))) if method not in SHOWING:
                found.add(root(value))
    return found - {""}


def block_of(body: Body, statement: object) -> tuple[Body, Body] | None:
    """Return the block that a statement stands in, and the body of the function around it."""
    return next(_blocks(body, body, statement), None)


def _blocks(block: Body, owner: Body, statement: object) -> Iterator[tuple[Body, Body]]:
    if any(each is statement for each in block):
        yield block, owner
    for each in block:
        for name in BODIES.get(type(each), ()):
            inner: Body = getattr(each, name)
            yield from _blocks(inner, inner if isinstance(each, Function) else owner, statement)


def position(block: Iterable[object], statement: object) -> int:
    """Return where a statement stands in a block; -1 for nowhere."""
    return next((at for at, each in enumerate(block) if each is statement), -1)


def same(one: object, other: object) -> bool:
    """Tell whether two expressions say the same: tuples of different classes may be equal."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
