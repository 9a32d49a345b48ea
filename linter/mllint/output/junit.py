"""Findings as a JUnit report: a suite for each file, a failed test for each error and warning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from ..finding import Finding
from .listing import Listing, shown

# What XML 1.0 can't say at all.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(listing: Listing) -> str:
    """Return the report."""
    groups = [(path, list(each)) for path, each in groupby(listing.findings, lambda f: f.path)]
    suites = [render_suite(shown(path), path, findings) for path, findings in groups]
    if not suites:
        suites = [
            '    <testsuite name="mllint" tests="1" failures="0" errors="0" package="org.mllint">\n'
            '        <testcase name="No errors found" classname="mllint"/>\n'
            "    </testsuite>\n"
        ]
    total = max(len(listing.findings), 1)
    failures = sum(finding.fails for finding in listing.findings)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="mllint" tests="{total}" failures="{failures}" errors="0">\n'
        f"{''.join(suites)}</testsuites>\n"
    )


def render_suite(name: str, path: Path, findings: Sequence[Finding]) -> str:
    """Return the suite of one file."""
    failures = sum(finding.fails for finding in findings)
    counts = f'tests="{len(findings)}" failures="{failures}" errors="0"'
    cases = "".join(render_case(str(path.with_suffix("")), finding) for finding in findings)
    return (
        f'    <testsuite name={_attribute(name)} {counts} package="org.mllint">\n'
        f"{cases}    </testsuite>\n"
    )


def render_case(class_name: str, finding: Finding) -> str:
    """Return one finding: a failed test, or for a note one that passes and says something."""
    cell = f"cell {finding.cell}, " if finding.cell else ""
    text = f"{cell}line {finding.line}, col {finding.column}, {finding.message}"
    notes = [
        f"{shown(note.path)}:{note.line}: {note.text}" if note.path else note.text
        for note in finding.notes
    ]
    body = _text("\n".join([text, *notes]))
    if finding.fails:
        kind = f"message={_attribute(finding.message)} type={_attribute(finding.severity)}"
        inside = f"            <failure {kind}>{body}</failure>\n"
    else:
        inside = f"            <system-out>{body}</system-out>\n"
    return (
        f'        <testcase name="org.mllint.{finding.code}" classname={_attribute(class_name)} '
        f'line="{finding.line}" column="{finding.column}">\n{inside}        </testcase>\n'
    )


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("\ufffd", text))
