"""Which fits saw rows that a model is later tested on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts.expressions import subexpressions
from ..facts.statements import header
from ..program.program import Program
from .analysis import rows_of
from .events import Evaluation, Events, Validation
from .groups import groups_of, is_of_group, seen_by, splits_of_models
from .provenance import TRAIN, Fit, Mark, Origin, Region, Split
from .value import Value

# What never tells one row of another: the order of rows, names of classes.
HARMLESS = frozenset({"model", "cluster", "look-ahead", "lag", "sorting", "time", "time-order"})
HARMLESS |= {
    "duplication",
    "group-statistic",
    "prediction",
    "score",
    "ranking",
    "distinct",
    "sample",
    "filled",
}

# What tells of a target's own values, where nothing but the target carries it.
PLAIN = frozenset({"statistic", "bins"})

# What training and held-out rows are to be told in the same terms by.
AGAIN = frozenset({"transform", "encoding"})

# Alone, these move values and scale nothing: days since the first day.
SHIFTS = frozenset({"min", "nanmin", "amin", "sum", "describe", "value_counts"})


class Leak(NamedTuple):
    """A fit that saw held-out rows.

    Attributes:
        fit: The fit.
        split: What holds the rows out; None for a cross-validation by a library.
        use: Where they are used: an evaluation, or the cross-validation.
        has_seen: ``all``: rows of both sides of the split, before it; ``parts``: the parts of the
            split put together again; ``test``: only the held-out part; ``other``: rows that no
            split of the program made, but that a model trained on others is tested on.
        is_refit: Whether the same object had learned from other rows before.
        is_inner: Whether it saw only the training part of some other split, so that what that split
            holds out stays untouched. A sample is a part only if what it left is used as well.
    """

    fit: Fit
    split: Split | None
    use: Evaluation | Validation
    has_seen: str
    is_refit: bool = False
    is_inner: bool = False


def leaks_of(program: Program) -> list[Leak]:
    """Return the leaks of a program, one for each fit; found once."""
    found: list[Leak] | None = getattr(program, "_leaks", None)
    if found is None:
        found = list(find_leaks(rows_of(program)))
        program._leaks = found  # type: ignore[attr-defined]
    return found


def find_leaks(events: Events) -> Iterator[Leak]:
    """Yield the leaks, the most telling one of each fit."""
    best: dict[tuple[int, int, str], Leak] = {}
    for leak in all_leaks(events):
        spot = leak.fit.spot  # (x - x.mean()) / x.std() is one mistake
        key = id(spot.module), spot.line, leak.fit.kind
        known = best.get(key)
        if known is None or (weight(leak), places(known)) > (weight(known), places(leak)):
            best[key] = leak
    known_rest = set(rests(events))
    tested = [each for each in events.evaluations if each.how != "handed"]
    for leak in best.values():
        yield leak._replace(
            is_refit=is_refit(leak.fit, events),
            is_inner=all(is_part(region, known_rest) for region in leak.fit.learned)
            or any(is_apart(leak.fit, each, events) for each in tested),
        )


def is_apart(fit: Fit, use: Evaluation, events: Events) -> bool:
    """Tell whether a model is tested on rows that a fit has changed without learning from them.

    The other part of a split is such; rows of another file are if their truth is known here.
    """
    rows = use.data.flat
    if fit.learned and all(is_opposed(each, rows.regions) for each in fit.learned):
        return True
    origins = {each.origin for each in fit.learned}
    if not rows.regions or any(each.origin in origins for each in rows.regions):
        return False
    return any(mark.fit == fit for mark in rows.marks) and is_measured(use, events)


def is_opposed(mine: Region, others: frozenset[Region]) -> bool:
    """Tell whether some rows are the other part of those among others that came with them."""
    related = [each for each in others if each.origin == mine.origin]
    return bool(related) and all(mine.opposed_to(each) for each in related)


def is_measured(use: Evaluation, events: Events) -> bool:
    """Tell whether what a model predicts is compared with the truth."""
    if use.how != "predict":
        return use.how == "score"
    return any(
        mark.fit.kind == "prediction" and mark.fit.spot == use.spot
        for each in events.measurements
        for value in each.arguments
        for mark in value.flat.marks
    )


def rests(events: Events) -> Iterator[Split]:
    """Yield the splits whose held-out rows go anywhere."""
    values = [event.data for event in events.evaluations]
    values += [event.data for event in events.fittings]
    for value in values:
        for region in value.flat.regions:
            yield from (step.split for step in region.path if step.is_held_out)


def is_part(region: Region, known_rest: set[Split]) -> bool:
    """Tell whether rows are the training part of a split."""
    return any(
        step.side == TRAIN and (step.split.kind != "sample" or step.split in known_rest)
        for step in region.path
    )


def is_refit(fit: Fit, events: Events) -> bool:
    """Tell whether the object of a fit had learned from rows apart from these before."""
    things = {each.thing for each in events.fittings if each.fit == fit} - {None}
    for event in events.fittings:
        if event.fit == fit:
            return False
        if event.thing in things and not any(
            mine.covers(theirs) or theirs.covers(mine)
            for mine in event.fit.learned
            for theirs in fit.learned
        ):
            return True
    return False


def weight(leak: Leak) -> tuple[int, bool, bool, int]:
    """Return how telling a leak is; of equals, that of the first split."""
    is_evaluated = isinstance(leak.use, Evaluation) and leak.use.how != "handed"
    split = leak.split
    rank = 0 if split is None else 1 if split.kind == "folds" else 2
    line = split.spot.line if split is not None else leak.use.spot.line
    return rank, leak.fit.name not in SHIFTS, is_evaluated, -line


def places(leak: Leak) -> tuple[int, str, str, int]:
    """Return where a leak is: of equally telling ones the first counts, in every run the same."""
    spot, use = leak.fit.spot, leak.use.spot
    parts = subexpressions(header(spot.statement))
    number = next((each for each, part in enumerate(parts) if part is spot.part), 0)
    split = leak.split.spot.module.path.as_posix() if leak.split is not None else ""
    return number, split, use.module.path.as_posix(), use.line


def all_leaks(events: Events) -> Iterator[Leak]:
    """Yield every fit together with every use of held-out rows that it saw."""
    of_targets = encoders_of_targets(events)
    namings = {
        event.fit
        for event in events.fittings
        if event.thing is not None and event.thing.kind == "category-encoder"
    }
    trained = {event.fit: event.data.flat for event in events.fittings}
    truths, groups = origins_of_truth(events), groups_of(events)
    parting = splits_of_models(events)
    for use in events.evaluations:
        outer = {r for f in use.fits for r in f.learned}
        inner = [trained[fit] for fit in use.fits if fit in trained]
        yield from fitted_again(use, inner, outer, of_targets)
        of_training = {m for data in inner for m in data.marks if m.fit.kind not in HARMLESS}
        for mark in {*marks_of(use, namings), *of_training}:
            if is_of_group(mark, groups):
                continue
            is_plain = mark.fit in namings or mark.fit.kind in PLAIN
            if is_plain and all(each.origin in truths for each in mark.fit.learned):
                continue  # names of classes, and where one ends
            if mark.fit.kind == "encoding" and (
                use.how == "handed"
                or (id(mark.fit.spot.part) in of_targets and not is_of_all_columns(mark, use))
            ):
                continue
            yield from leaks_at(mark.fit, seen_by(mark, parting), use, outer)
    for validation in events.validations:
        data = validation.data.flat
        for mark in data.marks:
            if mark.fit.kind in HARMLESS or mark.fit.kind == "encoding":
                continue
            if is_of_group(mark, groups):
                continue
            if any(p.covers(q) for p in seen_by(mark, parting) for q in data.regions):
                yield Leak(mark.fit, None, validation, "all")


def fitted_again(
    use: Evaluation, inner: list[Value], outer: set[Region], of_targets: set[int]
) -> Iterator[Leak]:
    """Yield the fits on rows of another file, where the training rows had one of the same kind."""
    rows = use.data.flat
    if {r.origin for r in outer} & {r.origin for r in rows.regions}:
        return
    names = {mark.fit.name for data in inner for mark in data.marks if mark.fit.kind in AGAIN}
    seen = {mark.fit for data in inner for mark in data.marks}
    for mark in rows.marks:
        fit = mark.fit
        is_again = fit.kind in AGAIN and fit.name in names and fit not in seen
        if id(fit.spot.part) in of_targets and not is_of_all_columns(mark, use):
            continue
        if is_again and any(p.covers(q) for p in fit.learned for q in rows.regions):
            yield Leak(fit, None, use, "other")


def encoders_of_targets(events: Events) -> set[int]:
    """Return the encoders whose numbers are what a model is taught, by their fits' facts."""
    taught = [each.target for each in events.fittings] + [e.target for e in events.evaluations]
    taught += [each for event in events.measurements for each in event.arguments]
    return {
        id(mark.fit.spot.part)
        for value in taught
        for mark in value.flat.marks
        if mark.fit.kind == "encoding"
    }


