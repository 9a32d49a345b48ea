"""Statistics of groups: of which rows they tell, and whether any of those are held out."""

from __future__ import annotations

from .events import Events
from .provenance import Mark, Region, Split, Step


def groups_of(events: Events) -> set[Split]:
    """Return the masks by which loops go through groups of rows, one each round.

    A loop over folds holds each of them out, and takes the other rows as well.
    """
    if not events.groups:
        return set()
    apart = {each.split for each in steps_of_models(events) if side_of(each) in ("!=", "not")}
    return events.groups - apart


def splits_of_models(events: Events) -> set[Split]:
    """Return the splits and masks that part the rows which models learn from or are tested on."""
    return {each.split for each in steps_of_models(events)}


def steps_of_models(events: Events) -> set[Step]:
    """Return the steps by which rows got to models."""
    values = [each.data for each in events.fittings if each.is_of_model]
    values += [each.data for each in events.evaluations if each.how != "handed"]
    return {step for value in values for each in value.flat.regions for step in each.path}


def side_of(step: Step) -> object:
    """Return how a mask compares."""
    return step.side[0] if isinstance(step.side, tuple) else None


def seen_by(mark: Mark, parting: set[Split]) -> frozenset[Region]:
    """Return the rows that a fit learned from, all groups where each fills its own gaps."""
    fit = mark.fit
    if fit.kind != "statistic" or not is_own(mark):
        return fit.learned
    return frozenset(
        each._replace(path=tuple(s for s in each.path if side_of(s) != "==" or s.split in parting))
        for each in fit.learned
    )


def is_own(mark: Mark) -> bool:
    """Tell whether a statistic is put into the column that it was computed on."""
    return mark.columns is not None and mark.columns == mark.fit.columns


def is_of_group(mark: Mark, groups: set[Split]) -> bool:
    """Tell whether a statistic is one group's, as a feature of it; gaps that it fills are none."""
    fit = mark.fit
    if fit.kind != "statistic" or not groups or is_own(mark):
        return False
    return all(
        any(step.split in groups and side_of(step) == "==" for step in each.path)
        for each in fit.learned
    )
