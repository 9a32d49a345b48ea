"""The scopes of a file: its top level and each function, with what is known of their callers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ..facts.expressions import Expression, Subscript, subexpressions
from ..facts.statements import (
    BODIES,
    Assign,
    Body,
    Case,
    Class,
    Delete,
    For,
    Function,
    Handler,
    Statement,
    With,
    header,
)
from ..program.activity import Around, Site
from ..program.entries import is_test_file
from ..program.ordering import Ordering
from ..program.program import Program
from ..program.symbols import (
    ClassSymbol,
    FunctionSymbol,
    Module,
    Owner,
    Table,
    class_symbol,
    function_symbol,
)
from ..program.values import Frame, Library, Value


@dataclass(eq=False)
class Scope:
    """The top level of a file, or a function.

    Attributes:
        program: The project.
        module: The file.
        function: None at top level.
        called: What it is known to be handed, by each who calls it.
    """

    program: Program
    module: Module
    function: FunctionSymbol | None
    called: tuple[Frame, ...]

    @property
    def owner(self) -> Owner:
        """The function, or the file."""
        return self.function or self.module

    @property
    def body(self) -> Body:
        """Its statements."""
        return self.owner.body

    @property
    def table(self) -> Table:
        """What its names are bound to."""
        return self.owner.table

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """The frames in which its expressions are evaluated."""
        return self.called or (Frame(self.module, self.function),)

    @cached_property
    def ordering(self) -> Ordering:
        """The order of its statements."""
        return Ordering(self.body)

    @cached_property
    def placed(self) -> tuple[tuple[Statement, Around], ...]:
        """Its statements, each with those around it."""
        return tuple(placed(self.body))

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The calls that it carries out, for each who calls it."""
        explorer = self.program.explorer
        is_main = self.function is None
        return tuple(
            site for frame in self.frames for site in explorer.activity(frame, is_main).sites
        )

    def may_call(self, *names: str) -> bool:
        """Tell whether there is a call by any of some last names: to know more takes longer."""
        spelled = self.module.spellings(*names)
        return not (
            spelled.isdisjoint(self.module.source.outline.called)
            or spelled.isdisjoint(self.owner.called)
        )

    def values(self, expression: Expression | None) -> tuple[Value, ...]:
        """Return what an expression may stand for, whoever calls."""
        evaluate = self.program.evaluator.evaluate
        return tuple({v: None for frame in self.frames for v in evaluate(expression, frame)})

    def names(self, expression: Expression | None) -> tuple[str, ...]:
        """Return the library names of what an expression may stand for."""
        return tuple(each.name for each in self.values(expression) if isinstance(each, Library))


def placed(body: Body, around: Around = ()) -> Iterator[tuple[Statement, Around]]:
    """Yield the statements of a scope, each with those around it, outermost first."""
    for statement in body:
        yield statement, around
        if isinstance(statement, Function | Class):
            continue
        for name in BODIES.get(type(statement), ()):
            for each in getattr(statement, name):
                if isinstance(each, Handler):
                    yield from placed(each.body, (*around, statement, each))
                elif isinstance(each, Case):
                    yield from placed(each.body, (*around, statement))
                else:
                    yield from placed((each,), (*around, statement))


def scopes_of(program: Program, *words: str) -> Iterator[Scope]:
    """Yield the scopes of the files, tests left aside, that mention any of some names."""
    return scopes_in(program, program.mentioning(*words))


def scopes_in(program: Program, modules: Iterable[Module]) -> Iterator[Scope]:
    """Yield the scopes of some files, tests left aside."""
    for module in modules:
        if is_test_file(module, program.project):
            continue
        owners: list[Owner] = [module, *functions(module.body, module, None, None)]
        for owner in owners:
            frames = tuple(program.frames.get(owner, ()))
            yield Scope(
                program, module, owner if isinstance(owner, FunctionSymbol) else None, frames
            )


def functions(
    body: Body, module: Module, owner: ClassSymbol | None, outer: FunctionSymbol | None
) -> Iterator[FunctionSymbol]:
    """Yield the functions of a body, those in classes and in functions too."""
    for statement, _ in placed(body):
        if isinstance(statement, Function):
            symbol = function_symbol(module, statement, owner, outer)
            yield symbol
            yield from functions(statement.body, module, None, symbol)
        elif isinstance(statement, Class):
            yield from functions(
                statement.body, module, class_symbol(module, statement, outer), outer
            )


def read_parts(statement: Statement) -> Iterator[Expression]:
    """Yield the expressions that a statement reads, outer first; what it binds is left aside."""
    parts: object = header(statement)
    match statement:
        case Assign(_, targets, value):
            keys = [each.key for each in targets if isinstance(each, Subscript)]
            parts = (value, *keys)
        case For(_, _, iterable):
            parts = (iterable,)
        case With(_, items):
            parts = tuple(context for context, _ in items)
        case Delete() | Function() | Class():
            return
    yield from subexpressions(parts)
