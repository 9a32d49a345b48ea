"""From what a rule says in facts to a finding at a place in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .document import Document, Place
from .finding import Evidence, Finding
from .load import Source
from .rules.base import Note, Report, Rule
from .silence import Silence
from .span import Span


class Placing:
    """Makes findings; each file's text is read once.

    Args:
        silence: Which findings comments suppress.
    """

    def __init__(self, silence: Silence) -> None:
        self.silence = silence
        self.documents: dict[Path, Document | None] = {}

    def document(self, source: Source) -> Document | None:
        """Return a file's text; None if it can't be had, or has changed since it was read."""
        if source.path not in self.documents:
            self.documents[source.path] = source.document()
        return self.documents[source.path]

    def finding(self, rule: Rule, report: Report) -> Finding | None:
        """Return the finding for a report, or None if a comment suppresses it."""
        source = report.module.source
        document = self.document(source)
        span = span_of(report, document)
        if self.silence.suppresses(source, document, span.line, rule):
            return None
        place, end = place_of(span.line, document), place_of(span.end_line, document)
        if end.cell != place.cell:  # of a statement that a magic cuts
            end = place
        evidence = [self.evidence(note) for note in report.notes]
        confidence = report.confidence
        disorder = document and document.inversion(lines_of(report, span))
        if disorder:  # what came first when it was run may not be what comes first
            evidence.append(Evidence(said_of(*disorder)))
            confidence = "medium" if confidence == "high" else confidence
        return Finding(
            source.path,
            place.cell,
            place.line,
            span.column + place.indent,
            rule.code,
            report.message,
            rule.name,
            rule.severity,
            confidence,
            tuple(evidence),
            end.line,
            span.end_column + end.indent,
            report,
        )

    def evidence(self, note: Note) -> Evidence:
        """Return a note with its place in the file."""
        if note.module is None:
            return Evidence(note.text)
        source = note.module.source
        is_notebook = source.path.suffix == ".ipynb"
        place = place_of(note.line, self.document(source) if is_notebook else None)
        return Evidence(note.text, source.path, place.line, place.cell)


def lines_of(report: Report, span: Span) -> Iterator[int]:
    """Yield the lines of its file that a report is about."""
    yield span.line
    yield from (note.line for note in report.notes if note.module is report.module and note.line)


def said_of(cell: int, other: int) -> str:
    """Return what is said of a cell that was last run behind a later one."""
    return f"cell {cell} was last run behind cell {other}: run all cells in order to be sure"


def span_of(report: Report, document: Document | None) -> Span:
    """Return where in the document's text a report is."""
    match report.statement:
        case Span() as span:
            return span
        case int(line):
            return whole_line(document, line)
        case statement if report.part is None or document is None:
            # Without the text (the file has changed while it was checked) the line must do.
            return whole_line(document, statement.line)
        case statement:
            from .places import locate  # brings libcst, which takes longer to import than the rest

            return locate(document, statement, report.part)


def whole_line(document: Document | None, number: int) -> Span:
    """Return the stretch of a line between its indentation and its end."""
    lines = document.text.split("\n") if document else []
    if not 0 < number <= len(lines):
        return Span(number, 1, number, 1)
    text = lines[number - 1].rstrip()
    return Span(number, len(text) - len(text.lstrip()) + 1, number, len(text) + 1)


def place_of(line: int, document: Document | None) -> Place:
    """Return the cell and line in the file of a line in the document."""
    return document.place_of(line) if document else Place(0, line)
