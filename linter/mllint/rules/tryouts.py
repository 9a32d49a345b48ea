"""Programs that show that a model can be trained: nothing is learnt.

Such are the one step under a module's ``__main__``, and the example that fits draws to draws.
Nothing of them is worth keeping, comparing or having again. What is learnt from a toy, such as four
rows that are written out, is not worth keeping, but may well be had again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..closure import Closure
from ..facts.expressions import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Name,
    Operation,
    Sequence,
    Subscript,
)
from ..program.activity import Site
from ..program.graph import CallGraph, owner_of
from ..program.program import Program
from ..program.reach import Reach
from ..program.steps import Steps, calls_method, may_train
from ..program.training import Training
from ..program.values import Frame, Library
from .learning import is_network
from .losses import DIFFERENTIATING, SAME_TENSOR, differentiated
from .origins import Given, Origins, place

# Who tells how to train asks for more than to be shown it: tasks are made of draws, too.
OPTIONS = frozenset(
    {"argparse.ArgumentParser", "click.option", "hydra.main", "fire.Fire", "tyro.cli", "typer.run"}
    | {"absl.app.run", "transformers.HfArgumentParser"}
)
# Who has gradients names one of these.
GRADIENTS = frozenset(
    {"backward", "manual_backward", "grad", "grads", "value_and_grad", "vjp", "gradient"}
    | {"gradients", "closure", "engine"}
)
# Methods that give the numbers that they are called on, in another shape or type.
SAME_NUMBERS = SAME_TENSOR | frozenset(
    {"pow", "abs", "square", "sqrt", "log", "long", "int", "view", "reshape", "squeeze"}
    | {"unsqueeze", "detach", "clone", "requires_grad_", "type", "flatten", "transpose", "t"}
    | {"astype"}
)


def tries_out(training: Training, program: Program, toys: bool = False) -> bool:
    """Tell whether a program only shows that training works: by one step, or as it learns noise.

    Or it steps through a schedule, to show that.

    It learns noise where a loss compares with what was drawn; and in the main part of a module that
    others use, where the model itself is fed with it. A program that takes options is an
    experiment.

    Args:
        training: The program.
        program: The project.
        toys: Whether toy data count as well: NumPy's draws, a table that is written out.
    """
    steps = steps_of(training.reach, program)
    graph = program.graph(training.reach)
    if steps and all(is_taken_once(site, graph) for site in steps):
        return True
    if steps and only_schedules(training.reach):
        return True
    if reads_data(training.reach, program, toys) or not OPTIONS.isdisjoint(training.reach.names):
        return False
    is_shown = training.entry.kind == "main" and training.entry.module in program.modules.imported
    noise = Noise(program, graph, is_shown, toys)
    return any(
        noise.is_drawn(each, site.frame)
        for site in training.reach.where(calls_method, *DIFFERENTIATING)
        for each in differentiated(site.call)
    )


def only_schedules(reach: Reach) -> bool:
    """Tell whether steps are taken for a schedule's sake: it is drawn, and nothing differentiated.

    Whatever differentiates names it: ``backward``, or gradients.
    """
    return any(name.startswith("torch.optim.lr_scheduler.") for name in reach.names) and all(
        GRADIENTS.isdisjoint(module.source.outline.words) for module in reach.modules
    )


def steps_of(reach: Reach, program: Program) -> list[Site]:
    """Return the optimizers' steps of a program; none where a framework's loop takes them."""
    known = Steps(reach, program.evaluator, program.knowledge)
    candidates = reach.where(may_train, program.evaluator, program.knowledge)
    return [site for site in candidates if known.is_step(site) or known.is_likely_step(site)]


def is_taken_once(site: Site, graph: CallGraph) -> bool:
    """Tell whether a step is taken, not told to a graph that is run later, and only once."""
    return calls_method(site, "step") and not is_repeated(site, graph)


def is_repeated(site: Site, graph: CallGraph) -> bool:
    """Tell whether a call is in a loop, or in a function that a library is handed to repeat."""
    return graph.is_handed(owner_of(site.frame)) or any(True for _ in graph.loops_around(site))


def is_fed_noise(reach: Reach, program: Program) -> bool:
    """Tell whether a program reads no data, and draws some instead."""
    return program.knowledge.means("noise", reach.names) and not reads_data(reach, program)


def reads_data(reach: Reach, program: Program, toys: bool = False) -> bool:
    """Tell whether a program reads data; toys that a library draws may be none."""
    means = program.knowledge.means
    return any(
        (means("loader", (each,)) or means("reader", (each,)))
        and not (toys and means("toy-data", (each,)))
        for each in reach.names
    )


def is_table(rows: tuple[Expression, ...]) -> bool:
    """Tell whether rows of numbers are written out."""
    return len(rows) > 1 and all(
        isinstance(row, Sequence)
        and row.items
        and all(type(each) is Constant for each in row.items)
        for row in rows
    )


class Noise(Origins):
    """Tells which losses of one program are computed of what it draws.

    Args:
        program: The program.
        graph: Its calls.
        is_fed: Whether it counts, too, that a network's input is drawn.
        toys: Whether toy data count as well.
    """

    def __init__(self, program: Program, graph: CallGraph, is_fed: bool, toys: bool) -> None:
        super().__init__(graph)
        self.toys = toys
        self.knowledge = program.knowledge
        self.is_fed = is_fed
        self.drawn: Closure[Given] = Closure(place, self._steps)

    def is_drawn(self, expression: Expression, frame: Frame) -> bool:
        """Tell whether a loss compares with a draw."""
        return bool(self.drawn.level((expression, frame)))

    def _steps(self, given: Given) -> Iterator[Given | int]:
        """Yield what a number is computed of, up to the networks, and true where it is drawn."""
        expression, frame = given
        match expression:
            case Name():
                yield from self.origins(expression, frame)
            case Operation(_, operands):
                yield from ((each, frame) for each in operands)
            case Compare(left):
                yield left, frame
            case Subscript(value):
                yield value, frame
            case Sequence(_, items):
                yield self.toys and is_table(items)
            case Call():
                yield from self._call(expression, frame)

    def _call(self, call: Call, frame: Frame) -> Iterator[Given | int]:
        callees = self.evaluator.evaluate(call.func, frame)
        if any(is_network(each, self.evaluator) for each in callees):
            if self._is_loss(call, frame) or self.is_fed:
                yield from ((each, frame) for each in call.args)
            return
        names = [each.name for each in callees if isinstance(each, Library)]
        yield self.knowledge.means("noise", names)
        yield self.toys and self.knowledge.means("toy-data", names)
        if isinstance(call.func, Attribute) and call.func.attr in SAME_NUMBERS:
            yield call.func.value, frame
        if self.knowledge.means("same-value", names) or self._is_loss(call, frame):
            yield from ((each, frame) for each in call.args)
        yield from self.returned(call, frame)

    def _is_loss(self, call: Call, frame: Frame) -> bool:
        """Tell whether a call is one of a library's loss."""
        made = self.evaluator.evaluate(call, frame)
        names = [each.name for each in made if isinstance(each, Library)]
        return self.knowledge.means("metric", names)
