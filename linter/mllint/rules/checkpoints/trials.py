"""Programs whose model is thrown away on purpose."""

from __future__ import annotations

from ...facts.expressions import Call, Constant, Mapping, Name, Sequence
from ...program.activity import Site
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.reach import Reach
from ...program.training import Training
from ...program.values import Frame
from ..metrics import metrics_of
from ..tryouts import is_fed_noise, is_repeated, steps_of, tries_out


def is_trial(training: Training, program: Program) -> bool:
    """Tell whether a program searches, measures or tries out, rather than train a model to keep."""
    graph = program.graph(training.reach)
    reach = training.reach
    if reach.meaning(program.knowledge, "trial"):
        return True
    steps = steps_of(reach, program)
    if not steps:  # a framework's loop
        return False
    if not any(is_repeated(site, graph) for site in steps):
        return True  # one step alone shows that it can be taken
    return (
        trains_inputs(reach.where(makes_optimizer))
        or finds_rate(reach.meaning(program.knowledge, "plot"), program, graph)
        or times_steps(reach, program)
        or tries_out(training, program)
    )


def makes_optimizer(site: Site) -> bool:
    """Tell whether a call makes an optimizer of PyTorch."""
    return any(
        name.startswith("torch.optim.") and name.rpartition(".")[2][:1].isupper()
        for name in site.names
    )


def trains_inputs(optimizers: list[Site]) -> bool:
    """Tell whether what is optimized is no model but tensors, such as a picture."""
    return bool(optimizers) and all(_takes_tensors(each.call, each.frame) for each in optimizers)


def _takes_tensors(call: Call, frame: Frame) -> bool:
    handed = call.argument("params", 0)
    if isinstance(handed, Name):
        entries = owner_of(frame).table.get(handed.id, ())
        handed = entries[0].value if len(entries) == 1 else None
    match handed:
        case Sequence("list" | "tuple", items) if items:
            return all(isinstance(item, Name) for item in items)
    return False


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
