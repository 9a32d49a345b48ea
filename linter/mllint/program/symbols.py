"""Modules, functions and classes of the project, and what each name in them is bound to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ..facts.expressions import (
    LEAVES,
    Attribute,
    Call,
    Comprehension,
    Constant,
    Expression,
    Lambda,
    Name,
    Parameter,
    Sequence,
    Star,
    Subscript,
    Walrus,
    dotted,
    last_name,
    subexpressions,
)
from ..facts.statements import (
    Assign,
    Body,
    Class,
    Declare,
    Evaluate,
    For,
    Function,
    Handler,
    Import,
    Raise,
    Return,
    Statement,
    Try,
    Update,
    With,
    header,
    walk,
)
from ..load import Source


class Definition(NamedTuple):
    """One way in which a name gets its value.

    Attributes:
        kind: ``value``: it is `value`; ``item``: an item of it, as ``for`` and unpacking take them;
            ``context``: what ``with`` gives; ``import``, ``function``, ``class``: see `statement`;
            ``unknown``.
        value: The expression.
        path: For ``item``: which item, of which item …; None is any.
        statement: Where it stands.
    """

    kind: str
    value: Expression | None
    path: tuple[int | None, ...]
    statement: Statement


Table: TypeAlias = dict[str, list[Definition]]
GROWN = "[+]"  # behind the name of a list: what is appended to it


def _bind(
    target: Expression, kind: str, value: Expression | None, path: tuple[int | None, ...],
    statement: Statement, table: Table,
) -> None:  # fmt: skip
    """Enter the names that a target binds; attributes go by their dotted name: ``self.model``."""
    match target:
        case Name(name):
            table.setdefault(name, []).append(Definition(kind, value, path, statement))
        case Attribute(Name(owner), attr):
            name = f"{owner}.{attr}"
            table.setdefault(name, []).append(Definition(kind, value, path, statement))
        case Sequence(_, items):
            seen_star = False
            for position, item in enumerate(items):
                seen_star = seen_star or isinstance(item, Star)
                inner = None if seen_star else position
                _bind(item, "item", value, (*path, inner), statement, table)
        case Star(inside):
            _bind(inside, "unknown", value, path, statement, table)
        case Subscript(Name(owner)):
            # What is put into a container may come out of it: x[k] = v
            name = f"{owner}[]"
            table.setdefault(name, []).append(Definition(kind, value, path, statement))


def definitions(body: Body) -> Table:
    """Return what the names of one scope are bound to, in the order of the source."""
    table: Table = {}
    for statement in walk(body):
        match statement:
            case Assign(_, targets, value, annotation):
                for target in targets:
                    if value is not None or annotation is None:
                        _bind(target, "value", value, (), statement, table)
                    else:
                        _bind(target, "annotated", annotation, (), statement, table)
            case Update(_, target, _, value):
                _bind(target, "unknown", value, (), statement, table)
            case Evaluate(_, Call(Attribute(target, "append" | "add"), (value,))) if dotted(target):
                grown = Definition("value", value, (), statement)
                table.setdefault(f"{dotted(target)}{GROWN}", []).append(grown)
            case For(_, target, iterable):
                _bind(target, "item", iterable, (None,), statement, table)
            case With(_, items):
                for context, bound in items:
                    if bound is not None:
                        _bind(bound, "context", context, (), statement, table)
            case Try(_, _, handlers):
                for handler in handlers:
                    if handler.name:
                        _bind(Name(handler.name), "unknown", None, (), statement, table)
            case Function(_, name):
                table.setdefault(name, []).append(Definition("function", None, (), statement))
            case Class(_, name):
                table.setdefault(name, []).append(Definition("class", None, (), statement))
            case Import(_, module, _, names):
                for name, alias in names:
                    bound_name = alias or (name if module is not None else name.partition(".")[0])
                    found = Definition("import", Name(name), (), statement)
                    table.setdefault(bound_name, []).append(found)
        if isinstance(statement, Handler | Function | Class | Import):
            continue
        for part in subexpressions(header(statement)):
            if isinstance(part, Walrus):
                _bind(part.target, "value", part.value, (), statement, table)
            elif isinstance(part, Comprehension):
                for target, iterable, _ in part.loops:
                    _bind(target, "item", iterable, (None,), statement, table)
    return table


def called_in(body: Body) -> frozenset[str]:
    """Return the last names of what statements call, those in the bodies of classes too."""
    found: set[str] = set()
    add_called(body, found)
    return frozenset(found)


def add_called(facts: tuple[object, ...], found: set[str]) -> None:
    """Add the last names of the calls in any facts, but for those in functions' bodies."""
    for part in facts:
        if isinstance(part, tuple) and type(part) not in LEAVES:
            if isinstance(part, Call):
                found.add(last_name(part))
            add_called(header(part) if isinstance(part, Function) else part, found)


