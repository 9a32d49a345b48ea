"""Evidence that several rules give."""

from __future__ import annotations

from ..facts.expressions import Attribute, Name, calls, subexpressions
from ..facts.statements import Assign, Return, Statement, header, walk
from ..program.activity import Site
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
    return "low" if reach.where(hides_what_it_calls, program) else "high"


def hides_what_it_calls(site: Site, program: Program) -> bool:
    """Tell whether a call makes, by a name that is not known, what may be called later."""
    for name in DYNAMIC.intersection(site.names):
        made = program.evaluator.evaluate(site.call, site.frame)
        is_unknown = not made or Library(f"{name}()") in made
        if is_unknown and not is_looked_at_only(site):
            return True
    return False


def is_looked_at_only(site: Site) -> bool:
    """Tell whether nothing of what a call gives is called or handed on: its version is read."""
    match site.statement:
        case Assign(_, (Name() as target,), value) if value is site.call:
            body = (site.frame.function or site.module).body
            return not any(is_used(each, target) for each in walk(body))
    return False


def is_used(statement: Statement, name: Name) -> bool:
    """Tell whether a statement calls, hands on or returns what has a name, or a part of it."""
    if isinstance(statement, Return) and name in subexpressions(statement.value):
        return True
    for call in calls(header(statement)):
        subject = call.func
        while isinstance(subject, Attribute):
            subject = subject.value
        if type(subject) is Name and subject == name:
            return True
        is_asked = isinstance(call.func, Name) and call.func.id in ("hasattr", "getattr", "print")
        if not is_asked and any(type(each) is Name and each == name for each in call.args):
            return True
    return False
