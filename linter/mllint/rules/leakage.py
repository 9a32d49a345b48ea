"""What the rules on leaks say of a leak."""

from __future__ import annotations

from ..facts.expressions import Attribute, Call, Name
from ..facts.statements import Handler
from ..fixes.behind_split import behind_split
from ..fixes.changes import Fix
from ..fixes.into_folds import into_folds
from ..fixes.into_pipeline import Validating, into_pipeline
from ..program.program import Program
from ..rows.analysis import rows_of
from ..rows.events import Evaluation
from ..rows.functions import HANDED
from ..rows.leaks import Leak
from ..rows.provenance import Thing
from ..rows.selection import constant_of
from ..rows.spelling import shortened, spelled
from .base import Note

PICKERS = frozenset({"ColumnTransformer", "make_column_transformer", "DataFrameMapper"})
USES = {
    "predict": "the held-out rows are predicted here",
    "score": "the held-out rows are scored here",
    "validation": "the held-out rows validate the model here",
    "handed": "the held-out rows go on from here",
}


def notes_of(leak: Leak) -> tuple[Note, ...]:
    """Return the evidence for a leak: the split, and the use of what it holds out."""
    notes: list[Note] = []
    if leak.split is not None:
        spot = leak.split.spot
        notes.append(Note(f"rows are split here: {shortened(spot.part)}", spot.module, spot.line))
    use = leak.use.spot
    if isinstance(leak.use, Evaluation):
        notes.append(Note(USES[leak.use.how], use.module, use.line))
    else:
        notes.append(Note(f"{leak.use.name} cross-validates here", use.module, use.line))
    return tuple(notes)


def confidence_of(leak: Leak) -> str:
    """Return how sure a leak is."""
    if not leak.fit.is_sure:
        return "low"
    is_bounded = leak.fit.kind == "encoding" or leak.is_inner or leak.has_seen == "other"
    return "medium" if is_bounded else "high"


def split_name(leak: Leak) -> str:
    """Return what holds the rows out as a message names it."""
    split = leak.split
    if split is None:
        return str(getattr(leak.use, "name", "the cross-validation"))
    part = split.spot.part
    if split.kind == "folds":
        return "the folds"
    if isinstance(part, Call) and part.keyword("validation_split") is not None:
        return "validation_split"
    if isinstance(part, Call) and isinstance(part.func, Name | Attribute):
        return part.func[-1]
    return shortened(part, 40)


def learner(leak: Leak) -> str:
    """Return what a fit learns from: the name of the argument."""
    part = leak.fit.spot.part
    if isinstance(part, Call):
        if part.args == (HANDED,):  # `table.apply(encoder.fit_transform)`
            return "each column"
        if part.args and constant_of(part.args[0]) is None:  # `x.quantile(0.99)`
            return shortened(part.args[0], 40)
        if isinstance(part.func, Attribute):
            return shortened(part.func.value, 40)
    return spelled(part)


def callee(leak: Leak) -> str:
    """Return what learns: ``scaler.fit_transform``."""
    part = leak.fit.spot.part
    return shortened(part.func if isinstance(part, Call) else part, 40)


def fix_of(leak: Leak, program: Program, title: str) -> Fix | None:
    """Return the fix that lets the training part alone teach; None if that can't be seen through.

    Args:
        leak: The leak.
        program: The program.
        title: What the fix does.
    """
    spot, split = leak.fit.spot, leak.split
    if not isinstance(spot.part, Call):
        return None
    if split is None:
        found = validations_of(leak, program)
        changes = found and into_pipeline(spot.module.body, spot.statement, spot.part, found)
        return Fix(title, changes, False) if changes else None
    if split.spot.module is not spot.module:
        return None
    if split.kind == "folds":
        changes = into_folds(spot.module.body, spot.statement, spot.part, split.spot.statement)
        return Fix(title, changes, False) if changes else None
    if split.kind not in ("call", "slice", "files"):
        return None
    calls = {
        id(each.split.spot.part)
        for each in rows_of(program).splittings
        if each.name.endswith("train_test_split") and split.kind == "call"
    }
    is_table = leak.fit.kind not in ("vectorizer", "vocabulary")
    at = spot.statement, spot.part, split.spot.statement
    changes = behind_split(spot.module.body, *at, calls, is_table)
    return Fix(title, changes, False) if changes else None


def picks_columns(leak: Leak, program: Program) -> bool:
    """Tell whether what meets held-out rows may leave columns of them out."""
    use = leak.use
    if isinstance(use, Evaluation):
        things = {use.thing} - {None}
    else:
        fittings = rows_of(program).fittings
        things = {*use.things, *(each.thing for each in fittings if each.call is use.call)} - {None}
    return any(each is not None and picks(each) for each in things)


def picks(thing: Thing) -> bool:
    """Tell whether an estimator, or one that it is made of, takes some columns only."""
    parts = (each for each in thing.data if isinstance(each, Thing))
    return thing.name in PICKERS or any(picks(each) for each in parts)


def validations_of(leak: Leak, program: Program) -> list[Validating] | None:
    """Return the cross-validations of what a fit made; None if one is elsewhere, or not known."""
    events, fit = rows_of(program), leak.fit
    found: dict[int, Validating] = {}
    for each in events.validations:
        learned = {mark.fit.spot for value in (each.data, each.target) for mark in value.flat.marks}
        if fit.spot not in learned:
            continue
        things = [event.thing for event in events.fittings if event.call is each.call]
        made = things[0].spot if things and things[0] is not None else None
        if any(spot.module is not fit.spot.module for spot in (each.spot, made) if spot):
            return None
        if isinstance(each.spot.statement, Handler) or (made and not isinstance(made.part, Call)):
            return None
        construction = made.part if made and isinstance(made.part, Call) else None
        found[id(each.call)] = Validating(each.spot.statement, each.call, construction)
    return list(found.values())