@dataclass(eq=False)
class Module:
    """One file.

    Attributes:
        source: Its facts.
        name: Dotted name below its import root.
        is_package: Whether it is an ``__init__.py``.
    """

    source: Source
    name: str
    is_package: bool

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    @cached_property
    def folder(self) -> str:
        """The folder that the file is in, absolute; links stay."""
        return os.path.dirname(os.path.abspath(self.path))  # noqa: PTH100, PTH120

    @property
    def body(self) -> Body:
        """Its statements."""
        return self.source.body

    @cached_property
    def table(self) -> Table:
        """What its global names are bound to."""
        table = definitions(self.body)
        for statement in walk(self.body, True):
            if isinstance(statement, Function) and any(
                isinstance(each, Declare) and each.kind == "global" for each in walk(statement.body)
            ):
                inner = definitions(statement.body)
                for each in walk(statement.body):
                    if isinstance(each, Declare):
                        for name in each.names:
                            table.setdefault(name, []).extend(inner.get(name, ()))
        return table

    @cached_property
    def called(self) -> frozenset[str]:
        """The last names of what its top level calls."""
        return called_in(self.body)

    @cached_property
    def libraries(self) -> frozenset[str]:
        """The top-level names that it imports, by ``import`` or ``from``."""
        found: set[str] = set()
        for statement in self.source.outline.imports:
            if statement.module is None:
                found |= {name.partition(".")[0] for name, _ in statement.names}
            elif not statement.level:
                found.add(statement.module.partition(".")[0])
        return frozenset(found)

    @cached_property
    def symbols(self) -> dict[int, FunctionSymbol | ClassSymbol]:
        """The symbols made so far of its definitions, by the id of their facts."""
        return {}

    @cached_property
    def calls(self) -> dict[int, tuple[Call, ...]]:
        """The calls found so far in its statements' own lines, by the statement's id."""
        return {}

    def spellings(self, *names: str) -> frozenset[str]:
        """Return some names, and what the file calls them where it imports them as another."""
        return frozenset(names).union(
            alias
            for each in self.source.outline.imports
            for name, alias in each.names
            if alias and name.rpartition(".")[2] in names
        )

    def __repr__(self) -> str:
        return f"Module({self.name})"


