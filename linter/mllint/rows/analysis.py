"""Carries out a program's modules and functions, and keeps what happened to rows in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..facts.expressions import Constant
from ..program.program import Program
from ..program.symbols import ClassSymbol, FunctionSymbol, Owner
from ..program.values import Frame
from .events import Events
from .interpreter import Interpreter
from .machine import Activation, OutOfBudgetError
from .meanings import Meanings
from .provenance import Spot, Thing
from .relevance import plan, relevant_modules
from .value import NOTHING, Value

BUDGET = 40_000  # expressions of one module or function
WHOLE_BUDGET = 400_000  # of a program …
EACH_BUDGET = 4_000  # … and for each module more: a folder of notebooks is many programs


def rows_of(program: Program) -> Events:
    """Return what happens to rows in a program; found once."""
    found: Events | None = getattr(program, "_rows", None)
    if found is None:
        found = Analysis(program).run()
        program._rows = found  # type: ignore[attr-defined]
    return found


class Analysis:
    """Finds what happens to rows.

    Args:
        program: The program.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.events = Events()
        self.interpreter = Interpreter(program.evaluator, Meanings(program.knowledge), self.events)
        self.left = WHOLE_BUDGET

    def run(self) -> Events:
        """Carry out every module, and then the functions that nothing has called."""
        modules = relevant_modules(self.program)
        self.left += EACH_BUDGET * len(modules)
        for module in modules:
            self.carry_out(module, partial(self.interpreter.import_module, module))
        called, begun = plan(modules)
        later = [each for each in begun if each[0].name.rpartition(".")[2] in called]
        for function, owner in begun:
            if function.name.rpartition(".")[2] not in called:
                self.begin(function, owner)
        for function, owner in later:
            self.begin(function, owner)
        return self.events

    def begin(self, function: FunctionSymbol, owner: ClassSymbol | None) -> None:
        """Carry out a function of which it is not known who calls it."""
        if function in self.interpreter.visited:
            return
        self.carry_out(function, partial(self.call, function, owner))

    def call(self, function: FunctionSymbol, owner: ClassSymbol | None) -> None:
        """Hand a function rows of its own for each parameter, and let go what it returns."""
        interpreter = self.interpreter
        interpreter.activation = Activation(Frame(function.module))
        statement = function.statement
        assert statement is not None
        interpreter.activation.statement = statement
        bound = {
            each.name: interpreter.origin(each, (), "parameter")
            for each in function.parameters
            if each.default is None
        }
        for each in function.parameters:  # a flag's default is not what callers hand over
            if isinstance(each.default, Constant) and each.default.value in (None, True, False):
                bound[each.name] = NOTHING
        if owner is not None and not function.is_static and function.parameters:
            spot = Spot(function.module, owner.statement, owner.statement)
            thing = Thing(spot, "instance", "", owner)
            bound[function.parameters[0].name] = Value(things=frozenset({thing}))
        activation = Activation(Frame(function.module, function))
        interpreter.run(function, activation, bound)
        interpreter.handed(None, statement, [activation.returned])

    def carry_out(self, owner: Owner, action: Callable[[], None]) -> None:
        """Carry out a function's or module's statements, within the budget."""
        interpreter = self.interpreter
        interpreter.budget = granted = min(BUDGET, self.left)
        try:
            action()
        except (OutOfBudgetError, RecursionError):
            self.program.evaluator.limits.meet("rows", owner)
            interpreter.active.clear()
            interpreter.loops = 0
            interpreter.jumps.clear()
            interpreter.state.settle()
        self.left -= granted - max(interpreter.budget, 0)
