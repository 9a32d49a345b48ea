"""Whether calls save a model: by what they are, and by what they are handed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

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
    subexpressions,
)
from ...program.activity import Site
from ...program.graph import CallGraph
from ...program.program import Program
from ...program.training import last_name
from ...program.values import Frame, Instance, Library, Literal
from ..learning import is_network
from ..metrics import Metrics
from ..origins import Given, Origins

# Methods whose result holds what their object holds: ``model.state_dict().items()``.
SAME_CONTENT = frozenset({"items", "values", "copy", "cpu", "detach", "clone", "to", "half"})
# Made of these, a value is no model: an optimizer's state, options, text.
NO_MODEL = ("argparse.", "builtins.str", "builtins.len", "time.", "datetime.", "sys.argv")
# Their state is none; an optimizer itself has the parameters in it.
STEPPING = ("torch.optim.", "torch.amp.", "torch.cuda.amp.")
IMAGE_AND_TEXT = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".pdf", ".svg", ".csv", ".json", ".jsonl", ".txt", ".html"}
    | {".yaml", ".yml", ".wav", ".mp3", ".mp4", ".avi", ".xlsx", ".tex", ".md", ".log"}
)
SAYS_SO = ("save", "checkpoint", "ckpt")
EXPORTS = ("export", "push_to_hub", "serialize")


class Saving(Origins):
    """Tells which calls of one program save a model."""

    def __init__(self, program: Program, graph: CallGraph) -> None:
        super().__init__(graph)
        self.knowledge = program.knowledge
        self.metrics = Metrics(program, graph)
        self.active: set[int] = set()

    def saves(self, site: Site) -> bool:
        """Tell whether a call saves a model, or may do so."""
        knowledge, names = self.knowledge, site.names
        if knowledge.means("save-no-model", names):
            return False
        if knowledge.means("save-first", names):
            return self.may_hold_model(site.call.args[:1] or _values(site.call), site.frame)
        if knowledge.means("save-rest", names):
            return self.may_hold_model((*site.call.args[1:], *_values(site.call)), site.frame)
        if knowledge.means("save", names):
            return True
        # Of a library that is not known, or not resolved: its name is enough to stay silent.
        if names and all(knowledge.means("plain", (name,)) for name in names):
            return False
        if site.values and not names:  # the project's own: it is looked into instead
            return False
        name = last_name(site.call).lower()
        return (any(word in name for word in SAYS_SO) or name in EXPORTS) and not writes_text(
            site.call
        )

    def may_hold_model(self, values: tuple[Expression, ...], frame: Frame) -> bool:
        """Tell whether any of some values is a model's state, or can't be seen not to be."""
        return not values or any(self.holds(value, frame) is not False for value in values)

    def holds(self, expression: Expression, frame: Frame) -> bool | None:
        """Tell whether a value holds a model or its state; None if that is not known."""
        if id(expression) in self.active or len(self.active) > 20:
            return False  # a name that is given itself adds nothing
        self.active.add(id(expression))
        try:
            found = self._holds(expression, frame)
        finally:
            self.active.discard(id(expression))
        # What holds a model may hold metrics too: only of what is not known do these say anything.
        return False if found is None and self.metrics.is_metric(expression, frame) else found

    def _holds(self, expression: Expression, frame: Frame) -> bool | None:
        known = self._known(expression, frame)
        if known is not None:
            return known
        match expression:
            case Constant() | Operation() | Compare() | Template():
                return False
            case Mapping(pairs):
                return self._together((value, frame) for _, value in pairs)
            case Sequence(_, items):
                return self._together((item, frame) for item in items)
            case Conditional(_, body, orelse):
                return self._together([(body, frame), (orelse, frame)])
            case Comprehension(_, element, loops):
                sources = [(source, frame) for _, source, _ in loops]
                return self._together([*sources, (element, frame)])
            case Star(value) | Subscript(value):
                return self.holds(value, frame)
            case Name():
                return self._together([*self.origins(expression, frame)], unknown=True)
            case Call(Attribute(subject, method)) if method in SAME_CONTENT:
                return self.holds(subject, frame)
            case Call():
                return self._call(expression, frame)
        return None

    def _known(self, expression: Expression, frame: Frame) -> bool | None:
        found: list[bool | None] = []
        for value in self.evaluator.evaluate(expression, frame):
            if is_network(value, self.evaluator):
                return True
            match value:
                case Library(name) if name.startswith(NO_MODEL):
                    found.append(False)
                case Library(name) if name.endswith(".state_dict()"):
                    found.append(not name.startswith(STEPPING))
                case Literal(inner, where) if inner is not expression:
                    found.append(self.holds(inner, where))
                case Instance() | Library():
                    found.append(None)
        if any(found):
            return True
        return False if found and None not in found else None

    def _call(self, call: Call, frame: Frame) -> bool | None:
        returned = list(self.returned(call, frame))
        if returned:
            return self._together(returned, unknown=True)
        values = self.evaluator.evaluate(call.func, frame)
        names = [value.name for value in values if isinstance(value, Library)]
        if names and all(name.startswith(("builtins.", "copy.", "collections.")) for name in names):
            handed = [(each, frame) for each in (*call.args, *_values(call))]
            return self._together(handed)
        return None

    def _together(self, given: Iterator[Given] | list[Given], unknown: bool = False) -> bool | None:
        """Tell whether any of several values holds a model.

        Args:
            given: The values.
            unknown: Whether nothing at all may be anything.
        """
        found = [self.holds(value, frame) for value, frame in given]
        if any(found):
            return True
        return None if None in found or (unknown and not found) else False


def _values(call: Call) -> tuple[Expression, ...]:
    return tuple(value for _, value in call.keywords)


def writes_text(call: Call) -> bool:
    """Tell whether a file name in a call is one of a picture, table or text."""
    for part in subexpressions((call.args, _values(call))):
        if isinstance(part, Constant) and isinstance(part.value, str):
            suffix = PurePath(part.value).suffix.lower() if len(part.value) < 300 else ""
            if suffix in IMAGE_AND_TEXT:
                return True
    return False