@dataclass(eq=False)
class FunctionSymbol:
    """A function, method or lambda of the project.

    Attributes:
        module: Where it stands.
        name: Qualified: ``Trainer.fit``.
        parameters: What it takes.
        body: Its statements; of a lambda, the return of its value.
        statement: Its definition; None for a lambda.
        owner: The class, if it is a method.
        outer: The function that it is nested in.
        line: Where it begins.
    """

    module: Module
    name: str
    parameters: tuple[Parameter, ...]
    body: Body
    line: int
    statement: Function | None = None
    owner: ClassSymbol | None = None
    outer: FunctionSymbol | None = None

    @cached_property
    def table(self) -> Table:
        """What its local names are bound to, parameters left aside."""
        table = definitions(self.body)
        for statement in walk(self.body):
            if isinstance(statement, Declare):
                for name in statement.names:
                    table.pop(name, None)
        return table

    @cached_property
    def returns(self) -> tuple[Expression, ...]:
        """What it returns."""
        found = [each.value for each in walk(self.body) if isinstance(each, Return)]
        return tuple(value for value in found if value is not None)

    @cached_property
    def makes_functions(self) -> bool:
        """Whether it defines functions, which it may return."""
        return any(
            isinstance(each, Function | Class)
            or any(isinstance(part, Lambda) for part in subexpressions(header(each)))
            for each in walk(self.body)
        )

    @cached_property
    def called(self) -> frozenset[str]:
        """The last names of what it calls."""
        return called_in(self.body)

    @cached_property
    def is_abstract(self) -> bool:
        """Whether it does nothing, and leaves that to those that override it."""
        return all(
            isinstance(each, Raise)
            or (isinstance(each, Evaluate) and isinstance(each.value, Constant))
            for each in self.body
        )

    @cached_property
    def decorators(self) -> tuple[Expression, ...]:
        """Its decorators."""
        return self.statement.decorators if self.statement else ()

    @cached_property
    def is_static(self) -> bool:
        """Whether no instance or class is handed to it."""
        return self.owner is None or Name("staticmethod") in self.decorators

    @cached_property
    def is_property(self) -> bool:
        """Whether reading it calls it."""
        return any(
            isinstance(each, Name | Attribute) and each[-1] in ("property", "cached_property")
            for each in self.decorators
        )

    def __repr__(self) -> str:
        return f"FunctionSymbol({self.module.name}:{self.name})"


@dataclass(eq=False)
class ClassSymbol:
    """A class of the project."""

    module: Module
    name: str
    statement: Class
    outer: FunctionSymbol | None = None
    methods: dict[str, FunctionSymbol] = field(default_factory=dict)

    @cached_property
    def table(self) -> Table:
        """What the names in its body are bound to."""
        return definitions(self.statement.body)

    @cached_property
    def attributes(self) -> dict[str, list[tuple[FunctionSymbol, Definition]]]:
        """What its methods assign to attributes of ``self``."""
        found: dict[str, list[tuple[FunctionSymbol, Definition]]] = {}
        for method in self.methods.values():
            if method.is_static or not method.parameters:
                continue
            prefix = f"{method.parameters[0].name}."
            for name, each in method.table.items():
                if name.startswith(prefix):
                    entries = found.setdefault(name[len(prefix) :], [])
                    entries += [(method, definition) for definition in each]
        return found

    def __repr__(self) -> str:
        return f"ClassSymbol({self.module.name}:{self.name})"


Owner: TypeAlias = FunctionSymbol | Module  # whose statements are carried out


def function_symbol(
    module: Module, statement: Function, owner: ClassSymbol | None, outer: FunctionSymbol | None
) -> FunctionSymbol:
    """Return the symbol of a definition; always the same one."""
    found = module.symbols.get(id(statement))
    if isinstance(found, FunctionSymbol):
        return found
    within = owner.name if owner else outer.name if outer else ""
    name = f"{within}.{statement.name}" if within else statement.name
    symbol = FunctionSymbol(
        module, name, statement.parameters, statement.body, statement.line, statement, owner, outer
    )
    module.symbols[id(statement)] = symbol
    return symbol


def class_symbol(module: Module, statement: Class, outer: FunctionSymbol | None) -> ClassSymbol:
    """Return the symbol of a definition, with its methods; always the same one."""
    found = module.symbols.get(id(statement))
    if isinstance(found, ClassSymbol):
        return found
    symbol = ClassSymbol(module, statement.name, statement, outer)
    module.symbols[id(statement)] = symbol
    for each in walk(statement.body):
        if isinstance(each, Function):
            symbol.methods[each.name] = function_symbol(module, each, symbol, outer)
    return symbol


def lambda_symbol(
    module: Module, expression: Lambda, line: int, outer: FunctionSymbol | None
) -> FunctionSymbol:
    """Return the symbol of a lambda; always the same one."""
    found = module.symbols.get(id(expression))
    if isinstance(found, FunctionSymbol) and found.outer is outer:
        return found
    body = (Return(line, expression.body),)
    symbol = FunctionSymbol(module, "<lambda>", expression.parameters, body, line, outer=outer)
    module.symbols[id(expression)] = symbol
    return symbol
