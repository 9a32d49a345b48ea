"""Which calls change a model's weights: by themselves, or in what they lead to."""

from __future__ import annotations

from ...facts.expressions import Attribute, Name, dotted, last_name
from ...program.activity import Site
from ...program.program import Program
from ...program.symbols import FunctionSymbol
from ...program.values import Callable, Frame, Instance, Partial, Type, Value

TRAINING_NAMES = ("train", "fit", "optimize", "update_model")


class Stepping:
    """Tells which calls of a project train."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.known: dict[FunctionSymbol, bool] = {}

    def steps(self, site: Site) -> bool:
        """Tell whether a call trains, or leads to one that does."""
        if self.is_step(site):
            return True
        if not site.values:  # not resolved: it may be a file that is not here
            name = last_name(site.call).lower()
            handed = [each for each in site.call.args if isinstance(each, Name | Attribute)]
            return bool(handed) and any(word in name for word in TRAINING_NAMES)
        return any(self._leads_there(value, site) for value in site.values)

    def is_step(self, site: Site) -> bool:
        """Tell whether a call itself is a backward pass, a step, or a trainer's loop."""
        knowledge, func = self.program.knowledge, site.call.func
        if isinstance(func, Attribute):
            if func.attr in ("backward", "manual_backward"):
                return True
            if func.attr == "step" and not site.values and "opt" in dotted(func).lower():
                return True
        return (
            knowledge.means("step", site.names)
            or knowledge.means("loop", site.names)
            or knowledge.owner(site.names) is not None
        )

    def _leads_there(self, value: Value, site: Site) -> bool:
        evaluator = self.program.evaluator
        match value:
            case Callable(function):
                return self._trains(function, evaluator.bind(value, site.call, site.frame))
            case Partial(Callable() as target):
                return self._leads_there(target, site)
            case Instance():
                methods = evaluator.called_method(value)
                return any(self._leads_there(e, site) for e in methods if isinstance(e, Callable))
            case Type():
                return False  # to make an object trains nothing
        return False

    def _trains(self, function: FunctionSymbol, frame: Frame) -> bool:
        found = self.known.get(function)
        if found is None:
            self.known[function] = False  # while it is looked into
            reach = self.program.explorer.explore([(frame, False)])
            found = self.known[function] = any(self.is_step(each) for each in reach.sites)
        return found
