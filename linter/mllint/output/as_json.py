"""Findings as JSON: ruff's keys, and what ruff has no word for."""

from __future__ import annotations

import json
import os
from typing import Any

from ..finding import Finding
from .listing import Listing


def render_json(listing: Listing) -> str:
    """Return a list of all findings."""
    found = [as_object(finding, listing) for finding in listing.findings]
    return f"{json.dumps(found, indent=2)}\n"


def render_json_lines(listing: Listing) -> str:
    """Return a line for each finding."""
    return "".join(f"{json.dumps(as_object(finding, listing))}\n" for finding in listing.findings)


def location(line: int, column: int) -> dict[str, int]:
    """Return a place."""
    return {"column": column, "row": line}


def as_object(finding: Finding, listing: Listing) -> dict[str, Any]:
    """Return one finding."""
    return {
        "cell": finding.cell or None,
        "code": finding.code,
        "confidence": finding.confidence,
        "end_location": location(finding.end_line, finding.end_column),
        "filename": os.path.abspath(finding.path),  # noqa: PTH100 (links stay as they are)
        "fix": fix_of(finding, listing),
        "location": location(finding.line, finding.column),
        "message": finding.message,
        "name": finding.name,
        "noqa_row": finding.line,
        "notes": [
            {
                "cell": note.cell or None,
                "filename": os.path.abspath(note.path) if note.path else None,  # noqa: PTH100
                "message": note.text,
                "row": note.line or None,
            }
            for note in finding.notes
        ],
        "severity": finding.severity,
        "url": None,
    }


def fix_of(finding: Finding, listing: Listing) -> dict[str, Any] | None:
    """Return what would mend a finding, if that can be made."""
    fix = finding.report.fix if finding.report else None
    edits = listing.edits(finding) if fix is not None else ()
    if fix is None or not edits:
        return None
    return {
        "applicability": "safe" if fix.is_safe else "unsafe",
        "edits": [
            {
                "content": edit.text,
                "end_location": location(edit.end_line, edit.end_column),
                "location": location(edit.line, edit.column),
            }
            for edit in edits
        ],
        "message": fix.title,
    }
