"""What is written, whatever the format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..document import Document, UnreadableDocumentError, read_document
from ..finding import Finding
from ..load import Source
from ..program.program import Program

if TYPE_CHECKING:
    from ..fixes.content import PlacedEdit


@dataclass
class Listing:
    """Findings, and what is needed to write them.

    Attributes:
        findings: In order.
        files: How many were checked.
        program: What was checked; None if there was nothing.
        unsafe: Whether fixes that ask the reader to look are among those to be made.
    """

    findings: Sequence[Finding]
    files: int
    program: Program | None = None
    unsafe: bool = False

    def is_fixable(self, finding: Finding) -> bool:
        """Tell whether this run's options would mend a finding."""
        fix = finding.report.fix if finding.report else None
        return fix is not None and (fix.is_safe or self.unsafe)

    def edits(self, finding: Finding) -> Sequence[PlacedEdit]:
        """Return what the fix of a finding changes; nothing if it has none or that can't be."""
        return self._edits.get(id(finding), ())

    @cached_property
    def _edits(self) -> dict[int, Sequence[PlacedEdit]]:
        from ..fixes.round import edits_of  # brings libcst, and parses the files again

        with_fix = [each for each in self.findings if each.report and each.report.fix]
        found = edits_of(with_fix)
        return {id(each): edits or () for each, edits in zip(with_fix, found, strict=True)}

    @property
    def root(self) -> Path:
        """The project's folder, absolute."""
        folder = self.program.project.root if self.program else Path()
        return Path(os.path.abspath(folder))  # noqa: PTH100 (links stay as they are)

    def relative(self, path: Path) -> str:
        """Return a file's path from the project's folder, with forward slashes."""
        absolute = Path(os.path.abspath(path))  # noqa: PTH100
        if absolute.is_relative_to(self.root):
            return absolute.relative_to(self.root).as_posix()
        return absolute.as_posix()

    @cached_property
    def _sources(self) -> dict[Path, Source]:
        if self.program is None:
            return {}
        modules = [*self.program.modules, *self.program.unparsable]
        return {module.path: module.source for module in modules}

    @cached_property
    def _documents(self) -> dict[Path, Document | None]:
        return {}

    def document(self, path: Path) -> Document | None:
        """Return a file's text; None if it can't be had."""
        if path not in self._documents:
            source = self._sources.get(path)
            try:
                self._documents[path] = source.document() if source else read_document(path)
            except UnreadableDocumentError:
                self._documents[path] = None
        return self._documents[path]

    def lines(self, path: Path, cell: int) -> list[str]:
        """Return the lines of a file, or of a notebook's cell; none if they can't be had."""
        document = self.document(path)
        if document is None:
            return []
        lines = document.text.split("\n")
        if not cell:
            return lines
        return [
            line for line, place in zip(lines, document.places, strict=False) if place.cell == cell
        ]


def shown(path: Path) -> str:
    """Return a path as people read it: from the current folder, if it is below that."""
    absolute = os.path.abspath(path)  # noqa: PTH100
    here = f"{os.getcwd()}{os.sep}"  # noqa: PTH109
    return absolute[len(here) :] if absolute.startswith(here) else absolute


def place(path: Path, cell: int, line: int, column: int = 0) -> str:
    """Return ``path:line:column``; in notebooks ``path:cell 2:line:column``."""
    parts = [shown(path), f"cell {cell}" if cell else "", str(line), str(column) if column else ""]
    return ":".join(part for part in parts if part)
