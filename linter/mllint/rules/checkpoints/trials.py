"""Programs whose model is thrown away on purpose."""

from __future__ import annotations

from ...facts.expressions import Call, Constant, Mapping, Name, Sequence
from ...program.activity import Site
from ...program.graph import CallGraph
from ...program.program import Program
from ...program.training import Training, is_step_by_hand
from ..metrics import Metrics


def is_trial(training: Training, program: Program) -> bool:
    """Tell whether a program searches, measures or tries out, rather than train a model to keep."""
    graph = program.graph(training.reach)
    sites = training.reach.sites
    if any(program.knowledge.means("trial", site.names) for site in sites):
        return True
    steps = [
        site
        for site in sites
        if program.knowledge.means("step", site.names) or is_step_by_hand(site, training.reach)
    ]
    if not steps:  # a framework's loop
        return False
    if not any(True for site in steps for _ in graph.loops_around(site)):
        return True  # one step alone shows that it can be taken
    return trains_inputs(sites) or finds_rate(sites, program, graph)


def trains_inputs(sites: list[Site]) -> bool:
    """Tell whether what is optimized is no model but tensors, such as a picture."""
    made = [
        site.call
        for site in sites
        if any(
            name.startswith("torch.optim.") and name.rpartition(".")[2][:1].isupper()
            for name in site.names
        )
    ]
    return bool(made) and all(_takes_tensors(call) for call in made)


def _takes_tensors(call: Call) -> bool:
    match call.argument("params", 0):
        case Sequence("list" | "tuple", items) if items:
            return all(isinstance(item, Name) for item in items)
    return False


def finds_rate(sites: list[Site], program: Program, graph: CallGraph) -> bool:
    """Tell whether a program draws the loss over the learning rate: it looks for a good one."""
    plots = [site for site in sites if program.knowledge.means("plot", site.names)]
    if not plots:
        return False
    metrics, rates = Metrics(program, graph), Metrics(program, graph, "rate")
    return any(
        rates.is_metric(site.call.args[0], site.frame)
        and metrics.is_metric(site.call.args[1], site.frame)
        for site in plots
        if len(site.call.args) > 1 and not isinstance(site.call.args[0], Constant | Mapping)
    )
