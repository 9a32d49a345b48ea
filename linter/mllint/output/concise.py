"""Findings one line each, as ruff writes them."""

from __future__ import annotations

from ..finding import Finding
from .listing import Listing, place
from .paint import PLAIN, SEVERITY_COLOURS, Paint, harmless


def render_concise(listing: Listing, paint: Paint) -> str:
    """Return all findings."""
    return "".join(f"{render_line(each, listing, paint)}\n" for each in listing.findings)


def render_line(finding: Finding, listing: Listing, paint: Paint = PLAIN) -> str:
    """Return ``path:line:column: CODE message``, with ``[*]`` if this run's options mend it."""
    where = harmless(place(finding.path, finding.cell, finding.line, finding.column))
    mark = f"[{paint('*', 'cyan')}] " if listing.is_fixable(finding) else ""
    code = paint(finding.code, SEVERITY_COLOURS[finding.severity], bold=True)
    return f"{paint(where, bold=True)}: {code} {mark}{harmless(finding.message)}"
