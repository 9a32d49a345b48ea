"""What a rule is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from ..facts.statements import Handler, Statement
from ..fixes.changes import Fix
from ..program.program import Program
from ..program.symbols import Module
from ..span import Span

if TYPE_CHECKING:
    from ..silence import Silence

Example = str | dict[str, str]  # one file, train.py; or several by name


class Note(NamedTuple):
    """One piece of evidence: what, and where if it is at a place."""

    text: str
    module: Module | None = None
    line: int = 0


class Report(NamedTuple):
    """What a rule found.

    Attributes:
        module: The file.
        statement: The statement; or the line, or the stretch of text, where none is meant.
        part: The expression in it; None is all of the statement.
        message: One sentence: what is wrong, and what to write instead.
        notes: The evidence.
        confidence: ``high``, ``medium`` or ``low``; low ones are not shown.
        fix: What would mend it, in the same file.
    """

    module: Module
    statement: Statement | Handler | Span | int
    part: object
    message: str
    notes: tuple[Note, ...] = ()
    confidence: str = "high"
    fix: Fix | None = None


class Rule(ABC):
    """A rule. Its docstring is its documentation: what is wrong, why, what to write instead.

    Attributes:
        code: Such as MLR001.
        name: In kebab case.
        severity: ``error``, ``warning`` or ``note``.
        is_default: Whether it is on unless it is switched off.
        bad: Examples with exactly one finding of this rule.
        good: Examples without any.
        fixed: For a rule with a fix, what each bad example becomes, in the same order; None for one
            that can't be mended.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[str]
    bad: ClassVar[tuple[Example, ...]]
    good: ClassVar[tuple[Example, ...]]
    fixed: ClassVar[tuple[Example | None, ...]] = ()
    is_default: ClassVar[bool] = True

    @abstractmethod
    def check(self, program: Program) -> Iterator[Report]:
        """Yield what the rule finds in a program."""


class Review(Rule):
    """A rule about the check itself, which is asked when all others have been."""

    def check(self, program: Program) -> Iterator[Report]:
        """Yield nothing: see `review`."""
        return iter(())

    @abstractmethod
    def review(self, program: Program, silence: Silence) -> Iterator[Report]:
        """Yield what the rule finds, given which comments suppressed what."""
