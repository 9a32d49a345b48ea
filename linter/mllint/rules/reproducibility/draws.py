"""What a program draws from the global generators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import (
    Call,
    Constant,
    Expression,
    Mapping,
    calls,
    dotted,
    last_name,
    subexpressions,
)
from ...facts.statements import Assign, Update, With
from ...program.activity import Site
from ...program.program import Program
from ...program.reach import Reach
from ...program.values import Callable, Frame, Instance, Library, Literal, Type
from .shown import is_only_shown

# Arguments that bring a generator, or a seed, of their own.
OWN_GENERATOR = ("generator", "random_state", "rng", "seed", "sampler")
# What is drawn for no model: seeds, ports, names, pauses.
ASIDE = (
    *("seed", "port", "name", "uid", "uuid", "_id", "color", "colour", "jitter", "suffix"),
    "stamp",
)
PAUSES = frozenset({"sleep", "seed", "manual_seed", "seed_everything", "set_seed"})
LOADERS = frozenset({"torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"})
# Weights are drawn that are then trained, or loaded.
NETWORKS = ("torch.nn.", "torchvision.models.", "timm.")
FETCHES = frozenset({"__getitem__", "__getitems__"})


class Draw(NamedTuple):
    """A call that draws from a global generator."""

    site: Site
    generator: str


def constant(expression: Expression | None, frame: Frame, program: Program) -> object:
    """Return the one constant that an expression can be, or ``...`` if that is not known."""
    values = program.evaluator.evaluate(expression, frame)
    if len(values) == 1 and isinstance(values[0], Literal):
        literal = values[0].expression
        if isinstance(literal, Constant):
            return literal.value
    return ...


def has_own_generator(call: Call) -> bool:
    """Tell whether a call is handed, or may be handed, a generator or seed other than None."""
    if call.is_open:
        return True
    handed = [call.keyword(name) for name in OWN_GENERATOR]
    if last_name(call) == "random_split":
        handed.append(call.argument("generator", 2))
    return any(each is not None and each != Constant(None) for each in handed)


def is_aside(site: Site) -> bool:
    """Tell whether what is drawn goes into a seed, a port, a name or a pause."""
    statement = site.statement
    if isinstance(statement, Assign | Update):
        targets = statement.targets if isinstance(statement, Assign) else (statement.target,)
        called = [dotted(target) for target in targets]
        for part in subexpressions(statement.value):
            if isinstance(part, Mapping):
                called += [
                    str(key.value)
                    for key, value in part.pairs
                    if isinstance(key, Constant) and site.call in calls((value,))
                ]
        if any(word in each.lower() for word in ASIDE for each in called):
            return True
    return any(
        last_name(each) in PAUSES and site.call in calls(each.args)
        for each in calls(tuple(statement)[1:2])
    )


def drawn(site: Site, program: Program) -> Iterator[str]:
    """Yield the global generators that a call draws from."""
    knowledge, call = program.knowledge, site.call
    if not site.names or has_own_generator(call):
        return
    yield from knowledge.drawn(site.names)
    if makes_loader(site):
        if constant(call.argument("shuffle", 2), site.frame, program) is True:
            yield "torch"
    elif "sklearn.model_selection.train_test_split" in site.names:
        if constant(call.keyword("shuffle"), site.frame, program) is not False:
            yield "numpy"
    elif draws_in_estimator(site, program):
        yield "numpy"


def makes_network(site: Site) -> bool:
    """Tell whether a call draws the weights of a network, or of a layer."""
    return any(name.startswith(NETWORKS) for name in site.names)


def makes_loader(site: Site) -> bool:
    """Tell whether a call makes a loader of PyTorch."""
    return "torch.utils.data.DataLoader" in site.names


def draws_in_estimator(site: Site, program: Program) -> bool:
    """Tell whether a call makes an estimator that draws, as it is configured."""
    for name in site.names:
        condition = program.knowledge.stochastic.get(program.knowledge.canonical(name))
        if condition is None:
            continue
        argument, _, values = condition.partition("=")
        if not argument:
            return True
        handed = site.call.keyword(argument)
        value = constant(handed, site.frame, program)
        return ("*" if handed is None else str(value)) in values.split("|")
    return False


def draws(reach: Reach, program: Program) -> Iterator[Draw]:
    """Yield what a program draws in its own process, but for what goes into no model."""
    has_workers = may_have_workers(reach, program)
    chains = {
        (site.frame, site.statement.line)
        for site in reach.meaning(program.knowledge, "transform-chain")
        if has_workers
    }
    for site in reach.where(draws_for_model, program):
        if has_workers and is_fetched(site.frame, reach, chains):
            continue  # PyTorch seeds all generators of a worker from its own
        for generator in drawn(site, program):
            yield Draw(site, generator)


def draws_for_model(site: Site, program: Program) -> bool:
    """Tell whether a call draws from a global generator what may go into a model."""
    return any(True for _ in drawn(site, program)) and not is_for_no_model(site, program)


def is_for_no_model(site: Site, program: Program) -> bool:
    """Tell whether what is drawn goes into no model, or is known.

    It goes into a seed, port, name or pause; it is only shown; or it is drawn in a block that seeds
    when it is entered.
    """
    return is_aside(site) or is_only_shown(site, program) or is_seeded_around(site, program)


def is_seeded_around(site: Site, program: Program) -> bool:
    """Tell whether a block around is entered by what seeds: ``with Seeded(3): shuffle(x)``."""
    for block in site.around:
        for context, _ in block.items if isinstance(block, With) else ():
            for value in program.evaluator.evaluate(context, site.frame):
                if isinstance(value, Instance) and enters_seeding(value, program):
                    return True
    return False


def enters_seeding(instance: Instance, program: Program) -> bool:
    """Tell whether what a block is entered by seeds."""
    for method in program.evaluator.member(instance, "__enter__"):
        if isinstance(method, Callable):
            frame = program.evaluator.frame_of_method(method.function, instance)
            sites = program.explorer.activity(frame, False).sites
            return any(program.knowledge.seeded(each.names) for each in sites)
    return False


def may_have_workers(reach: Reach, program: Program) -> bool:
    """Tell whether any loader of a program may fetch in other processes."""
    return bool(reach.where(may_fetch_elsewhere, program))


def may_fetch_elsewhere(site: Site, program: Program) -> bool:
    """Tell whether a call makes a loader that may fetch in other processes."""
    is_loader = not LOADERS.isdisjoint(site.names) or is_own_loader(site, program)
    return is_loader and workers_of(site, program) != 0


def is_own_loader(site: Site, program: Program) -> bool:
    """Tell whether a call makes a loader of a class that the project derives from PyTorch's."""
    return any(
        isinstance(each, Library) and each.name in LOADERS
        for value in site.values
        if isinstance(value, Type)
        for each in program.evaluator.ancestry(value.symbol)
    )


def workers_of(site: Site, program: Program) -> object:
    """Return a loader's number of workers; ``...`` if that is not known."""
    handed = site.call.argument("num_workers", 5)
    if handed is None:
        return ... if site.call.is_open else 0
    return constant(handed, site.frame, program)


def is_fetched(frame: Frame, reach: Reach, chains: set[tuple[Frame, int]]) -> bool:
    """Tell whether a function runs while a dataset fetches an item.

    Args:
        frame: The function.
        reach: The program.
        chains: Where transforms are handed to what calls them, for each item.
    """
    link: Frame | None = frame
    while link is not None:
        if link.function is not None and link.function.name.rpartition(".")[2] in FETCHES:
            return True
        caller = reach.callers.get(link)
        if caller in chains:
            return True
        link = caller[0] if caller else None
    return False
