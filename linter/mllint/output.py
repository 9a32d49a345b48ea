"""Findings as text, one line each, as ruff writes them."""

from __future__ import annotations

from .finding import Finding


def format_finding(finding: Finding) -> str:
    """Return ``path:line:column: CODE message``; in notebooks ``path:cell 2:line:column: …``."""
    cell = f"cell {finding.cell}:" if finding.cell else ""
    return f"{finding.path}:{cell}{finding.line}:{finding.column}: {finding.code} {finding.message}"


def summarise(findings: int, files: int) -> str:
    """Return the last line of a report."""
    if files == 0:
        return "No Python files or notebooks found."
    checked = f"{files} file{'s' * (files != 1)} checked"
    if findings == 0:
        return f"All clear: {checked}."
    return f"Found {findings} problem{'s' * (findings != 1)}, {checked}."
