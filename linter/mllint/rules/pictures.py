"""Programs that optimize no network but what one is fed, such as a picture, or a few numbers."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.expressions import Call, Expression, Name, Sequence, subexpressions
from ..facts.statements import For, While
from ..program.activity import Site
from ..program.graph import CallGraph, owner_of
from ..program.program import Program
from ..program.steps import calls_method
from ..program.training import Training
from ..program.values import Library
from .learning import is_network
from .losses import DIFFERENTIATING


def trains_inputs(training: Training, program: Program) -> bool:
    """Tell whether what a program optimizes is no model.

    It is what a network is fed; or numbers that learn from no data, such as where a function is
    lowest, in a loop that only counts.
    """
    reach = training.reach
    optimizers = reach.where(makes_optimizer)
    optimized = [set(tensors(site)) for site in optimizers]
    if not optimized or not all(optimized):
        return False
    names = set.union(*optimized)
    if any(is_fed(site, names) for site in reach.where(calls_network, program)):
        return True
    graph = program.graph(reach)
    return all(only_counts(site, graph) for site in reach.where(calls_method, *DIFFERENTIATING))


def only_counts(site: Site, graph: CallGraph) -> bool:
    """Tell whether the innermost loop around a call goes over numbers, and no data."""
    for _, loop in graph.loops_around(site):
        match loop:
            case For(
                _, _, Call(Name("range" | "trange" | "count")) | Call(_, (Call(Name("range")),))
            ):
                return True
            case For():
                return False
            case While():
                return True
    return True


def makes_optimizer(site: Site) -> bool:
    """Tell whether a call makes an optimizer of PyTorch."""
    return any(
        name.startswith("torch.optim.") and name.rpartition(".")[2][:1].isupper()
        for name in site.names
    )


def calls_network(site: Site, program: Program) -> bool:
    """Tell whether a call is one of a network, or of what is not known."""
    if not site.values:
        return True
    return any(
        is_network(value, program.evaluator)
        or (
            isinstance(value, Library)
            # A part of a network is one: vgg19().features.
            and (
                value.name.startswith("torchvision.models.")
                or not program.knowledge.means("plain", (value.name,))
            )
        )
        for value in site.values
    )


def tensors(site: Site) -> Iterator[str]:
    """Yield the names of the tensors that an optimizer is handed; none if it is handed others."""
    handed = site.call.argument("params", 0)
    if isinstance(handed, Name):
        entries = owner_of(site.frame).table.get(handed.id, ())
        handed = entries[0].value if len(entries) == 1 else None
    match handed:
        case Sequence("list" | "tuple", items) if all(isinstance(each, Name) for each in items):
            yield from (each.id for each in items if isinstance(each, Name))


def is_fed(site: Site, names: set[str]) -> bool:
    """Tell whether a call is handed a tensor of some name, or what is computed of one."""
    table = owner_of(site.frame).table
    for name in named(site.call.args):
        if name in names:
            return True
        for entry in table.get(name, ()):
            if not names.isdisjoint(named(entry.value)):
                return True
    return False


def named(expression: Expression | tuple[Expression, ...] | None) -> Iterator[str]:
    """Yield the names in an expression."""
    return (part.id for part in subexpressions(expression) if isinstance(part, Name))
