"""Which models are scored on rows that they have learned from, by regions of rows.

Only what is sure counts: every region that a model learned from shares rows with one that a split
holds out. Fits on all rows before another, and scores on the training part, are common and mean no
harm; so it is the scored part that must have been held out by somebody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts.expressions import Call, Constant
from ..program.program import Program
from .analysis import rows_of
from .events import Evaluation
from .provenance import TRAIN, Fit, Region, Step, are_apart

SCORING = frozenset({"predict", "score", "validation"})


class RowOverlap(NamedTuple):
    """A model that is scored on rows that it has learned from.

    Attributes:
        use: Where it is scored.
        fit: Where it learned.
        kind: ``within``: from all rows; ``slices``: their bounds overlap; ``split twice`` or
            ``drawn twice``: the parts come from different splits or samples.
        step: What holds the scored rows out.
    """

    use: Evaluation
    fit: Fit
    kind: str
    step: Step


def overlaps_of(program: Program) -> Iterator[RowOverlap]:
    """Yield the overlaps, one for each place where a model is scored."""
    seen: set[int] = set()
    for use in rows_of(program).evaluations:
        key = id(use.spot.part)
        if use.how not in SCORING or key in seen or not is_sure(use):
            continue
        (fit,) = fits_of(use)
        for region in use.data.flat.regions:
            if use.how == "validation" and region in fit.learned:
                continue  # the training part itself is watched
            found = {overlap(each, region) for each in fit.learned}
            if None in found or len(found) != 1:
                continue
            for kind, step in (each for each in found if each is not None):
                seen.add(key)
                yield RowOverlap(use, fit, kind, step)
            break


def is_sure(use: Evaluation) -> bool:
    """Tell whether it is known what a model learned from, and on what it is scored."""
    fits = fits_of(use)
    if len(fits) != 1 or len(use.data.flat.regions) != 1:
        return False
    (fit,) = fits
    return fit.kind == "model" and bool(fit.learned) and all(r.path for r in use.data.flat.regions)


def fits_of(use: Evaluation) -> frozenset[Fit]:
    """Return what a model itself was fitted on, rather than those that it is made of."""
    own = frozenset(each for each in use.fits if use.thing and each.name == use.thing.name)
    return own or use.fits


def overlap(learned: Region, scored: Region) -> tuple[str, Step] | None:
    """Return how a region that a model learned from shares rows with one that it is scored on."""
    if learned.origin != scored.origin:
        return None
    if any(
        mine.split == its.split and are_apart(mine, its)
        for mine in learned.path
        for its in scored.path
    ):
        return None
    held = next((step for step in reversed(scored.path) if step.is_held_out), None)
    if held is not None and learned.covers(scored):
        return "within", held
    for one in learned.path:
        for other in scored.path:
            if slices_overlap(one, other):
                return "slices", other
    if not learned.path or learned.path[:-1] != scored.path[:-1]:
        return None
    mine, its = learned.path[-1], scored.path[-1]
    if mine.side != TRAIN:
        return None
    if mine.split == its.split or mine.split.kind != its.split.kind:
        return None
    if its.is_held_out and its.split.kind == "call" and not is_same_draw(mine, its):
        return "split twice", its
    if its.side == TRAIN and its.split.kind == "sample":
        return "drawn twice", its
    return None


def slices_overlap(one: Step, other: Step) -> bool:
    """Tell whether two slices with numbers for bounds share rows, and neither holds the other."""
    match one.side, other.side:
        case (("bounds", None, int(end)), ("bounds", int(start), _)):
            return 0 < start < end
    return False


def is_same_draw(one: Step, other: Step) -> bool:
    """Tell whether two splits may put the same rows into their parts: they are seeded alike."""
    seeds = [
        part.keyword("random_state") if isinstance(part := step.split.spot.part, Call) else None
        for step in (one, other)
    ]
    return any(seed is not None and seed != Constant(None) for seed in seeds) and (
        seeds[0] == seeds[1] or not all(isinstance(seed, Constant) for seed in seeds)
    )
