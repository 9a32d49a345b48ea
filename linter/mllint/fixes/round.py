"""The fixes of one file that can be made at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from ..cache import Cache
from ..document import Document, Place, UnreadableDocumentError, read_content, read_document
from ..finding import Finding
from ..load import Source
from ..syntax import UnparsableError
from .changes import AddImport, Fix
from .compiling import stays_valid
from .content import PlacedEdit, edit_content, placed
from .edits import Edit, collide
from .plan import plan
from .tree import Tree, UnfixableError


class Made(NamedTuple):
    """A fix that was made, and on which line of the new text its finding would stand by now."""

    finding: Finding
    line: int


class Workpiece:
    """A file that is to be mended.

    Args:
        source: The file and its facts.

    Raises:
        UnfixableError: If it is no longer the file that the facts are of.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        try:
            self.content = read_content(source.path) if source.given is None else source.given
            if Cache.key(self.content, source.path.suffix) != source.key:
                raise UnfixableError("the file has changed while it was checked")
            self.document = read_document(source.path, self.content)
        except UnreadableDocumentError as error:
            raise UnfixableError(str(error)) from error

    @cached_property
    def tree(self) -> Tree:
        """The syntax tree."""
        try:
            return Tree(self.document, self.source.body)
        except UnparsableError as error:
            raise UnfixableError(str(error)) from error

    def edits(self, fix: Fix) -> tuple[Edit, ...]:
        """Return a fix's edits of the document's text.

        Raises:
            UnfixableError: If it can't be made, or leaves what is no Python.
        """
        edits = plan(self.tree, fix)
        self.content_with(edits)
        return edits

    def content_with(self, edits: Sequence[Edit]) -> bytes:
        """Return the file's content with edits made.

        Raises:
            UnfixableError: If that can't be, or is no Python.
        """
        new = edit_content(self.content, self.document, edits)
        if not stays_valid(self.source.path, self.document, new):
            raise UnfixableError("what the fix makes is no Python")
        return new

    def mend(self, findings: Iterable[Finding]) -> tuple[bytes, list[Made]]:
        """Make the fixes that don't get in each other's way; the others are for the next round.

        Args:
            findings: With a fix.

        Returns:
            The new content, and what was made.
        """
        chosen: list[tuple[Finding, list[Edit]]] = []
        taken: list[Edit] = []
        for finding in findings:
            if finding.report is None or finding.report.fix is None:
                continue
            try:
                edits = plan(self.tree, finding.report.fix)
            except UnfixableError:
                continue
            shared = set(imports_of(finding.report.fix, edits)).intersection(taken)
            new = [edit for edit in edits if edit not in shared]
            if not any(collide(edit, other) for edit in new for other in taken):
                taken += new
                chosen.append((finding, new))
        try:
            content = self.content_with(taken)
        except UnfixableError:  # at least one of them
            content, taken, chosen = self._one_by_one(chosen)
        made = [finding for finding, _ in chosen]
        return content, [
            Made(finding, moved(line_in(self.document, finding), self.document.text, taken))
            for finding in made
        ]

    def _one_by_one(
        self, chosen: list[tuple[Finding, list[Edit]]]
    ) -> tuple[bytes, list[Edit], list[tuple[Finding, list[Edit]]]]:
        """Leave out the fixes after which the file would be no Python."""
        content = self.content
        taken: list[Edit] = []
        kept: list[tuple[Finding, list[Edit]]] = []
        for finding, edits in chosen:
            try:
                content = self.content_with([*taken, *edits])
            except UnfixableError:
                continue
            taken += edits
            kept.append((finding, edits))
        return content, taken, kept


def imports_of(fix: Fix, edits: Iterable[Edit]) -> Iterator[Edit]:
    """Yield the edits of a fix that add imports, which another fix may need too."""
    texts = [change.text for change in fix.changes if isinstance(change, AddImport)]
    for edit in edits:
        if edit.start == edit.end and edit.text.strip("\n") in texts:
            yield edit


def line_in(document: Document, finding: Finding) -> int:
    """Return the line of the document that a finding is on."""
    if not document.places:
        return finding.line
    return document.places.index(Place(finding.cell, finding.line)) + 1


def moved(line: int, text: str, edits: Iterable[Edit]) -> int:
    """Return the line at which what stood on a line stands once edits are made."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    shift = 0
    for edit in edits:
        if edit.start <= start and not edit.start == start < edit.end:
            gone = text.count("\n", edit.start, min(edit.end, start))
            shift += edit.text.count("\n") - gone
    return line + shift


def edits_of(findings: Sequence[Finding]) -> list[tuple[PlacedEdit, ...] | None]:
    """Return what the fix of each finding would change, in its file's own lines.

    Returns:
        None for a finding that has no fix, or whose fix can't be made.
    """
    pieces: dict[int, Workpiece | None] = {}
    found: list[tuple[PlacedEdit, ...] | None] = []
    for finding in findings:
        report = finding.report
        if report is None or report.fix is None:
            found.append(None)
            continue
        source = report.module.source
        try:
            if id(source) not in pieces:
                pieces[id(source)] = None
                pieces[id(source)] = Workpiece(source)
            piece = pieces[id(source)]
            found.append(placed(piece.document, piece.edits(report.fix)) if piece else None)
        except UnfixableError:
            found.append(None)
    return found
