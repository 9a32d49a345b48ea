"""Whether calls save a model: by what they are, and by what they are handed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from ...closure import Closure
from ...facts.expressions import (
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
    dotted,
    last_name,
    subexpressions,
)
from ...knowledge import Knowledge
from ...program.activity import Site
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.values import Callable, Frame, Instance, Library, Literal, Value
from ..learning import is_network
from ..metrics import metrics_of
from ..origins import Given, Origins, place

# Methods whose result holds what their object holds: ``model.state_dict().items()``.
SAME_CONTENT = frozenset({"items", "values", "copy", "cpu", "detach", "clone", "to", "half"})
# What only a model is asked.
MODEL_METHODS = frozenset({"parameters", "named_parameters", "train", "eval"})
# Made of these, a value is no model: an optimizer's state, options, text.
NO_MODEL = ("argparse.", "builtins.str", "builtins.len", "time.", "datetime.", "sys.argv")
# Their state is none; an optimizer itself has the parameters in it.
STEPPING = ("torch.optim.", "torch.amp.", "torch.cuda.amp.")
IMAGE_AND_TEXT = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".pdf", ".svg", ".csv", ".json", ".jsonl", ".txt", ".html"}
    | {".yaml", ".yml", ".wav", ".mp3", ".mp4", ".avi", ".xlsx", ".tex", ".md", ".log"}
)
SAYS_SO = ("save", "checkpoint", "ckpt")
# How sure it is that a value holds a model.
HOLDS_NOT, MAY_HOLD, HOLDS = range(3)
Question = tuple[Given, bool]  # a value, and whether it counts what can't be known
RUNS = frozenset({"fit", "train", "run"})
EXPORTS = ("export", "push_to_hub", "serialize", "tofile")


def writes(site: Site, knowledge: Knowledge) -> bool:
    """Tell whether a call saves something, which may be a model for all that its name says."""
    names = site.names
    if knowledge.means("save-no-model", names):
        return False
    if any(knowledge.means(each, names) for each in ("save-first", "save-rest", "save")):
        return True
    # Of a library that is not known, or not resolved: its name is enough to stay silent. And what a
    # class inherits from a library that has nothing to save with is the project's, put on it.
    name = last_name(site.call).lower()
    is_plain = bool(names) and all(knowledge.means("plain", (each,)) for each in names)
    inherits = any(isinstance(each, Library) and each.receiver for each in site.values)
    if is_plain and not inherits:
        return False
    # The project's own is looked into instead, if there is anything in it.
    if site.values and not names and not all(map(does_nothing, site.values)):
        return False
    if name in RUNS and inherits and not is_plain:
        return True  # the loop is that of an unknown framework's class, and may keep what it likes
    says_so = any(word in name for word in SAYS_SO) or name in EXPORTS
    return says_so and not writes_text(site.call)


def does_nothing(value: Value) -> bool:
    """Tell whether what is called is a method that those which are meant override."""
    return isinstance(value, Callable) and value.function.is_abstract


class Saving(Origins):
    """Tells which calls of one program save a model."""

    def __init__(self, program: Program, graph: CallGraph) -> None:
        super().__init__(graph)
        self.knowledge = program.knowledge
        self.metrics = metrics_of(program, graph)
        self.levels: Closure[Question] = Closure(
            lambda each: (place(each[0]), each[1]), self._follow, HOLDS
        )

    def saves(self, site: Site) -> bool:
        """Tell whether a call saves a model, or may do so."""
        if not writes(site, self.knowledge):
            return False
        if self.knowledge.means("save-first", site.names):
            return self.may_hold_model(site.call.args[:1] or _values(site.call), site.frame)
        if self.knowledge.means("save-rest", site.names):
            return self.may_hold_model((*site.call.args[1:], *_values(site.call)), site.frame)
        return True

    def may_hold_model(self, values: tuple[Expression, ...], frame: Frame) -> bool:
        """Tell whether any of some values is a model's state, or can't be seen not to be."""
        return not values or any(self.holds(value, frame) is not False for value in values)

    def holds(self, expression: Expression, frame: Frame) -> bool | None:
        """Tell whether a value holds a model or its state; None if that is not known."""
        level = self.levels.level(((expression, frame), True))
        return None if level == MAY_HOLD else level == HOLDS

    def _follow(self, question: Question) -> Iterator[Question | int]:
        """Yield what makes a value hold a model if it does.

        What holds a model may hold metrics too: only where nothing is known do these say something.
        """
        given, counts_unknown = question
        is_asked = not counts_unknown
        for step in self._steps(given):
            if isinstance(step, int) and step != MAY_HOLD:
                yield step
                continue
            if not is_asked:  # only now, for it takes long, and a network shows at once
                counts_unknown, is_asked = not self.metrics.is_metric(*given), True
            if not isinstance(step, int):
                yield step, counts_unknown
            elif counts_unknown:
                yield step

    def _steps(self, given: Given) -> Iterator[Given | int]:
        """Yield what makes a value hold a model if it does, and how sure it is by itself."""
        expression, frame = given
        values = self.evaluator.evaluate(expression, frame)
        if any(is_network(value, self.evaluator) for value in values):
            yield HOLDS
        if self.is_used_as_model(expression, frame):
            yield HOLDS
        meanings = [each for value in values for each in self._meaning(expression, value)]
        if meanings and MAY_HOLD not in meanings:
            yield from meanings
            if not any(is_container(value) for value in values):
                return  # and a container may be filled after it was made
        match expression:
            case Constant() | Operation() | Compare() | Template():
                pass
            case Mapping(pairs):
                yield from ((value, frame) for _, value in pairs)
            case Sequence(_, items):
                yield from ((item, frame) for item in items)
            case Conditional(_, body, orelse):
                yield from ((body, frame), (orelse, frame))
            case Comprehension(_, element, loops):
                yield from ((source, frame) for _, source, _ in loops)
                yield element, frame
            case Star(value) | Subscript(value):
                yield value, frame
            case Name():
                given_here = list(self.origins(expression, frame))
                yield from given_here
                if not given_here:
                    yield MAY_HOLD
            case Call(Attribute(_, "state_dict")) as call if not self.evaluator.evaluate(
                call.func, frame
            ):
                yield HOLDS  # of what is not known, and so of a model for all one can tell
            case Call(Attribute(subject, method)) if method in SAME_CONTENT:
                yield subject, frame
            case Call():
                yield from self._call(expression, frame)
            case _:
                yield MAY_HOLD

    def is_used_as_model(self, expression: Expression, frame: Frame) -> bool:
        """Tell whether a name is asked for its parameters or its mode, as only a model is."""
        subject = dotted(expression)
        owners = (owner_of(frame), frame.module) if subject else ()
        return any(
            isinstance(site.call.func, Attribute) and site.call.func.attr in MODEL_METHODS
            for owner in owners
            for site in self.graph.calls_on(owner, subject)
        )

    @staticmethod
    def _meaning(expression: Expression, value: Value) -> Iterator[Given | int]:
        """Yield what follows from what an expression stands for."""
        match value:
            case Library(name) if name.startswith(NO_MODEL):
                yield HOLDS_NOT
            case Library(name) if name.endswith(".state_dict()"):
                yield HOLDS_NOT if name.startswith(STEPPING) else HOLDS
            case Literal(inner, where) if inner is not expression:
                yield inner, where
            case Instance() | Library():
                yield MAY_HOLD

    def _call(self, call: Call, frame: Frame) -> Iterator[Given | int]:
        returned = list(self.returned(call, frame))
        if returned:
            yield from returned
            return
        values = self.evaluator.evaluate(call.func, frame)
        names = [value.name for value in values if isinstance(value, Library)]
        if names and all(name.startswith(("builtins.", "copy.", "collections.")) for name in names):
            yield from ((each, frame) for each in (*call.args, *_values(call)))
        else:
            yield MAY_HOLD


def _values(call: Call) -> tuple[Expression, ...]:
    return tuple(value for _, value in call.keywords)


def is_container(value: Value) -> bool:
    """Tell whether a value is a dictionary or list that is written out."""
    return isinstance(value, Literal) and isinstance(value.expression, Mapping | Sequence)


def writes_text(call: Call) -> bool:
    """Tell whether a file name in a call is one of a picture, table or text."""
    for part in subexpressions((call.args, _values(call))):
        if isinstance(part, Constant) and isinstance(part.value, str):
            suffix = PurePath(part.value).suffix.lower() if len(part.value) < 300 else ""
            if suffix in IMAGE_AND_TEXT:
                return True
    return False
