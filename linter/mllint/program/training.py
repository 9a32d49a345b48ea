"""Which programs train, and what their frameworks do for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..knowledge import Knowledge
from .activity import Site
from .duties import owned
from .entries import Entry
from .evaluation import Evaluator
from .reach import Reach
from .steps import Steps, may_train, meant


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


def find_training(
    entry: Entry, reach: Reach, evaluator: Evaluator, knowledge: Knowledge
) -> Training | None:
    """Return what shows that a program trains, or None if it does not."""
    steps = Steps(reach, evaluator, knowledge)
    known: Site | None = None
    likely: Site | None = None
    fit: Site | None = None
    for site in reach.where(may_train, evaluator, knowledge):
        owner = knowledge.owner(meant(site, evaluator))
        if owner is not None:
            duties = owned(owner, site, steps)
            if owner.takes_epochs:
                return Training(entry, reach, site, duties, True)
            fit = fit or site
        elif known is None and (steps.is_step(site) or steps.is_loop(site)):
            known = site
        elif likely is None and (steps.is_likely_step(site) or steps.is_likely_loop(site)):
            likely = site
        elif fit is None and knowledge.means("estimator-fit", site.names):
            fit = site
    found = known or likely or steps.by_hand()
    if found is not None:
        return Training(entry, reach, found, frozenset(), True)
    return None if fit is None else Training(entry, reach, fit, frozenset(), False)
