"""Which programs train, and what their frameworks do for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..facts.expressions import Attribute, Call, Constant
from ..knowledge import Knowledge, pattern
from .activity import Site
from .entries import Entry
from .reach import Reach


@dataclass(eq=False)
class Training:
    """A program that trains.

    What is asked of the program (does it seed?) must hold for each of its `runs`; what is reported
    of it is reported once.

    Attributes:
        entry: Where it begins; where it may begin at several places, the most telling.
        reach: What it carries out.
        site: The step, or the call that owns the loop, which shows that it trains.
        owned: What the framework does by itself: ``seed``, ``checkpoint``, ``log``.
        takes_epochs: Whether it trains in steps, rather than by one fit of an estimator.
        launchers: The same program as other files begin it, each with what it carries out then.
    """

    entry: Entry
    reach: Reach
    site: Site
    owned: frozenset[str]
    takes_epochs: bool
    launchers: list[Training] = field(default_factory=list)

    @property
    def runs(self) -> tuple[Training, ...]:
        """The program from each place where it may begin, this one first."""
        return (self, *self.launchers)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Where it may begin, the most telling first."""
        return tuple(each.entry for each in self.runs)


def is_step_by_hand(site: Site, reach: Reach) -> bool:
    """Tell whether a call of unknown meaning is an optimizer's step.

    It is if it is named ``step``, and its own function calls ``backward`` too.
    """
    if site.values or not isinstance(site.call.func, Attribute) or site.call.func.attr != "step":
        return False
    return any(
        isinstance(other.call.func, Attribute) and other.call.func.attr == "backward"
        for other in reach.sites
        if other.frame == site.frame
    )


def switched_off(made: str, argument: str, reach: Reach, knowledge: Knowledge) -> bool:
    """Tell whether an argument of a constructor, ``save_strategy='no'``, switches a duty off."""
    name, _, value = argument.partition("=")
    wanted = pattern([made])
    for site in reach.sites:
        if any(wanted.fullmatch(knowledge.canonical(each)) for each in site.names):
            handed = site.call.keyword(name)
            if isinstance(handed, Constant) and repr(handed.value) == value:
                return True
    return False


def find_training(entry: Entry, reach: Reach, knowledge: Knowledge) -> Training | None:
    """Return what shows that a program trains, or None if it does not."""
    step: Site | None = None
    fit: Site | None = None
    for site in reach.sites:
        names = site.names
        owner = knowledge.owner(names)
        if owner is not None:
            off = {
                duty
                for duty, argument in owner.off.items()
                if switched_off(owner.made, argument, reach, knowledge)
            }
            return Training(entry, reach, site, owner.owns - off, True)
        if (
            knowledge.means("step", names)
            or is_step_by_hand(site, reach)
            or knowledge.means("loop", names)
        ):
            step = step or site
        elif knowledge.means("estimator-fit", names):
            fit = fit or site
    site_found = step or fit
    if site_found is None:
        return None
    return Training(entry, reach, site_found, frozenset(), step is not None)


def last_name(call: Call) -> str:
    """Return the last part of what is called: ``save`` of ``torch.save(…)``."""
    function = call.func
    if isinstance(function, Attribute):
        return function.attr
    return getattr(function, "id", "")
