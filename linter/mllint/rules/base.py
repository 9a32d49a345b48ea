"""What a rule is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from ..facts.statements import Handler, Statement
from ..program.program import Program
from ..program.symbols import Module

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
        statement: The statement, or the line where no statement is meant.
        part: The expression in it; None is all of the statement.
        message: One sentence: what is wrong, and what to write instead.
        notes: The evidence.
        confidence: ``high``, ``medium`` or ``low``; low ones are not shown.
    """

    module: Module
    statement: Statement | Handler | int
    part: object
    message: str
    notes: tuple[Note, ...] = ()
    confidence: str = "high"


class Rule(ABC):
    """A rule. Its docstring is its documentation: what is wrong, why, what to write instead.

    Attributes:
        code: Such as MLR001.
        name: In kebab case.
        severity: ``error``, ``warning`` or ``note``.
        bad: Examples with exactly one finding of this rule.
        good: Examples without any.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[str]
    bad: ClassVar[tuple[Example, ...]]
    good: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def check(self, program: Program) -> Iterator[Report]:
        """Yield what the rule finds in a program."""
