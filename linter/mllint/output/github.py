"""Findings as commands of a GitHub workflow, which shows them beside the lines of a change."""

from __future__ import annotations

import os

from ..finding import Finding
from .listing import Listing, place

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def escaped(text: str, is_property: bool = False) -> str:
    """Return a text as a command may hold it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_property else text


def render_github(listing: Listing) -> str:
    """Return a line for each finding."""
    return "".join(f"{render_command(finding)}\n" for finding in listing.findings)


def render_command(finding: Finding) -> str:
    """Return ``::warning title=…,file=…,line=…::message``."""
    properties = {
        "title": f"mllint ({finding.code})",
        "file": os.path.abspath(finding.path),  # noqa: PTH100 (links stay as they are)
        "line": str(finding.line),
        "col": str(finding.column),
        "endLine": str(finding.end_line),
        "endColumn": str(finding.end_column),
    }
    if finding.cell:  # its lines are not the file's
        properties |= {"line": "1", "col": "1", "endLine": "1", "endColumn": "1"}
    said = ",".join(f"{key}={escaped(value, True)}" for key, value in properties.items())
    where = place(finding.path, finding.cell, finding.line, finding.column)
    message = escaped(f"{where}: {finding.code} {finding.message}")
    return f"::{COMMANDS[finding.severity]} {said}::{message}"
