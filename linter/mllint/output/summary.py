"""The last lines of a report."""

from __future__ import annotations

from .listing import Listing
from .paint import PLAIN, Paint

NOTHING_TO_CHECK = "No Python files or notebooks found."


def plural(count: int, word: str) -> str:
    """Return ``1 file``, ``2 files``; ``fix`` becomes ``fixes``."""
    ending = "" if count == 1 else "es" if word.endswith("x") else "s"
    return f"{count} {word}{ending}"


def summarise(listing: Listing, paint: Paint = PLAIN, fixed: int = 0) -> str:
    """Return how many problems were found in how many files, and which options would mend them.

    Args:
        listing: The findings that are left.
        paint: Colours.
        fixed: How many were mended in this run.
    """
    checked = f"{plural(listing.files, 'file')} checked"
    mended = f" ({fixed} fixed, {len(listing.findings)} remaining)" if fixed else ""
    if not listing.findings and not fixed:
        return f"{paint('All clear', 'green', bold=True)}: {checked}."
    problems = sum(finding.fails for finding in listing.findings)
    notes = len(listing.findings) - problems
    said = [plural(problems + fixed, "problem")] if problems + fixed or not notes else []
    said += [plural(notes, "note")] if notes else []
    lines = [f"Found {' and '.join(said)}{mended}, {checked}."]
    fixable = sum(map(listing.is_fixable, listing.findings))
    with_fix = sum(bool(each.report and each.report.fix) for each in listing.findings)
    hidden = with_fix - fixable
    if fixable:
        more = f" ({hidden} more with `--unsafe-fixes`)" if hidden else ""
        lines.append(f"[{paint('*', 'cyan')}] {fixable} fixable with the `--fix` option{more}.")
    elif hidden:
        lines.append(f"{hidden} fixable with the options `--fix --unsafe-fixes`.")
    return "\n".join(lines)
