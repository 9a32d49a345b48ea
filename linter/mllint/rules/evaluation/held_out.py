"""Which rows are a test part, as far as can be seen, and whether they are the last held-out ones.

``test`` is a name. Rows that choose among models are validation rows, whatever they are called, if
other held-out rows are evaluated in the end; and a part that is called ``val`` and is the only one
gives a score that says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...facts.expressions import Call, Constant, Name, Sequence, subexpressions
from ...facts.statements import Assign
from ...rows.events import Evaluation, Events
from ...rows.provenance import TRAIN, Fit, Region, Split, Spot

VALIDATION = re.compile(
    r"va?li?d(?!e)|(?<![a-z])(dev|eval|cv|oof|va?l)(?![a-z])|[xy]_?va?l?$", re.I
)
TEST = re.compile(r"test|[xy]_?te$|(?<![a-z])(te|tst|unseen|holdout|hold_out)(?![a-z])", re.I)
USED = frozenset({"predict", "score"})


class Scored(NamedTuple):
    """Rows that a model is scored on.

    Attributes:
        spot: Where.
        rows: The rows.
        fits: What the model was fitted on.
    """

    spot: Spot
    rows: frozenset[Region]
    fits: frozenset[Fit]


class HeldOut:
    """Tells test rows from others, in one program.

    Args:
        events: What happens to its rows.
    """

    def __init__(self, events: Events) -> None:
        self.events = events

    def test_rows(self, scored: Scored) -> list[Region]:
        """Return those rows of a test part that are scored, and that nothing else is behind."""
        trained = learned(scored.fits)
        names = names_in(scored.spot.part)
        for use in self.events.evaluations:  # a helper that scores calls them otherwise
            if use.how in USED and use.data.flat.regions & scored.rows:
                names |= names_in(use.spot.part)
        found = [
            region
            for region in scored.rows
            if is_held_out(region, trained)
            and is_test(names | names_of(region), bool(splits_apart(region, trained)))
        ]
        return [] if self.is_followed(found, trained) else found

    def is_followed(self, rows: list[Region], trained: set[Region]) -> bool:
        """Tell whether models that learn from the same rows meet other held-out rows, too."""
        origins = {region.origin for region in trained}
        for use in self.events.evaluations:
            if use.how not in USED:
                continue
            if not origins & {region.origin for region in learned(use.fits)}:
                continue
            for region in use.data.flat.regions:
                if any(meet(region, each) for each in (*rows, *trained)):
                    continue
                is_known = bool(splits_apart(region, trained)) or region.origin.kind == "read"
                if is_known and is_held_out(region, trained):
                    return True
        return False

    def uses_of(self, rows: Iterable[Region], but: object = None) -> Iterator[Evaluation]:
        """Yield where models predict or are scored on some rows that they have not learned from."""
        for use in self.events.evaluations:
            if use.how not in USED or use.call is but:
                continue
            trained = learned(use.fits)
            kept = [r for r in use.data.flat.regions if not any(meet(r, each) for each in trained)]
            if any(meet(mine, its) for mine in rows for its in kept):
                yield use


def learned(fits: Iterable[Fit]) -> set[Region]:
    """Return the rows that some models were fitted on."""
    return {region for fit in fits for region in fit.learned}


def meet(one: Region, other: Region) -> bool:
    """Tell whether two parts may share rows."""
    return one.origin == other.origin and one.opposed_to(other) is None


def splits_apart(region: Region, trained: set[Region]) -> list[Split | None]:
    """Return what holds rows out from those trained on; None for a loader of ready-made parts."""
    found: list[Split | None] = [step.split for step in region.path if step.is_held_out]
    for other in trained:
        apart = region.opposed_to(other)
        if apart is not None:
            found.append(apart[0].split)
        mine, its = region.origin, other.origin
        is_one_loader = mine.kind == its.kind == "read" and mine.spot == its.spot
        if is_one_loader and (mine.path[:1], its.path[:1]) == ((1,), (0,)):
            found.append(None)
    return found


def is_held_out(region: Region, trained: set[Region]) -> bool:
    """Tell whether rows are held out from training, by no inner split and no cross-validation."""
    if any(meet(region, each) for each in trained):
        return False
    return not any(step.split.kind == "folds" or step.side == TRAIN for step in region.path)


def is_test(names: frozenset[str], is_split: bool) -> bool:
    """Tell whether rows are called a test part, or are the other part of a split, unnamed."""
    if any(TEST.search(name) for name in names):
        return True
    return is_split and not any(VALIDATION.search(name) for name in names)


def names_in(part: object) -> frozenset[str]:
    """Return the names that a call is handed."""
    inside = (part.args, part.keywords) if isinstance(part, Call) else part
    return frozenset(each.id for each in subexpressions(inside) if isinstance(each, Name))


def names_of(region: Region) -> frozenset[str]:
    """Return what rows are called where they were read or split off, and the files they are in."""
    found: set[str] = set()
    for step in region.path:
        if step.split.kind == "call":
            found |= targets(step.split.spot, slice(1, None, 2))
        elif step.split.kind in ("slice", "files", "mask"):
            found |= targets(step.split.spot, slice(None))
    origin = region.origin
    if not region.path:
        found |= targets(origin.spot, slice(None))
        if isinstance(origin.spot.part, Call):
            texts = subexpressions((origin.spot.part.args, origin.spot.part.keywords))
            found |= {
                each.value
                for each in texts
                if isinstance(each, Constant) and isinstance(each.value, str)
            }
    return frozenset(found)


def targets(spot: Spot, chosen: slice) -> set[str]:
    """Return the names that a call's results are bound to."""
    found: set[str] = set()
    statement = spot.statement
    for target in statement.targets if isinstance(statement, Assign) else ():
        items = target.items[chosen] if isinstance(target, Sequence) else (target,)
        found |= {each.id for each in items if isinstance(each, Name)}
    return found
