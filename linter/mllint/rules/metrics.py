"""Which values are metrics: losses, scores and learning rates, found by where they come from.

A value is followed back through names, attributes, containers, arithmetic, the project's own
functions and what those are handed, until it is a loss function's, a metric's or an optimizer's; or
what ``backward`` was called on; or a count of predictions that are right. What it is called does
not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..closure import Closure
from ..facts.expressions import (
    Attribute,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Mapping,
    Name,
    Operation,
    Sequence,
    Star,
    Subscript,
    Template,
    Wait,
    Walrus,
    dotted,
    subexpressions,
)
from ..facts.statements import Assign
from ..program.activity import Site
from ..program.graph import CallGraph, owner_of
from ..program.program import Program
from ..program.steps import calls_method
from ..program.symbols import Owner
from ..program.values import Frame, Instance, Library, Literal
from .losses import DIFFERENTIATING, differentiated, loss_names, terms
from .origins import Given, Origins, place

# Methods that give the number that they are called on, or one made of it alone.
SAME_VALUE = frozenset(
    {"item", "detach", "cpu", "cuda", "numpy", "float", "double", "half", "to", "tolist", "data"}
    | {"mean", "sum", "min", "max", "squeeze", "clone", "get", "pop", "values", "items", "copy"}
    | {"format", "join", "round", "sqrt", "exp", "log", "abs", "compute", "result", "T", "view"}
)
ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**", "or", "and"})
PREDICTING = frozenset({"argmax", "max", "topk", "round", "predict", "sign", "ge", "gt"})
AGREEING = frozenset({"eq", "equal"})


class Metrics(Origins):
    """Tells which values of one program are metrics.

    Args:
        program: The program.
        graph: Its calls.
        meaning: ``metric``, or ``rate`` if only learning rates are asked for.
    """

    def __init__(self, program: Program, graph: CallGraph, meaning: str = "metric") -> None:
        super().__init__(graph)
        self.meaning = meaning
        self.knowledge = program.knowledge
        self.metrics: Closure[Given] = Closure(place, self._steps)
        self.predictions: dict[tuple[int, Frame, int], tuple[Expression, bool]] = {}
        self.losses: dict[Owner, set[str]] = {}
        differentiating = graph.reach.where(calls_method, *DIFFERENTIATING)
        for site in differentiating if meaning == "metric" else ():
            owner = owner_of(site.frame)
            for each in differentiated(site.call):
                names = self.losses.setdefault(owner, set())
                names.update(terms(loss_names(each, owner), owner))

    def is_metric(self, expression: Expression | None, frame: Frame) -> bool:
        """Tell whether an expression is, or holds, a metric."""
        return expression is not None and bool(self.metrics.level((expression, frame)))

    def are_handed(self, site: Site) -> bool:
        """Tell whether a call is handed a metric."""
        handed = (*site.call.args, *(value for key, value in site.call.keywords if key != "file"))
        return any(self.is_metric(each, site.frame) for each in handed)

    def names_in(self, site: Site) -> list[str]:
        """Return the names of the metrics that a call is handed, as they are written."""
        parts = subexpressions((site.call.args, tuple(value for _, value in site.call.keywords)))
        found = [
            dotted(each)
            for each in parts
            if isinstance(each, Name | Attribute) and self.is_metric(each, site.frame)
        ]
        names = [each for each in dict.fromkeys(found) if each not in ("", "self", "cls")]
        # Of loss.item() the loss is what is meant.
        return [each for each in names if each.rpartition(".")[0] not in names]

    def _steps(self, given: Given) -> Iterator[Given | int]:
        """Yield what makes a value a metric if it is one, and true where it is one by itself."""
        expression, frame = given
        match expression:
            case Name() | Attribute():
                text = dotted(expression)
                if text and text in self.losses.get(owner_of(frame), ()):
                    yield True
                if self.meaning == "metric" and is_reward(expression, owner_of(frame)):
                    yield True
                yield from self._meanings(expression, frame)
                if isinstance(expression, Name):
                    yield from self.origins(expression, frame)
                else:
                    yield from self._attribute(expression, frame)
            case Call():
                yield from self._call(expression, frame)
            case Operation(operator, operands) if operator in ARITHMETIC:
                yield from ((each, frame) for each in operands)
            case Conditional(_, body, orelse):
                yield from ((body, frame), (orelse, frame))
            case Template(parts) | Sequence(_, parts):
                yield from ((each, frame) for each in parts)
            case Mapping(pairs):
                yield from ((value, frame) for _, value in pairs)
            case Star(value) | Wait(_, value) | Walrus(_, value) | Comprehension(_, value):
                if value is not None:
                    yield value, frame
            case Subscript(value, key):
                yield from self._meanings(expression, frame)
                chosen = self.item(value, key, frame)
                yield from [(value, frame)] if chosen is None else chosen
                yield from self.put_into(value, frame)
            case Compare(left, (("==", right),)):
                yield self._predicts(left, frame) or self._predicts(right, frame)

    def returned(self, call: Call, frame: Frame) -> Iterator[Given]:
        """Yield what a call gives back: of a session's run, what it is told to fetch."""
        yield from super().returned(call, frame)
        values = self.evaluator.evaluate(call.func, frame)
        names = [value.name for value in values if isinstance(value, Library)]
        if call.args and self.knowledge.means("fetch", names):
            yield call.args[0], frame

    def item(self, value: Expression, key: Expression, frame: Frame) -> list[Given] | None:
        """Return an entry of a dictionary that is written out, or an item of what a call gives."""
        found = super().item(value, key, frame)
        if found is None and isinstance(value, Name) and isinstance(key, Constant):
            place = key.value
            found = [
                (each.items[place], there)
                for made, inner in self.origins(value, frame)
                if isinstance(made, Call)
                for each, there in self.returned(made, inner)
                if isinstance(each, Sequence) and type(place) is int
                if -len(each.items) <= place < len(each.items)
            ]
        return found or None

    def _meanings(self, expression: Expression, frame: Frame) -> Iterator[Given | int]:
        """Yield what an expression stands for: a library's metric, a literal, what a meter got."""
        for value in self.evaluator.evaluate(expression, frame):
            if isinstance(value, Library) and self.knowledge.means(self.meaning, (value.name,)):
                yield True
            if isinstance(value, Literal) and value.expression is not expression:
                yield value.expression, value.frame
            elif isinstance(value, Instance):
                yield from self._gathered(expression, value, frame)

    def _attribute(self, expression: Attribute, frame: Frame) -> Iterator[Given]:
        if expression.attr in SAME_VALUE:
            yield expression.value, frame
        for value in self.evaluator.evaluate(expression.value, frame):
            if not isinstance(value, Instance):
                continue
            own = self._fed_here(expression.value, value, frame)
            if own:
                yield from handed_by(own)
                continue
            for symbol in self.evaluator.ancestry(value.symbol):
                if isinstance(symbol, Library):
                    continue
                for method, entry in symbol.attributes.get(expression.attr, ()):
                    yield from self.given(entry, self.evaluator.frame_of_method(method, value))
                for method in symbol.methods.values():
                    if method.parameters and not method.is_static:
                        part = Attribute(Name(method.parameters[0].name), expression.attr)
                        yield from self.put_into(
                            part, self.evaluator.frame_of_method(method, value)
                        )

    def _gathered(
        self, expression: Expression, instance: Instance, frame: Frame
    ) -> Iterator[Given]:
        """Yield what an object's methods are handed: if metrics, it is a meter."""
        if is_receiver(expression, frame):
            return
        own = self._fed_here(expression, instance, frame)
        if own:
            yield from handed_by(own)
            return
        for name, method in instance.symbol.methods.items():
            if name not in ("__init__", "forward", "__call__"):
                yield from handed_by(self.graph.callers.get(method, ()))

    def _fed_here(self, meter: Expression, instance: Instance, frame: Frame) -> list[Site]:
        """Return the calls of a meter's methods with arguments in the function at hand.

        Not those that a method makes on its own object: what that is handed is not all that it has.
        """
        if is_receiver(meter, frame):
            return []
        return [
            site
            for site in self.graph.calls_on(owner_of(frame), dotted(meter))
            if site.call.args
            and isinstance(site.call.func, Attribute)
            and site.call.func.attr in instance.symbol.methods
        ]

    def _call(self, call: Call, frame: Frame) -> Iterator[Given | int]:
        yield from self._meanings(call, frame)
        callees = self.evaluator.evaluate(call.func, frame)
        names = [value.name for value in callees if isinstance(value, Library)]
        if self.knowledge.means("same-value", names):
            yield from ((each, frame) for each in call.args)
        if isinstance(call.func, Attribute):
            subject, method = call.func
            if method in AGREEING:
                yield any(self._predicts(each, frame) for each in (subject, *call.args))
            if method in SAME_VALUE:
                handed = call.args if method in ("format", "join") else ()
                keywords = [value for _, value in call.keywords] if handed or not call.args else []
                yield from ((each, frame) for each in (subject, *handed, *keywords))
        yield from self.returned(call, frame)

    def _predicts(self, expression: Expression, frame: Frame, depth: int = 0) -> bool:
        """Tell whether a value is a prediction: the likeliest class, or a rounded output."""
        if self.meaning != "metric":
            return False
        key = (id(expression), frame, depth)
        found = self.predictions.get(key)
        if found is None:
            answer = self._has_prediction(expression, frame, depth)
            found = self.predictions[key] = expression, answer
        return found[1]

    def _has_prediction(self, expression: Expression, frame: Frame, depth: int) -> bool:
        for part in subexpressions(expression):
            if isinstance(part, Call):
                name = part.func[-1] if isinstance(part.func, Name | Attribute) else ""
                values = self.evaluator.evaluate(part.func, frame)
                if name in PREDICTING and Library(f"builtins.{name}") not in values:
                    return True
            elif isinstance(part, Name) and depth < 3:
                for value, inner in self.origins(part, frame):
                    if self._predicts(value, inner, depth + 1):
                        return True
        return False


def metrics_of(program: Program, graph: CallGraph, meaning: str = "metric") -> Metrics:
    """Return what tells which values of a program are metrics; the same for all who ask."""
    return graph.once((Metrics, meaning), lambda: Metrics(program, graph, meaning))


def is_receiver(expression: Expression, frame: Frame) -> bool:
    """Tell whether an expression is the object whose method is carried out."""
    function = frame.function
    return (
        isinstance(expression, Name)
        and function is not None
        and function.owner is not None
        and not function.is_static
        and [each.name for each in function.parameters][:1] == [expression.id]
    )


def is_reward(expression: Expression, owner: Owner) -> bool:
    """Tell whether a name is what an environment's step pays: the second of four or five items."""
    if not isinstance(expression, Name):
        return False
    for entry in owner.table.get(expression.id, ()):
        match entry.value, entry.path, entry.statement:
            case Call(Attribute(_, "step"), (_, *_)), (1,), Assign(_, (Sequence(_, items),)):
                return len(items) in (4, 5)
    return False


def handed_by(sites: Iterable[Site]) -> Iterator[Given]:
    """Yield what calls hand over by position."""
    return ((each, site.frame) for site in sites for each in site.call.args)
