"""Evidence that several rules give."""

from __future__ import annotations

from ..program.program import Program
from ..program.reach import Reach
from ..program.training import Training
from ..program.values import Frame, Library
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


DYNAMIC = frozenset(
    {"importlib.import_module", "builtins.__import__", "builtins.exec", "builtins.eval"}
    | {"hydra.utils.instantiate", "hydra.utils.call"}
)


def confidence(reach: Reach, program: Program) -> str:
    """Return how sure it is that something is absent: what could not be resolved may be it."""
    for site in reach.sites:
        for name in DYNAMIC.intersection(site.names):
            made = program.evaluator.evaluate(site.call, site.frame)
            if not made or Library(f"{name}()") in made:
                return "low"
    return "high"
