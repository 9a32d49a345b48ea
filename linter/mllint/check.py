"""From paths to findings."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from pathlib import Path

from .cache import FOLDER, Cache
from .document import Place
from .finding import Evidence, Finding
from .load import Source, load_sources
from .places import Span, locate
from .program.program import Program
from .project import Project, open_project
from .rules import all_rules
from .rules.base import Report, Rule

UNPARSABLE, UNPARSABLE_NAME = "MLX002", "unparsable-file"
SHOWN = frozenset({"high", "medium"})


@dataclass(frozen=True)
class Outcome:
    """What a run found, and in how many files it looked."""

    findings: list[Finding]
    files: int


def check(paths: list[Path], cache_folder: Path | None = None, use_cache: bool = True) -> Outcome:
    """Lint files and folders.

    Args:
        paths: What to report on; their whole project is read.
        cache_folder: Where facts are kept; by default in the project's folder.
        use_cache: Whether facts are kept at all.

    Returns:
        The findings, in the order of files and lines.

    Raises:
        FileNotFoundError: If a path does not exist.
    """
    # Millions of facts and no garbage: the collector would walk over them again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        project = open_project(paths)
        if not project.checked:
            return Outcome([], 0)
        folder = (cache_folder or project.root / FOLDER) if use_cache else None
        sources = load_sources(project.files, Cache(folder))
        found = [*unparsable(project, sources), *by_rules(project, sources)]
    finally:
        if collecting:
            gc.enable()
    order = {path: position for position, path in enumerate(project.checked)}
    found.sort(key=lambda each: (order[each.path], each.cell, each.line, each.column, each.code))
    return Outcome(found, len(project.checked))


def unparsable(project: Project, sources: list[Source]) -> list[Finding]:
    """Return a finding for each file to report on that could not be read."""
    checked = frozenset(project.checked)
    found: list[Finding] = []
    for source in sources:
        failure = source.outline.failure
        if failure is None or source.path not in checked:
            continue
        document = source.document() if source.path.suffix == ".ipynb" else None
        place = document.place_of(failure.line) if document else Place(0, failure.line)
        message = f"File not checked, {failure.message}"
        finding = Finding(source.path, place.cell, place.line, failure.column, UNPARSABLE, message)
        found.append(replace(finding, name=UNPARSABLE_NAME, severity="error"))
    return found


def by_rules(project: Project, sources: list[Source]) -> list[Finding]:
    """Return what the rules find in the files to report on, but for what is suppressed."""
    program = Program(project, sources)
    found: list[Finding] = []
    for rule in all_rules():
        for report in rule.check(program):
            if report.confidence in SHOWN and program.is_checked(report.module):
                finding = make_finding(rule, report)
                if finding is not None:
                    found.append(finding)
    return found


def make_finding(rule: Rule, report: Report) -> Finding | None:
    """Return the finding for a report, or None if a comment suppresses it."""
    source = report.module.source
    document = source.document()
    if isinstance(report.statement, int):
        span = Span(report.statement, 1, report.statement, 1)
    elif document is None:  # the file has changed while it was checked
        span = Span(report.statement.line, 1, report.statement.line, 1)
    else:
        span = locate(document, report.statement, report.part)
    place = document.place_of(span.line) if document else Place(0, span.line)
    for each in source.outline.suppressions:
        in_cell = document is None or document.place_of(each.line).cell == place.cell
        if (each.scope != "cell" or in_cell) and each.covers(span.line, rule.code, rule.name):
            return None
    notes = tuple(
        Evidence(note.text, note.module.path if note.module else None, note.line)
        for note in report.notes
    )
    finding = Finding(source.path, place.cell, place.line, span.column, rule.code, report.message)
    return replace(
        finding,
        name=rule.name,
        severity=rule.severity,
        confidence=report.confidence,
        notes=notes,
    )
