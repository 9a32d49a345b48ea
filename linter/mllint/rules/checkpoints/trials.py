"""Programs whose model is thrown away on purpose."""

from __future__ import annotations

from ...facts.expressions import Constant, Mapping
from ...program.activity import Site
from ...program.graph import CallGraph
from ...program.program import Program
from ...program.reach import Reach
from ...program.steps import calls_method
from ...program.training import Training
from ..losses import DIFFERENTIATING
from ..metrics import metrics_of
from ..pictures import trains_inputs
from ..tryouts import is_fed_noise, is_repeated, steps_of, tries_out


def is_trial(training: Training, program: Program) -> bool:
    """Tell whether a program searches, measures or tries out, rather than train a model to keep."""
    graph = program.graph(training.reach)
    reach = training.reach
    if reach.meaning(program.knowledge, "trial"):
        return True
    steps = steps_of(reach, program)
    if not steps:  # a framework's loop, or one that moves the parameters by hand
        is_by_hand = calls_method(training.site, *DIFFERENTIATING)
        return is_by_hand and tries_out(training, program)
    if not any(is_repeated(site, graph) for site in steps):
        return True  # one step alone shows that it can be taken
    return (
        trains_inputs(training, program)
        or finds_rate(reach.meaning(program.knowledge, "plot"), program, graph)
        or times_steps(reach, program)
        or tries_out(training, program)
    )


def times_steps(reach: Reach, program: Program) -> bool:
    """Tell whether a program measures how long steps take, on what it draws."""
    return "torch.cuda.synchronize" in reach.names and is_fed_noise(reach, program)


def finds_rate(plots: list[Site], program: Program, graph: CallGraph) -> bool:
    """Tell whether a program draws the loss over the learning rate: it looks for a good one."""
    if not plots:
        return False
    metrics, rates = metrics_of(program, graph), metrics_of(program, graph, "rate")
    return any(
        rates.is_metric(site.call.args[0], site.frame)
        and metrics.is_metric(site.call.args[1], site.frame)
        for site in plots
        if len(site.call.args) > 1 and not isinstance(site.call.args[0], Constant | Mapping)
    )
