"""What an expression stands for, where it is evaluated.

Names have all the values that their scope gives them anywhere: the order of statements does not
count here (it does in dataflow). What a function was handed is known from the frame, so
``optimizer.step()`` in ``def train(model, optimizer)`` means the step of the optimizer that the
caller made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from ..facts.expressions import (
    Attribute,
    Call,
    Conditional,
    Constant,
    Expression,
    Lambda,
    Mapping,
    Name,
    Operation,
    Sequence,
    Subscript,
    Template,
    Wait,
    Walrus,
)
from .configs import Configs
from .imports import Modules
from .limits import Limits
from .names import Names
from .registries import Registries
from .symbols import lambda_symbol
from .texts import joined
from .values import MAX_VALUES, Callable, Frame, Instance, Library, Literal, Symbol, Value, Values

MAX_LEVEL = 40  # nested evaluations
# Evaluations that one question leads to. What is handed on through a thicket of functions is asked
# anew in each of their contexts, and of these there may be almost no end.
MAX_ASKED = 5_000  # in three projects that were counted, no question led to 1,000

# Evaluations after which calls are no more told apart by what they hand over. A project of a
# million lines with hundreds of programs takes two million; one in which everything may be anything
# (an algebra system) has no end.
MAX_KNOWN = 3_000_000

Key: TypeAlias = "tuple[int, Frame]"  # an expression's id, and where it is evaluated


class Evaluator(Names):
    """Evaluates expressions of one project."""

    def __init__(self, modules: Modules, configs: Configs) -> None:
        self.modules = modules
        self.configs = configs
        self.ancestries = {}
        self.namespaces = {}
        # With the expression, so that its id stays its own.
        self.known: dict[tuple[int, Frame], tuple[Expression, Values]] = {}
        self.provisional: dict[tuple[int, Frame], tuple[Expression, Values]] = {}
        self.active: set[tuple[int, Frame]] = set()
        self.importing = set()
        self.registries = Registries(self)
        self.cuts = 0  # how often a cycle was met
        self.asked = 0  # how many evaluations the question at hand has led to
        self.limits = Limits()
        self.returning = Counter()
        # Functions of the project whose meaning the user says: they are a library's, too.
        self.declared: dict[Symbol, Library] = {}

    def evaluate(self, expression: Expression | None, frame: Frame) -> Values:
        """Return what an expression may stand for; nothing if that is not known."""
        if expression is None:
            return ()
        key = (id(expression), frame)
        found = self.known.get(key) or self.provisional.get(key)
        if found is not None:
            return found[1]
        self.asked = self.asked + 1 if self.active else 1
        if key in self.active or len(self.active) > MAX_LEVEL or self.asked > MAX_ASKED:
            if key not in self.active:
                self.limits.meet("nesting", frame.function or frame.module)
            self.cuts += 1
            return ()
        before = self.cuts
        self.active.add(key)
        try:
            values = tuple(dict.fromkeys(self._evaluate(expression, frame)))
        finally:
            self.active.discard(key)
        if len(values) > MAX_VALUES:
            self.limits.meet("values", frame.function or frame.module)
            values = values[:MAX_VALUES]
        if self.declared:
            values += tuple(self.meanings(values))
        # What a cycle cut short may be more elsewhere; here, to ask again would take for ever.
        is_whole = values or self.cuts == before or not self.active
        (self.known if is_whole else self.provisional)[key] = expression, values
        if not self.active:
            self.provisional.clear()
        return values

    @property
    def is_full(self) -> bool:
        """Whether calls are no more told apart by what they hand over."""
        return len(self.known) > MAX_KNOWN

    def meanings(self, values: Values) -> Iterable[Library]:
        """Yield what the user says that functions and classes of the project are."""
        for value in values:
            symbol = getattr(value, "function", None) or getattr(value, "symbol", None)
            if symbol in self.declared and not isinstance(value, Instance):
                yield self.declared[symbol]

    def _evaluate(self, expression: Expression, frame: Frame) -> Iterable[Value]:
        match expression:
            case Name(name):
                return self.name(name, frame)
            case Attribute(Call(Name("super")), attr):
                return self.super_member(attr, frame)
            case Attribute(value, attr):
                found = [v for each in self.evaluate(value, frame) for v in self.member(each, attr)]
                return found + self.assigned_member(expression, frame)
            case Call(func):
                return [
                    value
                    for callee in self.evaluate(func, frame)
                    for value in self.result(callee, expression, frame)
                ]
            case Conditional(_, body, orelse):
                return self.evaluate(body, frame) + self.evaluate(orelse, frame)
            case Operation("or" | "and", operands):
                return [value for each in operands for value in self.evaluate(each, frame)]
            case Walrus(_, value) | Wait("await", value):
                return self.evaluate(value, frame)
            case Subscript(_, Constant("_target_")):
                targets = self.configs.targets(expression, ())
                return tuple(Literal(Constant(each), Frame(frame.module)) for each in targets)
            case Subscript(value, key):
                found = [v for e in self.evaluate(value, frame) for v in self.item(e, key, frame)]
                return found or self.appended(value, (), frame)
            case Lambda():
                line = frame.function.line if frame.function else 1
                symbol = lambda_symbol(frame.module, expression, line, frame.function)
                return (Callable(symbol, None, frame),)
            case Template(parts):
                choices = [
                    [str(each.value)] if isinstance(each, Constant) else self.texts(each, frame)
                    for each in parts
                ]
                return tuple(Literal(text, Frame(frame.module)) for text in joined(choices))
            case Operation("+", (left, right)):
                choices = [self.texts(left, frame), self.texts(right, frame)]
                return tuple(Literal(text, Frame(frame.module)) for text in joined(choices))
            case Constant() | Sequence() | Mapping():
                return (Literal(expression, frame),)
        return ()
