"""What decorators put into the project's own registries: ``@MODELS.register`` and its like.

A registry begins as an empty dictionary. A decorator of the project, or what that returns, puts the
function or class that it decorates into it, itself or by a method that it hands that on to.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.expressions import (
    Attribute,
    Call,
    Expression,
    Mapping,
    Name,
    Subscript,
    calls,
)
from ..facts.statements import Assign, Class, Function, header, walk
from .calls import Calls
from .symbols import FunctionSymbol, Module, class_symbol, function_symbol
from .values import MAX_VALUES, Callable, Frame, Literal, Type, Value, Values

PUTTING = frozenset({"setdefault", "update", "append", "add"})
MAX_HANDS = 3  # through which what is decorated goes


class Registries:
    """Knows what is registered; looked for when a registry is first read.

    Args:
        evaluator: Knows what names mean.
    """

    def __init__(self, evaluator: Calls) -> None:
        self.evaluator = evaluator
        self.found: dict[Literal, dict[Value, None]] = {}
        self.waiting: Iterator[Module] | None = None  # modules that were not looked at yet
        self.is_looking = False
        self.known: dict[tuple[Callable, int, int], tuple[Literal, ...]] = {}

    def registered(self, container: Literal) -> Values:
        """Return what is put into a container that began empty, the first few.

        A registry of hundreds of models is looked for no further than it takes to know as many as
        are told apart.
        """
        if not may_be_registry(container):
            return ()
        if self.waiting is None:
            self.waiting = iter(tuple(self.evaluator.modules))
        while not self.is_looking and len(self.found.get(container, ())) < MAX_VALUES:
            module = next(self.waiting, None)
            if module is None:
                break
            self.is_looking = True  # what is asked on the way gets what is known by then
            try:
                self.look_into(module)
            finally:
                self.is_looking = False
        return tuple(self.found.get(container, ()))[:MAX_VALUES]

    def look_into(self, module: Module) -> None:
        """Note where the decorators of a module put what they decorate."""
        for value, decorator in decorated(module):
            for taker in self.evaluator.evaluate(decorator, Frame(module)):
                if isinstance(taker, Callable):
                    for each in self.destinations(taker, 0, MAX_HANDS):
                        self.found.setdefault(each, {})[value] = None

    def destinations(self, taker: Callable, position: int, hands: int) -> tuple[Literal, ...]:
        """Return the containers into which a function puts what it is handed.

        One decorator stands over hundreds of models: where it puts them is found once.
        """
        asked = taker, position, hands
        if asked not in self.known:
            self.known[asked] = ()  # while it is looked for
            self.known[asked] = tuple(dict.fromkeys(self._destinations(*asked)))
        return self.known[asked]

    def _destinations(self, taker: Callable, position: int, hands: int) -> Iterator[Literal]:
        function = taker.function
        bound = len(function.parameters) > 0 and taker.receiver is not None
        names = [each.name for each in function.parameters][int(bound) :]
        if hands == 0 or position >= len(names):
            return
        name = Name(names[position])
        frame = self.evaluator.bind(taker, Call(name, (), ()), Frame(function.module))
        for container in containers(function, name):
            for each in self.evaluator.evaluate(container, frame):
                if isinstance(each, Literal):
                    yield each
        for call in calls_with(function, name):
            for callee in self.evaluator.evaluate(call.func, frame):
                if isinstance(callee, Callable):
                    yield from self.destinations(callee, call.args.index(name), hands - 1)


def may_be_registry(container: Literal) -> bool:
    """Tell whether decorators can get at a container, which lives longer than a call.

    It is a module's or class's, it is closed over, or it is an object's with a method that puts
    something there.
    """
    function = container.frame.function
    if function is None or any(isinstance(each, Function) for each in walk(function.body)):
        return True
    methods = function.owner.methods.values() if function.owner else ()
    return any(
        True
        for method in methods
        for parameter in method.parameters
        for _ in containers(method, Name(parameter.name))
    )


def decorated(module: Module) -> Iterator[tuple[Value, Expression]]:
    """Yield the functions and classes of a module, each with each of its decorators."""
    for statement in walk(module.body):
        match statement:
            case Function():
                function = function_symbol(module, statement, None, None)
                yield from ((Callable(function), each) for each in statement.decorators)
            case Class():
                symbol = class_symbol(module, statement, None)
                yield from ((Type(symbol), each) for each in statement.decorators)


def containers(function: FunctionSymbol, name: Name) -> Iterator[Expression]:
    """Yield what a function puts a parameter into."""
    for statement in walk(function.body):
        match statement:
            case Assign(_, targets, Name() as value) if value == name:
                yield from (each.value for each in targets if isinstance(each, Subscript))
    for call in calls_with(function, name):
        if isinstance(call.func, Attribute) and call.func.attr in PUTTING:
            yield call.func.value


def calls_with(function: FunctionSymbol, name: Name) -> Iterator[Call]:
    """Yield the calls of a function that are handed one of its parameters by position."""
    for statement in walk(function.body):
        for call in calls(header(statement)):
            if name in call.args:
                yield call


def is_empty(value: Literal) -> bool:
    """Tell whether a value is a dictionary that is written out empty, to be filled later."""
    return isinstance(value.expression, Mapping) and not value.expression.pairs
