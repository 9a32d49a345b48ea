"""What the rules on leaks say of a leak."""

from __future__ import annotations

from ..facts.expressions import Attribute, Call, Name
from ..rows.events import Evaluation
from ..rows.leaks import Leak
from ..rows.spelling import shortened, spelled
from .base import Note

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
        if part.args:
            return shortened(part.args[0], 40)
        if isinstance(part.func, Attribute):
            return shortened(part.func.value, 40)
    return spelled(part)


def callee(leak: Leak) -> str:
    """Return what learns: ``scaler.fit_transform``."""
    part = leak.fit.spot.part
    return shortened(part.func if isinstance(part, Call) else part, 40)
