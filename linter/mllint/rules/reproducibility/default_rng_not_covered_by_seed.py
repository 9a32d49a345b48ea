"""MLR007."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Conditional,
    Constant,
    Name,
    calls,
    dotted,
    subexpressions,
)
from ...facts.rendering import render
from ...facts.statements import Body, If, header, walk
from ...fixes.changes import Fix, Replace
from ...program.activity import Site
from ...program.program import Program
from ..base import Note, Report, Rule
from .seeding import Seeding, seedings

# Without an argument these take their seed from the system. torch.Generator() does not: its seed is
# a constant.
UNSEEDED = frozenset({"numpy.random.default_rng", "numpy.random.RandomState", "random.Random"})


def is_unseeded(site: Site) -> bool:
    """Tell whether a call makes a generator without a seed."""
    handed = (*site.call.args, *(value for _, value in site.call.keywords))
    return not UNSEEDED.isdisjoint(site.names) and all(each == Constant(None) for each in handed)


def is_fallback(site: Site) -> bool:
    """Tell whether it is only made where the caller handed none: ``rng = rng or default_rng()``."""
    function = site.frame.function
    names = {each.name for each in function.parameters} if function else set()
    chosen = [
        each.test
        for each in subexpressions(header(site.statement))
        if isinstance(each, Conditional) and site.call in subexpressions((each.body, each.orelse))
    ]
    chosen += [each.test for each in site.around if isinstance(each, If)]
    return any(mentions(each, names) for each in chosen) or any(
        target in names for target in map(dotted, getattr(site.statement, "targets", ()))
    )


def is_seeded_later(site: Site) -> bool:
    """Tell whether what is made is seeded where it stands, or by a method of the same object."""
    function = site.frame.function
    targets = [each for each in getattr(site.statement, "targets", ()) if dotted(each)]
    scopes: list[Body] = [function.body if function else site.module.body]
    if function is not None and function.owner is not None:
        scopes += [each.body for each in function.owner.methods.values()]
    return any(
        call.func == Attribute(target, "seed") and (call.args or call.keywords)
        for target in targets
        for body in scopes
        for statement in walk(body)
        for call in calls(header(statement))
    )


def mentions(expression: object, names: set[str]) -> bool:
    """Tell whether an expression has any of some names in it."""
    return any(isinstance(part, Name) and part.id in names for part in subexpressions(expression))


class DefaultRngNotCoveredBySeed(Rule):
    """A generator is made without a seed, in a program that seeds the global ones.

    ``np.random.seed`` and its like do not reach generators made by ``np.random.default_rng()`` or
    ``random.Random()``: these take fresh entropy from the system, and what they draw differs from
    run to run, in a program that looks seeded.

    Hand them a seed. The fix is safe: it hands them the seed that the program uses, where that is
    a constant or is set in the same file, and 0 otherwise.
    """

    code = "MLR007"
    name = "default-rng-not-covered-by-seed"
    severity = "warning"
    bad = (
        """
import numpy as np
import torch

torch.manual_seed(3)
np.random.seed(3)
rng = np.random.default_rng()
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for i in rng.permutation(10):
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )
    fixed = (
        """
import numpy as np
import torch

torch.manual_seed(3)
np.random.seed(3)
rng = np.random.default_rng(3)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for i in rng.permutation(10):
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )
    good = (
        # Whoever has the object seeds it.
        """
import numpy as np
import torch

class Noisy:
    def __init__(self):
        self.rng = np.random.RandomState()

    def seed(self, seed):
        self.rng.seed(seed)

    def order(self):
        return self.rng.permutation(10)

torch.manual_seed(3)
noisy = Noisy()
noisy.seed(3)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for i in noisy.order():
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import numpy as np
import torch

def order(rng=None):
    rng = rng or np.random.default_rng()
    return rng.permutation(10)

torch.manual_seed(3)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
for i in order(np.random.default_rng(3)):
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import torch

torch.manual_seed(3)
generator = torch.Generator()
loader = torch.utils.data.DataLoader([1], shuffle=True, generator=generator)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import random

print(random.Random().random())
""",
        # Whoever calls may hand one over.
        """
import numpy as np
import torch

def others(labels, generator=None):
    rng = generator if generator is not None else np.random.default_rng()
    return (labels + rng.integers(1, 10, len(labels))) % 10

torch.manual_seed(3)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
print(others(np.arange(10), np.random.default_rng(3)))
optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each generator without seed in a seeded program."""
        reported: set[int] = set()
        for training in program.trainings:
            unseeded = training.reach.where(is_unseeded)
            first = next(seedings(training.reach, program), None) if unseeded else None
            for site in unseeded if first else ():
                if first is None or id(site.call) in reported:
                    continue
                if is_fallback(site) or is_seeded_later(site):
                    continue
                reported.add(id(site.call))
                made = dotted(site.call.func)
                yield Report(
                    site.module,
                    site.statement,
                    site.call,
                    f"{made}() takes a new seed from the system in each run, whatever "
                    f"{dotted(first.site.call.func)} seeds: hand it a seed.",
                    (Note("seeded here", first.site.module, first.site.statement.line),),
                    "high",
                    self.fix(site, first),
                )

    @staticmethod
    def fix(site: Site, first: Seeding) -> Fix:
        """Return the same call with a seed."""
        given = first.site.call.argument("seed", 0)
        here = first.site.module is site.module and first.site.frame.function is None
        known = here or isinstance(given, Constant)
        text = (render(given) if known else None) or "0"
        change = Replace(site.statement, site.call, f"{dotted(site.call.func)}({text})")
        return Fix("Hand the generator a seed", (change,), True)
