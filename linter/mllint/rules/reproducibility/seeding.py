"""What a program seeds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import Constant, last_name
from ...program.activity import Site
from ...program.program import Program
from ...program.reach import Reach
from ...program.symbols import FunctionSymbol
from ...program.training import Training
from ...program.values import Callable, Partial

SEED_KEYWORDS = frozenset({"seed", "random_seed", "rng_seed"})
# Calls, of what is not known, that take a seed for what they do themselves.
OWN_SEED = frozenset(
    {"shuffle", "reset", "split", "train_test_split", "random_split", "sample", "permutation"}
    | {"choice", "set_defaults", "add_argument", "update", "replace", "get_seed", "initial_seed"}
)


class Seeding(NamedTuple):
    """A call that seeds.

    Attributes:
        site: The call.
        generators: The global generators that it seeds; None if that is not known.
    """

    site: Site
    generators: frozenset[str] | None


def is_handed(site: Site, keyword: str) -> bool:
    """Tell whether a call is handed a keyword."""
    return site.call.keyword(keyword) is not None


def worker_functions(reach: Reach, program: Program) -> set[FunctionSymbol]:
    """Return the functions that are handed as ``worker_init_fn``: what they seed is a worker's.

    Not those that the program calls itself, too: these seed its own process.
    """
    found: set[FunctionSymbol] = set()
    for site in reach.where(is_handed, "worker_init_fn"):
        handed = site.call.keyword("worker_init_fn")
        for value in program.evaluator.evaluate(handed, site.frame):
            target = value.target if isinstance(value, Partial) else value
            if isinstance(target, Callable):
                found.add(target.function)
    return {each for each in found if not reach.where(calls_function, each)}


def calls_function(site: Site, function: FunctionSymbol) -> bool:
    """Tell whether a call is one of a function of the project."""
    return any(isinstance(each, Callable) and each.function is function for each in site.values)


def may_seed(site: Site, program: Program) -> bool:
    """Tell whether a call, not known to, looks like one that seeds global generators.

    It may where it is not resolved, or of a library that is not known: its name is enough then.
    """
    if site.values and not site.names:  # the project's own is looked into instead
        return False
    name = last_name(site.call)
    named = "seed" in name.lower() or name in ("set_determinism", "PRNGKey")
    if name in OWN_SEED or not (
        named or any(key in SEED_KEYWORDS for key, _ in site.call.keywords)
    ):
        return False
    return not any(
        each.partition(".")[0].partition("(")[0] in sys.stdlib_module_names
        or each.startswith("builtins.")
        or program.knowledge.means("own-seed", (each,))
        for each in site.names
    )


def seeds_anew(site: Site, program: Program) -> bool:
    """Tell whether a call, handed no seed, sets a generator to what nobody knows."""
    given = [*site.call.args, *(value for _, value in site.call.keywords)]
    is_told = any(each != Constant(None) for each in given)
    return not is_told and program.knowledge.means("seed-anew", site.names)


def seeds_or_may(site: Site, program: Program) -> bool:
    """Tell whether a call seeds, or looks as if it did."""
    if program.knowledge.seeded(site.names) is not None:
        return not seeds_anew(site, program)
    return may_seed(site, program)


def seedings(reach: Reach, program: Program) -> Iterator[Seeding]:
    """Yield what seeds a program's own process."""
    in_workers = worker_functions(reach, program)
    for site in reach.where(seeds_or_may, program):
        if site.frame.function in in_workers and in_workers:
            continue
        generators = program.knowledge.seeded(site.names)
        if generators is not None:
            yield Seeding(site, generators)
        else:
            yield Seeding(site, None)


def seeds_anything(training: Training, program: Program) -> bool:
    """Tell whether a program seeds anything at all, with whatever effect."""
    return "seed" in training.owned or any(True for _ in seedings(training.reach, program))


def seeded_generators(training: Training, program: Program) -> frozenset[str] | None:
    """Return the generators that a program seeds; None where it may be all of them."""
    if "seed" in training.owned:
        return None
    found: frozenset[str] = frozenset()
    for seeding in seedings(training.reach, program):
        if seeding.generators is None:
            return None
        found |= seeding.generators
    return found
