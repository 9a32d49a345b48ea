"""What statements do to the state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from itertools import zip_longest

from ..facts.expressions import (
    Attribute,
    Constant,
    Expression,
    Name,
    Operation,
    Sequence,
    Slice,
    Star,
    Subscript,
    dotted,
    subexpressions,
)
from ..facts.outline import is_main_test, is_type_checking
from ..facts.statements import (
    Assert,
    Assign,
    Body,
    Delete,
    Evaluate,
    For,
    Function,
    If,
    Import,
    Jump,
    Match,
    Raise,
    Return,
    Statement,
    Try,
    Update,
    While,
    With,
)
from ..program.symbols import Module
from ..program.values import Frame, Package
from .asking import AskedColumn, asks_for_column
from .columns import column_names
from .functions import Functions
from .gaps import asks_for_gaps, in_gaps
from .machine import Activation
from .ordering import INDEX, counts_up, timed, times_of
from .selection import INDEXERS
from .state import Layer
from .value import NOTHING, Value

NOT_COLUMNS = frozenset({"columns", "index", "name", "attrs"})  # of a table, which can be set
PASSES = 2  # through a loop's body: what a first round leaves is known in the second


class Statements(Functions):
    """The part of the interpreter that knows statements."""

    modules: set[Module]

    def statements(self, body: Body) -> bool:
        """Carry out statements; return whether what follows is still reached."""
        for statement in body:
            self.activation.statement = self.activation.host or statement
            if not self.statement(statement):
                return False
        return True

    def statement(self, statement: Statement) -> bool:
        """Carry out one statement; return whether the next is reached."""
        match statement:
            case Assign(_, targets, value):
                if value is not None:
                    found = self.evaluate(value)
                    for target in targets:
                        self.assign(target, found)
                        self.note_alias(target, value)
            case Update(_, target, operator, value):
                found = self.operation(Operation(operator, (target, value)))
                self.change(target, found)
            case Evaluate(_, value):
                self.evaluate(value)
            case Return(_, value):
                found = self.evaluate(value)
                found = in_gaps(found) if self.activation.gaps else found
                self.activation.returned = self.activation.returned.join(found)
                return False
            case Jump():
                if self.jumps:  # what was done before it holds behind the round
                    depth, ends = self.jumps[-1]
                    ends.append(self.state.since(depth))
                return False
            case Raise():
                return False
            case If():
                return self.branch(statement)
            case For():
                self.loop(statement)
            case While():
                self.evaluate(statement.test)
                self.state.begin()
                self.repeat(statement.body, statement)
                self.state.merge([{}, self.state.end()])
            case With(_, items, inside):
                for context, bound in items:
                    found = self.evaluate(context)
                    if bound is not None:
                        self.assign(bound, found)
                return self.statements(inside)
            case Try():
                return self.attempt(statement)
            case Match(_, subject, cases):
                self.evaluate(subject)
                self.alternatives([each.body for each in cases], True)
            case Import():
                self.importing(statement)
            case Assert(_, test):
                self.evaluate(test)
            case Function():
                self.define(statement)
            case Delete():
                self.delete(statement)
        return True

    def define(self, statement: Function) -> None:
        """Let a name mean a function from here on; which one a branch defines is not known."""
        key = self.scope_of(statement.name), statement.name
        if len(self.state.layers) == 1:
            self.latest[key] = statement
        else:
            self.latest.pop(key, None)

    def branch(self, statement: If) -> bool:
        """Carry out an ``if``."""
        if is_type_checking(statement.test):
            return self.statements(statement.orelse)
        if is_main_test(statement.test):
            return self.statements(statement.body)
        truth = self.evaluate(statement.test).truth
        self.compared_with_best(statement)
        if truth is not None:
            return self.statements(statement.body if truth else statement.orelse)
        asks = asks_for_gaps(statement.test)
        self.activation.gaps += asks
        column = asks_for_column(statement.test)
        absent = (None, column) if column and column.is_there else (column, None)
        goes_on = self.alternatives([statement.body, statement.orelse], False, absent)
        self.activation.gaps -= asks
        return goes_on

    def alternatives(
        self,
        bodies: list[Body],
        may_skip: bool,
        absent: Iterable[AskedColumn | None] = (),
    ) -> bool:
        """Carry out one of several bodies: each, and what they leave is joined.

        Args:
            bodies: The bodies.
            may_skip: Whether none of them may be carried out.
            absent: For each, the column that a table does not have where it is.
        """
        ends: list[Layer] = [{}] if may_skip else []
        for body, column in zip_longest(bodies, absent):
            self.state.begin()
            if column is not None:
                self.without(column)
            goes_on = self.statements(body)
            end = self.state.end()
            if goes_on:
                ends.append(end)
        if ends:
            self.state.merge(ends)
        return bool(ends)

    def without(self, column: AskedColumn) -> None:
        """Let a table have no column of a name, for that was asked for and is not so."""
        if not isinstance(column.table, Name):
            return
        names = column_names(self.evaluate(column.name).literal)
        base = self.evaluate(column.table)
        if names is not None and base.regions and base.items is None:  # it is as it was
            self.bind_name(column.table.id, base.without_columns(names))

    def attempt(self, statement: Try) -> bool:
        """Carry out a ``try``; a handler may find any part of its body done."""
        self.state.begin()
        goes_on = self.statements(statement.body) and self.statements(statement.orelse)
        tried = self.state.end()
        ends = [tried] if goes_on else []
        for handler in statement.handlers:
            self.state.begin()
            self.state.merge([{}, tried])
            reached = self.statements(handler.body)
            end = self.state.end()
            if reached:
                ends.append(end)
        if ends:
            self.state.merge(ends)
        return self.statements(statement.final) and bool(ends)

    @abstractmethod
    def lookup(self, name: str) -> Value | None:
        """Return what a name means, where it was bound."""

    @abstractmethod
    def iterated(self, value: Value) -> list[Value]:
        """Return what a loop over a value meets."""

    def loop(self, statement: For) -> None:
        """Carry out a ``for``: item by item where they are few and known."""
        around = set(self.samples)
        self.each_round(statement)
        self.samples = around

    def each_round(self, statement: For) -> None:
        """Carry out the rounds of a ``for``."""
        self.counting(statement.target, statement.iterable)
        values = self.iterated(self.evaluate(statement.iterable))
        sources = self.sources(statement.iterable)
        if len(values) > 1 or sources or isinstance(statement.iterable, Sequence):
            for position, value in enumerate(values):
                self.assign(statement.target, value)
                is_named = position < len(sources) and isinstance(sources[position], Name)
                if isinstance(statement.target, Name) and is_named:
                    self.aliases[self.activation.scope, statement.target.id] = sources[position]
                self.repeat(statement.body, statement, 1)
            return
        self.state.begin()
        for _ in range(PASSES):
            self.assign(statement.target, values[0] if values else NOTHING)
            self.repeat(statement.body, statement, 1)
        self.state.merge([{}, self.state.end()])
        self.statements(statement.orelse)

    def counting(self, target: Expression, iterable: Expression) -> None:
        """Note the names that mean another each round of a loop, and which count one by one."""
        for each in subexpressions(target):
            if isinstance(each, Name):
                self.rounds.add((self.scope_of(each.id), each.id))
        if isinstance(target, Name):
            known = self.counters.setdefault(self.scope_of(target.id), set())
            (known.add if counts_up(iterable) else known.discard)(target.id)

    def repeat(self, body: Body, statement: Statement, passes: int = PASSES) -> None:
        """Carry out a loop's body."""
        self.loops += 1
        around = set(self.samples)
        for _ in range(passes):
            self.round(body)
            self.activation.statement = statement
        self.samples = around
        self.loops -= 1

    def round(self, body: Body) -> None:
        """Carry out a loop's body once: to its end, or to where it is left or begun anew."""
        ends: list[Layer] = []
        self.jumps.append((len(self.state.layers), ends))
        self.state.begin()
        goes_on = self.statements(body)
        end = self.state.end()
        self.jumps.pop()
        if goes_on:
            ends.append(end)
        if ends:
            self.state.merge(ends)

    def sources(self, iterable: Expression) -> tuple[Expression, ...]:
        """Return the names that a list is written with, whose objects a loop may change."""
        if isinstance(iterable, Name):
            scope, name = self.activation.scope, iterable.id
            known = self.aliases.get((scope, name))
            if not isinstance(known, Sequence):
                return ()
            held = ((name, place) for place in range(len(known.items)))
            return tuple(
                item if isinstance(item, Name) and each in self.holders.get((scope, item.id), ())
                else Constant(None)
                for each, item in zip(held, known.items, strict=True)
            )  # fmt: skip
        return iterable.items if isinstance(iterable, Sequence) else ()

    def note_alias(self, target: Expression, value: Expression) -> None:
        """Note that a name means the same objects as others."""
        if isinstance(target, Name) and (
            isinstance(value, Name)
            or (isinstance(value, Sequence) and all(isinstance(e, Name) for e in value.items))
        ):
            self.aliases[self.activation.scope, target.id] = value
            if isinstance(value, Name):
                key = self.activation.scope, value.id
                self.sharing.setdefault(key, set()).add(target.id)
            for place, item in enumerate(value.items if isinstance(value, Sequence) else ()):
                assert isinstance(item, Name)
                key = self.activation.scope, item.id
                self.holders.setdefault(key, set()).add((target.id, place))

    def assign(self, target: Expression, value: Value) -> None:
        """Bind a target to a value."""
        match target:
            case Name(name):
                self.aliases.pop((self.activation.scope, name), None)
                self.holders.pop((self.activation.scope, name), None)
                self.activation.rebound.add(name)
                self.bind_name(name, value)
                self.depths[self.scope_of(name), name] = self.loops
            case Attribute(owner, attr):
                self.assign_attribute(owner, attr, value, target)
            case Subscript():
                self.assign_item(target, value)
            case Sequence(_, items):
                self.unpack(items, value)
            case Star(inside):
                self.assign(inside, value)

    def bind_name(self, name: str, value: Value) -> None:
        """Let a name hold a value."""
        scope = self.scope_of(name)
        self.state.set((scope, name), value)
        if isinstance(scope, Activation):
            scope.names.add(name)

    def scope_of(self, name: str) -> object:
        """Return what a name that is bound here belongs to."""
        current: Activation | None = self.activation
        while current is not None:
            if current.is_local(name):
                return current.scope
            current = current.outer
        return self.module

    def unpack(self, items: tuple[Expression, ...], value: Value) -> None:
        """Bind several targets."""
        for position, item in enumerate(items):
            if isinstance(item, Star):
                self.assign(item.value, value)
                continue
            if value.items is not None:
                self.assign(item, value.item(position))
            else:
                self.assign(item, self.numbered(value, position))

    def assign_attribute(
        self, owner: Expression, attr: str, value: Value, target: Attribute
    ) -> None:
        """Bind ``owner.attr``."""
        base = self.evaluate(owner)
        for thing in base.things:
            known = self.state.get((thing, attr)) if len(base.things) > 1 else None
            self.state.set((thing, attr), value if known is None else known.join(value))
        self.handed(None, target, [value])
        if base.things:
            return
        if attr == "index" and times_of(value):
            base = timed(base, "index", self.spot(target), INDEX)
        if base.regions and base.items is None and attr in NOT_COLUMNS:
            self.change(owner, self.tabled(base, None if attr == "columns" else base.table, target))
        elif base.regions and base.items is None:
            self.change(owner, self.with_column(base, frozenset({attr}), value, target))
        else:
            self.state.set((self.activation.scope, self.dotted(target)), value)

    def assign_item(self, target: Subscript, value: Value) -> None:
        """Bind ``owner[key]``: a column, some rows, or an item."""
        owner, key = target
        rows_first = isinstance(owner, Attribute) and owner.attr in INDEXERS
        if isinstance(owner, Attribute) and owner.attr in INDEXERS:
            owner = owner.value
        base = self.evaluate(owner)
        if isinstance(key, Sequence) and key.kind == "tuple" and key.items:
            names = column_names(self.evaluate(key.items[-1]).literal)
            changed = self.with_column(base, names, replace(value, items=None), target)
            if key.items[0] != Slice(None, None, None):  # the other rows are as they were
                changed = changed.carrying(base.marks)
            self.change(owner, changed)
            return
        index = self.evaluate(key)
        names = column_names(index.literal)
        if base.items is not None and not base.regions:
            self.change(owner, base.with_item(index.literal, value))
        elif names is not None and not rows_first:
            self.change(owner, self.with_column(base, names, value, target))
        else:
            self.change(owner, base.carrying(value.flat.marks))

    def change(self, target: Expression, value: Value) -> None:
        """Change the object that an expression means, in place."""
        match target:
            case Name(name):
                key = self.activation.scope, name
                alias, before = self.aliases.get(key), self.lookup(name)
                if name not in self.activation.rebound:
                    self.activation.changed[name] = value
                self.bind_name(name, value)
                if isinstance(alias, Name) and alias.id != name:
                    self.change(alias, value)
                for owner, place in self.holders.get(key, ()):
                    held = self.lookup(owner)
                    if held is not None and held.items is not None and not held.regions:
                        self.bind_name(owner, held.with_item(place, value))
                for other in self.sharing.get(key, ()):
                    if before is not None and self.lookup(other) == before != value:
                        self.change(Name(other), value)
            case Attribute() | Subscript():
                self.assign(target, value)

    def importing(self, statement: Import) -> None:
        """Carry out an import of the project's own modules, and take over what they computed."""
        if statement.module is None:
            return
        for source in self.evaluator.imported_module(statement, self.module):
            if isinstance(source, Package):
                self.import_module(source.module)
                for name, alias in statement.names:
                    wanted = [name]
                    if name == "*":
                        wanted = self.state.names(source.module)
                    for each in wanted:
                        found = self.state.get((source.module, each))
                        if found is not None:
                            self.state.set((self.activation.scope, alias or each), found)

    def import_module(self, module: Module) -> None:
        """Carry out a module's top level, once."""
        if module in self.modules:
            return
        self.modules.add(module)
        here, loops = getattr(self, "activation", None), self.loops
        self.activation, self.loops = Activation(Frame(module)), 0
        self.statements(module.body)
        self.activation, self.loops = here or self.activation, loops

    def dotted(self, expression: Expression) -> str:
        """Return ``a.b`` as text."""
        return dotted(expression)
