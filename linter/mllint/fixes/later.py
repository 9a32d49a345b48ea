"""What reads a name behind a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..facts.expressions import Expression, Name, Sequence
from ..facts.statements import (
    Assign,
    Body,
    Class,
    For,
    Function,
    If,
    Match,
    Statement,
    Try,
    While,
    header,
    walk,
)
from ..program.symbols import definitions
from .names import mentioned, names_in


def is_read_later(
    name: str, block: Body, end: int, owner: Body, is_harmless: Callable[[Statement], bool]
) -> bool:
    """Tell whether anything behind a statement reads what a name is bound to there.

    Args:
        name: The name.
        block: The statements around.
        end: Position of the statement.
        owner: The statements of the function, or the file, around the block.
        is_harmless: Tells which statements may read it.
    """
    if is_free_in_a_definition(name, owner):
        return True
    for statement, use in uses(name, block, end, owner):
        if is_binding(use, name) and not isinstance(statement, If | Try | While | Match):
            return False
        if not is_harmless(statement):
            return True
    return False


def uses(name: str, block: Body, end: int, owner: Body) -> Iterator[tuple[Statement, Statement]]:
    """Yield the statements behind one that mention a name, and where in each that is first."""
    line = block[-1].line
    rest = [] if block is owner else [each for each in walk(owner) if each.line > line]
    for statement in (*block[end + 1 :], *rest):
        for each in walk([statement]):
            if not isinstance(each, Function | Class) and name in names_in(header(each)):
                yield statement, each
                break


def is_binding(statement: Statement, name: str) -> bool:
    """Tell whether a statement gives a name another value, without a look at the one it has."""
    match statement:
        case Assign(_, targets, value):
            return name not in names_in(value) and any(binds(each, name) for each in targets)
        case For(_, target, iterable):
            return name not in names_in(iterable) and binds(target, name)
    return False


def binds(target: Expression, name: str) -> bool:
    """Tell whether a target binds a name."""
    if isinstance(target, Sequence):
        return any(binds(each, name) for each in target.items)
    return isinstance(target, Name) and target.id == name


def is_free_in_a_definition(name: str, body: Body) -> bool:
    """Tell whether a function or class of a body mentions a name that it does not bind itself."""
    for each in walk(body):
        if isinstance(each, Function):
            own = {parameter.name for parameter in each.parameters} | set(definitions(each.body))
            if name not in own and any(name in mentioned(inner) for inner in each.body):
                return True
        elif isinstance(each, Class) and name in mentioned(each):
            return True
    return False
