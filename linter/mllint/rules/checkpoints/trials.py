"""Programs whose model is thrown away on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from ...facts.expressions import Attribute, Call, Constant, Expression, Mapping, Name
from ...program.activity import Site
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.reach import Reach
from ...program.steps import calls_method
from ...program.training import Training
from ..losses import DIFFERENTIATING
from ..metrics import metrics_of
from ..pictures import makes_optimizer, trains_inputs
from ..tryouts import is_fed_noise, is_repeated, steps_of, tries_out

CLOCKS = frozenset({"time.time", "time.perf_counter", "time.monotonic", "time.perf_counter_ns"})


def is_trial(training: Training, program: Program) -> bool:
    """Tell whether a program searches, measures or tries out, rather than train a model to keep."""
    graph = program.graph(training.reach)
    reach = training.reach
    if reach.meaning(program.knowledge, "trial"):
        return True
    steps = steps_of(reach, program)
    if not steps:  # a framework's loop, or one that moves the parameters by hand
        is_by_hand = calls_method(training.site, *DIFFERENTIATING)
        return is_by_hand and tries_out(training, program, toys=True)
    if not any(is_repeated(site, graph) for site in steps):
        return True  # one step alone shows that it can be taken
    return (
        trains_inputs(training, program)
        or finds_rate(reach.meaning(program.knowledge, "plot"), program, graph)
        or times_steps(training, program)
        or adapts_copies(reach, program)
        or tries_out(training, program, toys=True)
    )


def adapts_copies(reach: Reach, program: Program) -> bool:
    """Tell whether a program adapts but copies of a network that was learnt before, to try it.

    Where the state of a copy is asked for, it is put together or kept.
    """
    optimizers = reach.where(makes_optimizer)
    return (
        bool(optimizers)
        and program.knowledge.means("load", reach.names)
        and not reach.where(calls_method, "state_dict")
        and all(map(trains_copy, optimizers))
    )


def trains_copy(site: Site) -> bool:
    """Tell whether an optimizer is handed the parameters of a network's copy."""
    match site.call.argument("params", 0):
        case Call(Attribute(Name(name), "parameters")):
            entries = owner_of(site.frame).table.get(name, ())
            return any(is_copy(each.value) for each in entries)
    return False


def is_copy(value: Expression | None) -> bool:
    """Tell whether a value is a copy, wherever it is put: ``deepcopy(net).to(device)``."""
    while isinstance(value, Call) and isinstance(value.func, Attribute):
        if value.func.attr == "deepcopy":
            return True
        value = value.func.value
    return isinstance(value, Call) and value.func == Name("deepcopy")


def times_steps(training: Training, program: Program) -> bool:
    """Tell whether a program measures how long steps take: on what it draws, or as it says."""
    names = training.reach.names
    if "torch.cuda.synchronize" in names and is_fed_noise(training.reach, program):
        return True
    return not CLOCKS.isdisjoint(names) and any(map(says_bench, way(training)))


def way(training: Training) -> Iterator[str]:
    """Yield the names of the file in which a program begins, and of the functions up to its step.

    A folder says nothing: in ``benchmarks/`` there are models that are compared by their scores.
    """
    yield PurePath(training.entry.module.path).stem
    for step in training.reach.path(training.site.frame):
        yield step.what


def says_bench(name: str) -> bool:
    """Tell whether a name is that of a benchmark: ``bench_step``, ``_bench``."""
    return "bench" in re.split(r"[^a-z]", name.lower())


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