def origins_of_truth(events: Events) -> set[Origin]:
    """Return where rows come from that are what models are taught, and never what they see."""
    found = {r.origin for each in events.fittings for r in each.target.flat.regions}
    seen = {
        r.origin for each in events.fittings if each.is_of_model for r in each.data.flat.regions
    }
    seen |= {r.origin for e in events.evaluations if e.how != "handed" for r in e.data.flat.regions}
    for splitting in events.splittings:
        if splitting.split.kind == "call" and splitting.data.items:
            arrays = [value.flat.regions for _, value in splitting.data.items]
            seen |= {region.origin for region in arrays[0]}
            found |= {region.origin for regions in arrays[1:] for region in regions}
    return found - seen


def is_of_all_columns(mark: Mark, use: Evaluation) -> bool:
    """Tell whether an encoder went through columns that are not known, features among them."""
    return mark.columns is None and mark.fit.columns is None and mark in use.data.flat.marks


def marks_of(use: Evaluation, namings: set[Fit]) -> Iterator[Mark]:
    """Yield what the rows of an evaluation carry, as features or as their target.

    A statistic that only the target carries counts its classes, or scales truth and prediction
    alike; an encoder of categories names them.

    Args:
        use: The evaluation.
        namings: The fits of encoders of categories.
    """
    yield from (mark for mark in use.data.flat.marks if mark.fit.kind not in HARMLESS)
    for mark in use.target.flat.marks:
        is_harmless = mark.fit.kind in HARMLESS | PLAIN
        if not is_harmless and mark.fit not in namings:
            yield mark


