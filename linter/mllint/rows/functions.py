"""Calls of the project's own functions and classes: their bodies are carried out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence as Values

from ..facts.expressions import Attribute, Call, Expression, Name, Star
from ..facts.statements import Body, Function, walk
from ..program.symbols import ClassSymbol, FunctionSymbol
from ..program.values import Callable, Frame, Instance, Partial, Type
from ..program.values import Library as LibraryValue
from ..program.values import Value as KnownValue
from .estimators import FIT, FIT_TRANSFORM, PREDICT, SCORE
from .library import Library
from .machine import Activation
from .provenance import Thing
from .value import NOTHING, Value, container, joined

HANDED = Name("<handed>")  # what a library hands to a function
HANDED_ON = frozenset({"zscore", "transform-function"})  # what learns though only handed on
MAX_DEPTH = 7  # of calls within calls
MAX_CALLEES = 4  # of one call; with more it is not known whom it calls


class Functions(Library):
    """The part of the interpreter that follows calls into the project."""

    active: list[FunctionSymbol]
    visited: set[FunctionSymbol]
    nesting: dict[FunctionSymbol, bool]
    handed_calls: dict[int, Call]

    @abstractmethod
    def statements(self, body: Body) -> bool:
        """Carry out statements; return whether what follows is still reached."""

    def call(self, call: Call) -> Value:
        """Carry out a call."""
        function = call.func
        best = self.best_of(call)
        if best is not None:
            return best
        receiver = NOTHING
        if isinstance(function, Attribute):
            receiver = self.evaluate(function.value)
            if receiver.things:
                found = [self.call_of_thing(each, function.attr, call) for each in receiver.things]
                return joined(each for each in found if each is not None)
        elif not isinstance(function, Name) or self.is_bound(function.id):
            called = self.evaluate(function)
            if called.things:
                return joined(self.called_thing(each, call) for each in called.things)
        callees = self.evaluator.evaluate(function, self.activation.frame)
        callees = self.as_last_defined(function, callees)
        own = [each for each in callees if isinstance(each, Callable | Type | Partial)]
        if own and len(own) <= MAX_CALLEES:
            found = [self.call_of_own(each, call) for each in own]
            known = [each for each in found if each is not None]
            if known:
                return joined(known)
        names = tuple(each.name for each in callees if isinstance(each, LibraryValue))
        names = tuple(self.meanings.canonical(name) for name in names)
        if self.meanings.is_search(names):
            return self.searched(call)
        if receiver.regions:  # a method of rows is told by its own name: `read_csv(…)[…].shift`
            names = tuple(each for each in names if "()" not in each)
        result = self.library(names, call) if names else None
        if result is not None:
            return result
        if isinstance(function, Attribute):
            method = function.attr
            is_grouped = receiver.groups is not None  # pandas' transform, no estimator's
            guess = None if is_grouped else self.unknown_estimator(call, method)
            if guess is not None:
                return guess
            if receiver != NOTHING:
                return self.method(receiver, method, call)
        return self.call_library_value(function, call)

    def as_last_defined(
        self, function: Expression, callees: tuple[KnownValue, ...]
    ) -> tuple[KnownValue, ...]:
        """Return those of some functions of one name that the name means by now."""
        if len(callees) < 2 or not isinstance(function, Name):
            return callees
        latest = self.latest.get((self.scope_of(function.id), function.id))
        found = tuple(
            each
            for each in callees
            if isinstance(each, Callable) and each.function.statement is latest
        )
        return found if latest is not None and found else callees

    def call_of_own(self, callee: Callable | Type | Partial, call: Call) -> Value | None:
        """Call a function or class of the project."""
        match callee:
            case Callable():
                return self.invoke(callee, None, self.bind(callee, None, call), call)
            case Type(symbol):
                return self.instantiate(symbol, call)
            case Partial(Callable() as target):
                return self.invoke(target, None, self.bind(target, None, call), call)
        return None

    def instantiate(self, symbol: ClassSymbol, call: Call) -> Value:
        """Make an instance."""
        thing = Thing(self.spot(call), "instance", "", symbol)
        for each in self.evaluator.ancestry(symbol):
            if isinstance(each, ClassSymbol) and "__init__" in each.methods:
                target = Callable(each.methods["__init__"], Instance(symbol))
                itself = Value(things=frozenset({thing}))
                self.invoke(target, itself, self.bind(target, itself, call), call)
                break
        else:
            fields = [name for name in symbol.table if not name.startswith("__")]
            for name, argument in zip(fields, call.args, strict=False):
                self.state.set((thing, name), self.evaluate(argument))
            for keyword, argument in call.keywords:
                if keyword is not None:
                    self.state.set((thing, keyword), self.evaluate(argument))
        return Value(things=frozenset({thing}))

    def call_of_thing(self, thing: Thing, method: str, call: Call) -> Value | None:
        """Carry out a method of an estimator or of an instance of the project's class."""
        if not isinstance(thing.symbol, ClassSymbol):
            return self.method_of_thing(thing, method, call)
        itself = Value(things=frozenset({thing}))
        for each in self.evaluator.ancestry(thing.symbol):
            if isinstance(each, LibraryValue):
                return self.inherited(thing, each.name, method, call)
            found = each.methods.get(method)
            if found is not None:
                target = Callable(found, None if found.is_static else Instance(thing.symbol))
                receiver = None if found.is_static else itself
                return self.invoke(target, receiver, self.bind(target, receiver, call), call)
        kept = self.state.get((thing, method))  # a function or estimator in an attribute
        if kept is not None and kept.things:
            return joined(self.called_thing(each, call) for each in kept.things)
        return self.call_library_value(call.func, call)

    def inherited(self, thing: Thing, base: str, method: str, call: Call) -> Value:
        """Carry out a method that a class inherits from a library."""
        if method == "fit_transform":
            self.call_of_thing(thing, "fit", call)
            only_rows = call._replace(args=call.args[:1], keywords=())
            return self.call_of_thing(thing, "transform", only_rows) or NOTHING
        if method in FIT | FIT_TRANSFORM | PREDICT | SCORE:
            kind = self.meanings.of_class(base) or "unknown"
            return self.method_of_thing(thing._replace(kind=kind), method, call)
        return self.call_library_value(call.func, call)

    def called_thing(self, thing: Thing, call: Call) -> Value:
        """Carry out a call of an instance: of a model or layer."""
        if isinstance(thing.symbol, ClassSymbol):
            for name in ("__call__", "forward", "call"):
                for each in self.evaluator.ancestry(thing.symbol):
                    if isinstance(each, ClassSymbol) and name in each.methods:
                        return self.call_of_thing(thing, name, call) or NOTHING
        data = self.features(call)
        self.other_arguments(call)
        self.handed(call, call, [data])
        return self.transformed(data.flat, thing, call) if thing.kind != "model" else data.flat

    def bind(self, target: Callable, receiver: Value | None, call: Call) -> dict[str, Value]:
        """Return what each parameter is handed."""
        parameters = list(target.function.parameters)
        bound: dict[str, Value] = {}
        if parameters and (receiver is not None or target.receiver is not None):
            first = parameters.pop(0)
            bound[first.name] = receiver or NOTHING
        places = [each.name for each in parameters if each.kind in ("", "/")]
        handed: list[Value] = []
        for argument in call.args:
            value = self.evaluate(argument.value if isinstance(argument, Star) else argument)
            if isinstance(argument, Star):
                handed += [each for _, each in value.items or ()]
            else:
                handed.append(value)
        bound |= dict(zip(places, handed, strict=False))
        names = {each.name for each in parameters}
        more = {key: self.evaluate(each) for key, each in call.keywords if key is not None}
        for key, value in more.items():
            if key in names:
                bound[key] = value
        for each in parameters:
            if each.kind == "*":
                bound[each.name] = container(handed[len(places) :])
            elif each.kind == "**":
                rest = {key: value for key, value in more.items() if key not in names}
                bound[each.name] = Value(items=tuple(rest.items()))
        return bound

    def invoke(
        self, target: Callable, receiver: Value | None, bound: dict[str, Value], call: Call
    ) -> Value:
        """Carry out a function's body and return what it returns."""
        function = target.function
        if self.is_too_deep(function):
            self.handed(call, call, bound.values())
            if function in self.active:  # it gives what its other ways out give
                return NOTHING
            return joined(value.flat for value in bound.values() if not value.things)
        here = self.activation
        frame = thinned(self.evaluator.bind(target, call, here.frame))
        activation = Activation(frame, (*here.context, id(call)), self.outer_of(function))
        self.run(function, activation, bound)
        self.write_back(function, target, call, activation)
        return activation.returned

    def is_too_deep(self, function: FunctionSymbol) -> bool:
        """Tell whether a function is not followed: it is within itself, or within many others."""
        if function in self.active:
            return True
        is_deep = len(self.active) >= MAX_DEPTH
        if is_deep:
            self.evaluator.limits.meet("calls", self.active[0])
        return is_deep

    def run(
        self, function: FunctionSymbol, activation: Activation, bound: dict[str, Value]
    ) -> None:
        """Carry out a body in an activation, and forget its local names."""
        here, loops = self.activation, self.loops
        self.visited.add(function)
        self.active.append(function)
        activation.statement = here.statement
        activation.loops = here.loops + loops
        self.activation, self.loops = activation, 0
        try:
            for parameter in function.parameters:
                value = bound.get(parameter.name)
                if value is None:
                    value = self.evaluate(parameter.default)
                self.state.set((activation, parameter.name), value)
                activation.names.add(parameter.name)
            self.statements(function.body)
        finally:
            self.activation, self.loops = here, loops
            self.active.pop()
        if not self.keeps_names(function):
            self.state.forget((activation, name) for name in activation.names)

    def keeps_names(self, function: FunctionSymbol) -> bool:
        """Tell whether functions made within may need the local names later."""
        known = self.nesting.get(function)
        if known is None:
            known = any(isinstance(each, Function) for each in walk(function.body))
            self.nesting[function] = known
        return known

    def outer_of(self, function: FunctionSymbol) -> Activation | None:
        """Return the activation whose names a nested function sees."""
        if function.statement is None:  # a lambda is called where it stands, as a rule
            return self.activation
        current: Activation | None = self.activation
        while current is not None and current.frame.function is not function.outer:
            current = current.outer
        return current if function.outer is not None else None

    def write_back(
        self, function: FunctionSymbol, target: Callable, call: Call, activation: Activation
    ) -> None:
        """Change the caller's objects that the function has changed in place."""
        if not activation.changed:
            return
        names = [each.name for each in function.parameters if each.kind in ("", "/", "k")]
        places: Values[str] = names[1:] if target.receiver is not None else names
        handed: list[tuple[str, Expression]] = list(zip(places, call.args, strict=False))
        handed += [(key, each) for key, each in call.keywords if key is not None]
        for name, argument in handed:
            if name in activation.changed and isinstance(argument, Name | Attribute):
                self.change(argument, activation.changed[name])

    def call_handed(self, function: Expression, values: list[Value]) -> Value:
        """Carry out a function or lambda that is handed to a library."""
        found: list[Value] = []
        if isinstance(function, Attribute):
            things = self.evaluate(function.value).things
            if things and values:
                call = self.handed_calls.setdefault(id(function), one_argument(function))
                self.assign(HANDED, values[0])
                return joined(
                    self.call_of_thing(each, function.attr, call) or NOTHING for each in things
                )
        callees = self.evaluator.evaluate(function, self.activation.frame)
        for callee in self.as_last_defined(function, callees)[:MAX_CALLEES]:
            if isinstance(callee, Callable):
                names = [each.name for each in callee.function.parameters]
                bound = dict(zip(names, values, strict=False))
                call = Call(function, (), ())
                found.append(self.invoke_handed(callee, bound, function, call))
            elif (
                isinstance(callee, LibraryValue)
                and values
                and self.meanings.of_function(callee.name) in HANDED_ON
            ):
                call = self.handed_calls.setdefault(id(function), one_argument(function))
                self.assign(HANDED, values[0])
                found.append(self.library((callee.name,), call) or NOTHING)
        return joined(found)

    def invoke_handed(
        self, callee: Callable, bound: dict[str, Value], function: Expression, call: Call
    ) -> Value:
        """Carry out a function that a library calls."""
        symbol = callee.function
        if self.is_too_deep(symbol):
            return NOTHING
        frame = thinned(self.evaluator.bind(callee, call, self.activation.frame))
        context = (*self.activation.context, id(function))
        activation = Activation(frame, context, self.outer_of(symbol))
        if symbol.statement is None:
            activation.host = self.activation.statement
        self.run(symbol, activation, bound)
        return activation.returned

    @abstractmethod
    def is_bound(self, name: str) -> bool:
        """Tell whether a name has a value in the state."""


def one_argument(function: Expression) -> Call:
    """Return a call of a function on what a library hands it."""
    return Call(function, (HANDED,), ())


def thinned(frame: Frame) -> Frame:
    """Return a frame that keeps what can be called of what was handed, and not with what.

    Values are followed by the interpreter itself; frames that say less are met again more often.
    """
    bindings: list[tuple[str, tuple[KnownValue, ...]]] = []
    for name, values in frame.bindings:
        kept: list[KnownValue] = []
        for value in values:
            match value:
                case Instance(symbol):
                    kept.append(Instance(symbol))
                case Callable(function, _, None):
                    kept.append(Callable(function))
                case Type(symbol):
                    kept.append(Type(symbol))
                case LibraryValue(text) if text.count("(") < 2:
                    kept.append(LibraryValue(text))
                case Callable() | Partial():
                    kept.append(value)
        if kept:
            bindings.append((name, tuple(kept)))
    return Frame(frame.module, frame.function, tuple(bindings), frame.closure, 1)
