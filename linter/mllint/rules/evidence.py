"""Evidence that several rules give."""

from __future__ import annotations

from ..program.reach import Reach
from ..program.training import Training
from ..program.values import Frame
from .base import Note


def path_notes(reach: Reach, frame: Frame) -> list[Note]:
    """Return how a function is reached, call by call."""
    return [Note(f"reaches {step.what}", step.module, step.line) for step in reach.path(frame)]


def training_notes(training: Training, absent: str) -> tuple[Note, ...]:
    """Return what shows that a program trains, and what was looked for in vain.

    Args:
        training: The program.
        absent: What was looked for.
    """
    site, entry = training.site, training.entry
    reached = len(training.reach.callers)
    return (
        Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),
        *path_notes(training.reach, site.frame),
        Note("it trains here", site.module, site.statement.line),
        Note(f"{absent} in the {reached} functions and modules that it reaches"),
    )


def confidence(reach: Reach) -> str:
    """Return how sure it is that something is absent: what could not be resolved may be it."""
    dynamic = {"importlib.import_module", "hydra.utils.instantiate", "hydra.utils.call"}
    dynamic |= {"builtins.exec", "builtins.eval", "builtins.__import__"}
    for site in reach.sites:
        if not dynamic.isdisjoint(site.names):
            line = site.statement.line
            if not any(link == (site.frame, line) for link in reach.callers.values()):
                return "low"
    return "high"
