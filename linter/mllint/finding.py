"""What the linter says about one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .rules.base import Report


@dataclass(frozen=True)
class Evidence:
    """One piece of what a finding rests on: what, and where if it is at a place.

    Attributes:
        text: What.
        path: The file, if it is at a place.
        line: From 1; within the cell in a notebook.
        cell: Number of the notebook's cell from 1, or 0 in a Python file.
    """

    text: str
    path: Path | None = None
    line: int = 0
    cell: int = 0


@dataclass(frozen=True)
class Finding:
    """One report.

    Attributes:
        path: The file, as the user named it or found below a folder that he named.
        cell: Number of the notebook's cell from 1, or 0 in a Python file.
        line: From 1; within the cell in a notebook.
        column: In characters, from 1.
        code: Such as MLX002.
        message: One sentence.
        name: The rule's name in kebab case.
        severity: ``error``, ``warning`` or ``note``; a note never fails a run.
        confidence: ``high``, ``medium`` or ``low``.
        notes: What it rests on.
        end_line: The line on which it ends, counted like `line`.
        end_column: Behind its last character.
        report: What the rule said, with the facts that its fix is written in.
    """

    path: Path
    cell: int
    line: int
    column: int
    code: str
    message: str
    name: str = ""
    severity: str = "error"
    confidence: str = "high"
    notes: tuple[Evidence, ...] = ()
    end_line: int = 0
    end_column: int = 0
    report: Report | None = field(default=None, repr=False, compare=False)

    @property
    def fails(self) -> bool:
        """Whether a run with it ends with status 1."""
        return self.severity != "note"