def leaks_at(
    fit: Fit, learned: frozenset[Region], use: Evaluation, trained_on: set[Region]
) -> Iterator[Leak]:
    """Yield the ways in which a fit saw the held-out rows of one evaluation."""
    for region in use.data.flat.regions | use.target.flat.regions:
        covering = [each for each in learned if each.covers(region)]
        if not covering:
            continue
        for split, side in held_out(region, trained_on):
            has_seen = "test"
            for each in covering:
                if not any(s.split == split for s in each.path):
                    has_seen = "all"
            if has_seen == "test" and any(
                s.split == split and s.side != side for each in fit.learned for s in each.path
            ):
                has_seen = "parts"
            yield Leak(fit, split, use, has_seen)


def held_out(region: Region, trained_on: set[Region]) -> Iterator[tuple[Split, object]]:
    """Yield the splits that hold a region out, and on which side it is.

    Rows that were divided and put together again, such as the classes to balance them, are on both
    sides for the model too: that holds none of them out.
    """
    for step in region.path:
        if step.is_held_out:
            yield step.split, step.side
    for other in trained_on:
        apart = region.opposed_to(other)
        if apart is None or apart[0].is_held_out:
            continue
        if not any(apart[0] in each.path for each in trained_on):
            yield apart[0].split, apart[0].side
