"""Carries a program out, statement by statement, on what is known of its values."""

from __future__ import annotations

from dataclasses import replace

from ..facts.expressions import (
    Attribute,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Expression,
    Lambda,
    Mapping,
    Name,
    Operation,
    Sequence,
    Star,
    Subscript,
    Template,
    Wait,
    Walrus,
)
from ..program.evaluation import Evaluator
from ..program.symbols import FunctionSymbol, Module
from ..program.values import Literal, Package
from .asking import asks_for_column
from .columns import AnyOf, column_names
from .events import Events
from .gaps import asks_for_gaps, in_gaps
from .machine import Activation, OutOfBudgetError
from .meanings import Meanings
from .provenance import Thing
from .selection import constant_of
from .statements import Statements
from .tabulation import list_of, literal_of
from .value import NOTHING, Value, container, joined

MAX_UNROLLED = 8


class Interpreter(Statements):
    """The interpreter of one project."""

    def __init__(self, evaluator: Evaluator, meanings: Meanings, events: Events) -> None:
        super().__init__(evaluator, meanings, events)
        self.active: list[FunctionSymbol] = []
        self.visited: set[FunctionSymbol] = set()
        self.modules: set[Module] = set()
        self.nesting: dict[FunctionSymbol, bool] = {}
        self.handed_calls: dict[int, Call] = {}

    def evaluate(self, expression: Expression | None) -> Value:
        """Carry out an expression and return what is known of its value."""
        self.budget -= 1
        if self.budget < 0:
            raise OutOfBudgetError
        match expression:
            case Name(name):
                return self.name(name)
            case Call():
                return self.call(expression)
            case Attribute(value, attr):
                return self.attribute_value(value, attr, expression)
            case Subscript():
                return self.subscript(expression)
            case Sequence(_, items):
                return self.sequence(items, expression)
            case Mapping(pairs):
                return self.mapping(pairs)
            case Operation():
                return self.operation(expression)
            case Compare():
                return self.comparison(expression)
            case Conditional(test, body, orelse):
                truth = self.evaluate(test).truth
                if truth is not None:
                    return self.evaluate(body if truth else orelse)
                found = self.evaluate(body).join(self.evaluate(orelse))
                return in_gaps(found) if asks_for_gaps(test) else found
            case Comprehension():
                return self.comprehension(expression)
            case Walrus(target, value):
                found = self.evaluate(value)
                self.assign(target, found)
                return found
            case Star(value):
                return self.evaluate(value)
            case Wait(kind, value):
                found = self.evaluate(value)
                if kind != "await":
                    each = Value(items=((None, found),)) if kind == "yield" else found
                    self.activation.returned = self.activation.returned.join(each)
                    return NOTHING
                return found
            case Template(parts):
                for part in parts:
                    self.evaluate(part)
                return NOTHING
            case None | Lambda():
                return NOTHING
        literal = constant_of(expression)
        return NOTHING if literal is None else Value(literal=literal)

    def sequence(self, items: tuple[Expression, ...], expression: Expression) -> Value:
        """Return a list, tuple or set."""
        values: list[Value] = []
        for item in items:
            value = self.evaluate(item)
            if isinstance(item, Star) and value.items is not None:
                values += [each for _, each in value.items]
            else:
                values.append(value)
        return replace(container(values), literal=constant_of(expression) or literal_of(values))

    def mapping(self, pairs: tuple[tuple[Expression | None, Expression], ...]) -> Value:
        """Return a dictionary."""
        found = Value(items=())
        for key, value in pairs:
            handed = self.evaluate(value)
            if key is None:
                for inner, each in handed.items or ():
                    found = found.with_item(inner, each)
            else:
                found = found.with_item(self.evaluate(key).literal, handed)
        return found

    def comprehension(self, expression: Comprehension) -> Value:
        """Return what a comprehension collects."""
        target, iterable, conditions = expression.loops[0]
        self.counting(target, iterable)
        around = set(self.samples)
        values = self.iterated(self.evaluate(iterable))
        asked = [asks_for_column(each) for each in conditions]
        known = len(expression.loops) == 1 and all(each and each.is_there for each in asked)
        found: list[Value] = []
        self.loops += 1
        for value in values:
            self.assign(target, value)
            for inner, source, _ in expression.loops[1:]:
                self.assign(inner, self.element(self.evaluate(source)))
            for _, _, tests in expression.loops:
                for test in tests:
                    self.evaluate(test)
            found.append(self.evaluate(expression.element))
        self.loops -= 1
        self.samples = around
        if expression.kind == "dict":
            return self.collected_pairs(found)
        if known and len(values) > 1:
            return replace(container(found), literal=literal_of(found))
        if known and len(found) == 1 and isinstance(found[0].literal, AnyOf):
            return list_of(tuple(found[0].literal))  # `[name for name in names if name in …]`
        return Value(items=((None, joined(found)),))

    def collected_pairs(self, found: list[Value]) -> Value:
        """Return the dictionary of some pairs."""
        result = Value(items=())
        for pair in found:
            result = result.with_item(pair.item(0).literal, pair.item(1))
        return result

    def iterated(self, value: Value) -> list[Value]:
        """Return what a loop over a value meets: each item, if they are few and known."""
        splitters = [thing for thing in value.things if thing.kind == "splitter"]
        if splitters:
            return [self.element(self.folds_of_old(splitters[0]))]
        if not value.items or len(value.items) > MAX_UNROLLED:
            return [self.element(value)]
        names = column_names(value.literal)
        if names is not None:
            return [Value(literal=AnyOf(sorted(names)))]
        return [each for _, each in value.items]

    def folds_of_old(self, thing: Thing) -> Value:
        """Return what iterating ``KFold(n, 5)`` itself gave in old versions."""
        made = thing.data[0]
        assert isinstance(made, Call)
        return self.folds(made._replace(args=(), keywords=()), thing)

    def is_bound(self, name: str) -> bool:
        """Tell whether a name has a value in the state."""
        return self.lookup(name) is not None

    def lookup(self, name: str) -> Value | None:
        """Return what a name means, from inside out, where it was bound."""
        current: Activation | None = self.activation
        while current is not None:
            found = self.state.get((current.scope, name))
            if found is not None:
                return found
            current = current.outer
        return self.state.get((self.module, name))

    def name(self, name: str) -> Value:
        """Return what a name means; a name that nothing is known of means rows of its own."""
        found = self.lookup(name)
        if found is not None:
            return found
        values = self.evaluator.evaluate(Name(name), self.activation.frame)
        for value in values:
            if isinstance(value, Literal):
                return Value(literal=constant_of(value.expression))
        if values or self.activation.frame.module.table.get(name):
            return NOTHING
        return self.origin(self.receiver_key(Name(name)))

    def attribute_value(self, value: Expression, attr: str, expression: Attribute) -> Value:
        """Return ``value.attr``."""
        base = self.evaluate(value)
        if base.things:
            return joined(self.attribute_of(thing, attr, expression) for thing in base.things)
        if base == NOTHING:
            for each in self.evaluator.evaluate(value, self.activation.frame):
                if isinstance(each, Package):
                    self.import_module(each.module)
                    return self.state.get((each.module, attr)) or NOTHING
            kept = self.state.get((self.activation.scope, str(self.dotted(expression))))
            return kept or NOTHING
        return self.attribute(base, attr, expression)

    def attribute_of(self, thing: Thing, attr: str, expression: Attribute) -> Value:
        """Return an attribute of an estimator or instance."""
        if thing.kind != "instance":
            return self.attribute_of_thing(thing, attr)
        found = self.state.get((thing, attr))
        if found is not None:
            return found
        symbol = thing.symbol
        for each in self.evaluator.ancestry(symbol):  # type: ignore[arg-type]
            method = getattr(each, "methods", {}).get(attr)
            if method is not None:
                if method.is_property:
                    return self.call_of_thing(thing, attr, Call(expression, (), ())) or NOTHING
                return NOTHING
        return self.origin(self.keys.setdefault((thing, attr), (thing, attr)))
