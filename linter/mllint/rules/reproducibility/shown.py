"""Draws of what is only looked at: an example of the data that is printed, a picture."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Expression,
    Lambda,
    Name,
    Sequence,
    Subscript,
    calls,
    last_name,
)
from ...facts.statements import (
    Assert,
    Assign,
    Body,
    Class,
    Evaluate,
    For,
    Function,
    If,
    Import,
    Return,
    Statement,
    Update,
    While,
    header,
    walk,
)
from ...program.activity import Site
from ...program.program import Program
from ...program.steps import LIKELY
from ...program.symbols import FunctionSymbol, Owner, definitions
from ...program.values import Frame, Library
from ..origins import GROWING

MAX_STEPS = 5  # from what is drawn to what is printed
SHOWING = ("print", "display")
# Methods of loggers, and of figures.
SHOWS = frozenset({"info", "debug", "warning", "print", "imshow", "show", "set_title"})


def is_only_shown(site: Site, program: Program) -> bool:
    """Tell whether what a call draws is printed or shown, and goes nowhere else."""
    statement, frame = site.statement, site.frame
    if frame.function is not None and only_shows(frame.function, frame, program):
        return True
    match statement:
        case Evaluate():
            return is_showing(statement, frame, program)
        case For(_, target, iterable, body) if site.call in calls((iterable,)):
            return isinstance(target, Name) and is_looked_at(body, frame, program)
        case Assign(_, (Name(name),)):
            return goes_to_show(name, statement, frame, program, 0)
    return False


def only_shows(function: FunctionSymbol, frame: Frame, program: Program) -> bool:
    """Tell whether a function shows something, and nothing that it does outlives it.

    It gives nothing back, changes nothing but what it has made itself, and calls nothing of the
    project and nothing that trains.
    """
    if function.statement is None or function.owner is not None:
        return False
    shown = False
    for statement in walk(function.body):
        match statement:
            case Evaluate() if is_showing(statement, frame, program):
                shown = True
            case Evaluate(_, Call(Attribute(Name(name), method))):
                if method not in GROWING or name not in function.table:
                    return False
            case Assign(_, targets):
                if not all(is_local(each, function) for each in targets):
                    return False
            case Update(_, target):
                if not is_local(target, function):
                    return False
            case If() | For() | While() | Assert() | Import() | Return(_, None):
                pass
            case _:
                return False
        if not all(is_harmless(call, frame, program) for call in calls(header(statement))):
            return False
    return shown


def is_local(target: Expression, function: FunctionSymbol) -> bool:
    """Tell whether what is assigned to is a function's own: a name, or part of what it has."""
    while isinstance(target, Attribute | Subscript):
        target = target.value
    if isinstance(target, Sequence):
        return all(is_local(each, function) for each in target.items)
    return (
        isinstance(target, Name)
        and target.id in function.table
        and all(each.name != target.id for each in function.parameters)
    )


def is_harmless(call: Call, frame: Frame, program: Program) -> bool:
    """Tell whether a call is of a library, and trains nothing."""
    values = program.evaluator.evaluate(call.func, frame)
    return last_name(call) not in LIKELY and all(
        isinstance(each, Library) and not program.knowledge.means("loop", (each.name,))
        for each in values
    )


def is_looked_at(body: Body, frame: Frame, program: Program) -> bool:
    """Tell whether some statements show things, and do nothing else."""
    return all(is_showing(each, frame, program) for each in body)


def goes_to_show(
    name: str, statement: Statement, frame: Frame, program: Program, steps: int
) -> bool:
    """Tell whether all statements that read a name show it, or bind what they alone show."""
    owner = frame.function or frame.module
    readers = [
        each
        for each in program.explorer.once(readers_of, owner).get(name, ())
        if each is not statement
    ]
    return bool(readers) and all(
        is_showing(each, frame, program)
        or (
            steps < MAX_STEPS
            and isinstance(each, Assign)
            and all(isinstance(target, Name) for target in each.targets)
            and all(
                goes_to_show(target.id, each, frame, program, steps + 1)
                for target in each.targets
                if isinstance(target, Name)
            )
        )
        for each in readers
    )


def readers_of(owner: Owner) -> dict[str, list[Statement]]:
    """Return the statements of a function or module that read each of its names."""
    found: dict[str, list[Statement]] = {}
    gather(owner.body, frozenset(), found)
    return found


def gather(body: Body, hidden: frozenset[str], found: dict[str, list[Statement]]) -> None:
    """Add what statements read, and those within functions, but for what is hidden there."""
    for statement in walk(body):
        for name in dict.fromkeys(read(statement)):
            if name not in hidden:
                found.setdefault(name, []).append(statement)
        if isinstance(statement, Function):
            own = {each.name for each in statement.parameters} | set(definitions(statement.body))
            gather(statement.body, hidden | own, found)
        elif isinstance(statement, Class):
            gather(statement.body, hidden, found)


def read(statement: Statement) -> Iterator[str]:
    """Yield the names that a statement reads."""
    if isinstance(statement, Assign):
        targets = tuple(each for each in statement.targets if not isinstance(each, Name))
        yield from names_in((statement.value, targets))
    else:
        yield from names_in(header(statement))


def names_in(expression: object) -> Iterator[str]:
    """Yield the names in an expression, but for the parameters of lambdas."""
    match expression:
        case Name(name):
            yield name
        case Lambda(parameters, body):
            own = {each.name for each in parameters}
            yield from (name for name in names_in(body) if name not in own)
        case tuple():
            for part in expression:
                yield from names_in(part)


def is_showing(statement: Statement, frame: Frame, program: Program) -> bool:
    """Tell whether a statement prints, logs or draws a figure."""
    match statement:
        case Evaluate(_, Call(func)):
            return shows(func, frame, program)
    return False


def shows(func: Expression, frame: Frame, program: Program) -> bool:
    """Tell whether a call of something prints, logs or draws a figure."""
    values = program.evaluator.evaluate(func, frame)
    names = [each.name for each in values if isinstance(each, Library)]
    if any(program.knowledge.means(each, names) for each in SHOWING):
        return True
    is_own = len(names) < len(values)
    return not is_own and isinstance(func, Attribute) and func.attr in SHOWS
