"""How much of each program could be followed, and what could not, for what reason.

Limits are noted as they are met: they are those of the rules that have run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..facts.expressions import Attribute, Call, Constant, Expression, Lambda, Name, Subscript
from .activity import Site
from .entries import Entry
from .evaluation import Evaluator
from .limits import Limit
from .program import Program

REASONS = {
    "name": "a name that gets its value nowhere in sight",
    "object": "a method of an object of unknown class",
    "member": "a member that its class or module does not show",
    "result": "what another call gave",
    "item": "an item of a container",
    "other": "an expression that is worked out when it runs",
}


@dataclass(frozen=True)
class Unresolved:
    """Calls in one program of which it is not known what they call.

    Attributes:
        site: One of them.
        reason: A key of `REASONS`.
    """

    site: Site
    reason: str


@dataclass(frozen=True)
class Coverage:
    """How much of a program could be followed.

    Attributes:
        entry: Where it begins.
        functions: How many functions and modules it reaches.
        calls: How many calls they hold.
        unresolved: Those not resolved, each place once.
        shared: How many functions are called in more ways than are told apart.
        is_whole: Whether all was followed; a program may be too large.
        limits: Those that were met in the functions and modules that it reaches.
    """

    entry: Entry
    functions: int
    calls: int
    unresolved: tuple[Unresolved, ...]
    shared: int = 0
    is_whole: bool = True
    limits: tuple[Limit, ...] = ()

    @property
    def share(self) -> float:
        """The share of calls that were resolved, from 0 to 1."""
        return 1 - len(self.unresolved) / self.calls if self.calls else 1.0


def coverage(program: Program) -> Iterator[Coverage]:
    """Yield the coverage of each program that begins in a file to report on."""
    for entry in program.entries:
        if program.is_checked(entry.module):
            yield coverage_of(entry, program)


def coverage_of(entry: Entry, program: Program) -> Coverage:
    """Return the coverage of one program.

    A call in a function that is reached with several arguments counts once, and is resolved if it
    is for any of them.
    """
    reach = program.reach(entry)
    reached = {(frame.module, frame.function) for frame in reach.callers}
    known: dict[int, Site] = {}
    for site in reach.sites:
        before = known.get(id(site.call))
        if before is None or (site.values and not before.values):
            known[id(site.call)] = site
    unresolved = tuple(
        Unresolved(site, reason(site.call.func, site, program.evaluator))
        for site in known.values()
        if not site.values
    )
    owners = {function or module for module, function in reached}
    limits = tuple(each for each in program.evaluator.limits.met if each.owner in owners)
    return Coverage(
        entry, len(reached), len(known), unresolved, len(reach.shared), reach.is_whole, limits
    )


def reason(function: Expression, site: Site, evaluator: Evaluator) -> str:
    """Return why it is not known what a call calls: a key of `REASONS`."""
    match function:
        case Name():
            return "name"
        case Attribute(value):
            if evaluator.evaluate(value, site.frame):
                return "member"
            return "result" if isinstance(value, Call) else "object"
        case Call():
            return "result"
        case Subscript():
            return "item"
    return "other"


def written(expression: Expression) -> str:
    """Return what is called, as it may be written: ``self.model.fit``."""
    match expression:
        case Name(name):
            return name
        case Attribute(value, attr):
            return f"{written(value)}.{attr}"
        case Call(function):
            return f"{written(function)}()"
        case Subscript(value):
            return f"{written(value)}[…]"
        case Constant(value):
            return repr(value) if len(repr(value)) < 20 else f"{type(value).__name__}"
        case Lambda():
            return "lambda"
    return "(…)"
