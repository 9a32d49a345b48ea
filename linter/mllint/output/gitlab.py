"""Findings as GitLab's code quality report."""

from __future__ import annotations

import json

from .fingerprints import fingerprints
from .listing import Listing

SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def render_gitlab(listing: Listing) -> str:
    """Return a list of all findings."""
    found = [
        {
            "check_name": finding.code,
            "description": f"{finding.code}: {finding.message}",
            "fingerprint": fingerprint,
            "location": {
                "path": listing.relative(finding.path),
                "positions": {
                    "begin": {"column": finding.column, "line": finding.line},
                    "end": {"column": finding.end_column, "line": finding.end_line},
                },
            },
            "severity": SEVERITIES[finding.severity],
        }
        for finding, fingerprint in zip(listing.findings, fingerprints(listing), strict=True)
    ]
    return f"{json.dumps(found, indent=2)}\n"
