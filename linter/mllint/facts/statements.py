"""Statements, nested and in order as in the source.

`line` is that on which the statement's logical line begins, from 1, in the document's text: of a
statement behind a colon or semicolon that of the first one on its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from .expressions import Expression, Parameter

Statement: TypeAlias = (
    "Assign | Update | Evaluate | Return | Raise | Delete | Assert | Jump | Declare | Import"
    " | If | For | While | With | Try | Match | Function | Class"
)
Body: TypeAlias = tuple["Statement", ...]


class Assign(NamedTuple):
    """``a = b = value`` or ``a: annotation = value``, where the value may be missing."""

    line: int
    targets: tuple[Expression, ...]
    value: Expression | None
    annotation: Expression | None


class Update(NamedTuple):
    """``target += value``; the operator without ``=``."""

    line: int
    target: Expression
    operator: str
    value: Expression


class Evaluate(NamedTuple):
    """An expression on its own line."""

    line: int
    value: Expression


class Return(NamedTuple):
    """``return value``."""

    line: int
    value: Expression | None


class Raise(NamedTuple):
    """``raise error from cause``."""

    line: int
    error: Expression | None
    cause: Expression | None


class Delete(NamedTuple):
    """``del targets``."""

    line: int
    targets: tuple[Expression, ...]


class Assert(NamedTuple):
    """``assert test, message``."""

    line: int
    test: Expression
    message: Expression | None


class Jump(NamedTuple):
    """``break`` or ``continue``."""

    line: int
    kind: str


class Declare(NamedTuple):
    """``global names`` or ``nonlocal names``."""

    line: int
    kind: str
    names: tuple[str, ...]


class Import(NamedTuple):
    """``import a.b as c`` (`module` is None) or ``from ..module import a as b``.

    Attributes:
        line: Of the statement.
        module: What stands after ``from``; empty in ``from . import x``.
        level: Number of leading dots.
        names: What is imported, and the name that it gets where ``as`` gives one.
    """

    line: int
    module: str | None
    level: int
    names: tuple[tuple[str, str | None], ...]


class If(NamedTuple):
    """``if``; an ``elif`` is an `If` alone in `orelse`."""

    line: int
    test: Expression
    body: Body
    orelse: Body


class For(NamedTuple):
    """``for target in iterable``."""

    line: int
    target: Expression
    iterable: Expression
    body: Body
    orelse: Body


class While(NamedTuple):
    """``while test``."""

    line: int
    test: Expression
    body: Body
    orelse: Body


class With(NamedTuple):
    """``with``: each context, and the target that ``as`` gives."""

    line: int
    items: tuple[tuple[Expression, Expression | None], ...]
    body: Body


class Handler(NamedTuple):
    """``except error as name``."""

    line: int
    error: Expression | None
    name: str | None
    body: Body


class Try(NamedTuple):
    """``try``."""

    line: int
    body: Body
    handlers: tuple[Handler, ...]
    orelse: Body
    final: Body


class Case(NamedTuple):
    """``case``: the names that its pattern binds, and its guard."""

    line: int
    names: tuple[str, ...]
    guard: Expression | None
    body: Body


class Match(NamedTuple):
    """``match subject``."""

    line: int
    subject: Expression
    cases: tuple[Case, ...]


class Function(NamedTuple):
    """``def``; the line is that of ``def``, decorators stand above."""

    line: int
    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    body: Body
    is_async: bool


class Class(NamedTuple):
    """``class``; keywords such as ``metaclass=`` after the bases."""

    line: int
    name: str
    bases: tuple[Expression, ...]
    keywords: tuple[tuple[str | None, Expression], ...]
    decorators: tuple[Expression, ...]
    body: Body


# The fields of each class that hold statements, in the order of the source.
BODIES: dict[type, tuple[str, ...]] = {
    If: ("body", "orelse"),
    For: ("body", "orelse"),
    While: ("body", "orelse"),
    With: ("body",),
    Handler: ("body",),
    Try: ("body", "handlers", "orelse", "final"),
    Case: ("body",),
    Match: ("cases",),
    Function: ("body",),
    Class: ("body",),
}


def header(statement: Statement | Handler) -> tuple[object, ...]:
    """Return the fields of a statement that are not statements: what is evaluated at its line."""
    bodies = BODIES.get(type(statement))
    if bodies is None:
        return tuple(statement)
    fields = statement._fields
    return tuple(value for name, value in zip(fields, statement, strict=True) if name not in bodies)


def walk(body: Iterable[Statement], into_definitions: bool = False) -> Iterator[Statement]:
    """Yield statements and those within them, in order.

    Args:
        body: Where to begin.
        into_definitions: Whether to enter functions and classes; they are yielded anyway.
    """
    for statement in body:
        yield statement
        bodies = BODIES.get(type(statement))
        if bodies is None:
            continue
        if not into_definitions and isinstance(statement, Function | Class):
            continue
        for name in bodies:
            yield from walk(getattr(statement, name), into_definitions)
