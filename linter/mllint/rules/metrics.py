"""Which values are metrics: losses, scores and learning rates, found by where they come from.

A value is followed back through names, attributes, containers, arithmetic, the project's own
functions and what those are handed, until it is a loss function's, a metric's or an optimizer's; or
what ``backward`` was called on; or a count of predictions that are right. What it is called does
not matter.
"""

from __future__ import annotations

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
from ..program.activity import Site
from ..program.graph import CallGraph, Owner, owner_of
from ..program.program import Program
from ..program.values import Frame, Instance, Library, Literal
from .losses import differentiated, loss_names
from .origins import Origins

# Methods that give the number that they are called on, or one made of it alone.
SAME_VALUE = frozenset(
    {"item", "detach", "cpu", "cuda", "numpy", "float", "double", "half", "to", "tolist", "data"}
    | {"mean", "sum", "min", "max", "squeeze", "clone", "get", "pop", "values", "items", "copy"}
    | {"format", "join", "round", "sqrt", "exp", "log", "abs", "compute", "result", "T", "view"}
)
ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**", "or", "and"})
PREDICTING = frozenset({"argmax", "max", "topk", "round", "predict", "sign", "ge", "gt"})
AGREEING = frozenset({"eq", "equal"})
MAX_LEVEL = 24  # of names followed
MAX_WORK = 4_000  # expressions looked at for one question


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
        self.known: dict[tuple[int, Frame], tuple[Expression, bool]] = {}
        self.active: set[tuple[int, Frame]] = set()
        self.work = 0
        self.losses: dict[Owner, set[str]] = {}
        for owner, sites in graph.sites.items() if meaning == "metric" else ():
            for site in sites:
                for each in differentiated(site.call):
                    self.losses.setdefault(owner, set()).update(loss_names(each))

    def is_metric(self, expression: Expression | None, frame: Frame) -> bool:
        """Tell whether an expression is, or holds, a metric."""
        self.work = 0
        return self._is_metric(expression, frame)

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
        names = [each for each in dict.fromkeys(found) if each]
        # Of loss.item() the loss is what is meant.
        return [each for each in names if each.rpartition(".")[0] not in names]

    def _is_metric(self, expression: Expression | None, frame: Frame) -> bool:
        if expression is None or isinstance(expression, Constant):
            return False
        key = (id(expression), frame)
        found = self.known.get(key)
        if found is not None:
            return found[1]
        self.work += 1
        if key in self.active or len(self.active) > MAX_LEVEL or self.work > MAX_WORK:
            return False
        self.active.add(key)
        try:
            answer = self._follow(expression, frame)
        finally:
            self.active.discard(key)
        if answer or not self.active:
            self.known[key] = expression, answer
        return answer

    def _any(self, expressions: object, frame: Frame) -> bool:
        parts: tuple[Expression, ...] = tuple(expressions)  # type: ignore[arg-type]
        return any(self._is_metric(each, frame) for each in parts)

    def _follow(self, expression: Expression, frame: Frame) -> bool:
        match expression:
            case Name() | Attribute():
                text = dotted(expression)
                if text and text in self.losses.get(owner_of(frame), ()):
                    return True
                if self._is_known(expression, frame):
                    return True
                if isinstance(expression, Name):
                    return any(self._is_metric(*each) for each in self.origins(expression, frame))
                return self._attribute(expression, frame)
            case Call():
                return self._call(expression, frame)
            case Operation(operator, operands):
                return operator in ARITHMETIC and self._any(operands, frame)
            case Conditional(_, body, orelse):
                return self._any((body, orelse), frame)
            case Template(parts) | Sequence(_, parts):
                return self._any(parts, frame)
            case Mapping(pairs):
                return self._any((value for _, value in pairs), frame)
            case Star(value) | Wait(_, value) | Walrus(_, value) | Comprehension(_, value):
                return self._is_metric(value, frame)
            case Subscript(value, key):
                if self._is_known(expression, frame):
                    return True
                chosen = self.item(value, key, frame)
                if chosen is not None:
                    return any(self._is_metric(*each) for each in chosen)
                return self._is_metric(value, frame)
            case Compare(left, (("==", right),)):
                return self._predicts(left, frame) or self._predicts(right, frame)
        return False

    def _is_known(self, expression: Expression, frame: Frame) -> bool:
        """Tell whether an expression stands for a metric of a library, or a literal with one."""
        for value in self.evaluator.evaluate(expression, frame):
            if isinstance(value, Library) and self.knowledge.means(self.meaning, (value.name,)):
                return True
            if isinstance(value, Literal) and value.expression is not expression:
                if self._is_metric(value.expression, value.frame):
                    return True
            elif isinstance(value, Instance) and self._gathers(expression, value, frame):
                return True
        return False

    def _attribute(self, expression: Attribute, frame: Frame) -> bool:
        if expression.attr in SAME_VALUE and self._is_metric(expression.value, frame):
            return True
        for value in self.evaluator.evaluate(expression.value, frame):
            if not isinstance(value, Instance):
                continue
            own = self._fed_here(expression.value, value, frame)
            if own:
                return any(self.are_fed(site) for site in own)
            for symbol in self.evaluator.ancestry(value.symbol):
                if isinstance(symbol, Library):
                    continue
                for method, entry in symbol.attributes.get(expression.attr, ()):
                    inner = self.evaluator.frame_of_method(method, value)
                    if any(self._is_metric(*each) for each in self.given(entry, inner)):
                        return True
                for method in symbol.methods.values():
                    if method.parameters and not method.is_static:
                        part = Attribute(Name(method.parameters[0].name), expression.attr)
                        inner = self.evaluator.frame_of_method(method, value)
                        if any(self._is_metric(*each) for each in self.put_into(part, inner)):
                            return True
        return False

    def _gathers(self, expression: Expression, instance: Instance, frame: Frame) -> bool:
        """Tell whether an object is a meter: its methods are handed metrics."""
        own = self._fed_here(expression, instance, frame)
        if own:
            return any(self.are_fed(site) for site in own)
        return any(
            self.are_fed(site)
            for name, method in instance.symbol.methods.items()
            if name not in ("__init__", "forward", "__call__")
            for site in self.graph.callers.get(method, ())
        )

    def _fed_here(self, meter: Expression, instance: Instance, frame: Frame) -> list[Site]:
        """Return the calls of a meter's methods with arguments in the function at hand."""
        text = dotted(meter)
        return [
            site
            for site in self.graph.sites.get(owner_of(frame), ())
            if text
            and site.call.args
            and isinstance(site.call.func, Attribute)
            and dotted(site.call.func.value) == text
            and site.call.func.attr in instance.symbol.methods
        ]

    def are_fed(self, site: Site) -> bool:
        """Tell whether a call hands a metric on."""
        return any(self._is_metric(each, site.frame) for each in site.call.args)

    def _call(self, call: Call, frame: Frame) -> bool:
        if self._is_known(call, frame):
            return True
        callees = self.evaluator.evaluate(call.func, frame)
        names = [value.name for value in callees if isinstance(value, Library)]
        if self.knowledge.means("same-value", names) and self._any(call.args, frame):
            return True
        if isinstance(call.func, Attribute):
            subject, method = call.func
            if method in AGREEING and (
                self._predicts(subject, frame) or any(self._predicts(a, frame) for a in call.args)
            ):
                return True
            if method in SAME_VALUE:
                handed = call.args if method in ("format", "join") else ()
                keywords = [value for _, value in call.keywords] if handed or not call.args else []
                if self._any((subject, *handed, *keywords), frame):
                    return True
        return any(self._is_metric(*each) for each in self.returned(call, frame))

    def _predicts(self, expression: Expression, frame: Frame, depth: int = 0) -> bool:
        """Tell whether a value is a prediction: the likeliest class, or a rounded output."""
        if self.meaning != "metric":
            return False
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
