"""Findings as a compiler shows them: the source, the evidence, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from ..documentation import remedy
from ..finding import Evidence, Finding
from .excerpt import MAX_WIDTH, Excerpt, expanded
from .listing import Listing, place
from .paint import SEVERITY_COLOURS, Paint, harmless


def render_full(listing: Listing, paint: Paint) -> str:
    """Return all findings, a blank line behind each."""
    return "".join(
        "\n".join([*render_finding(finding, listing, paint), "", ""])
        for finding in listing.findings
    )


def render_finding(finding: Finding, listing: Listing, paint: Paint) -> Iterator[str]:
    """Yield the lines on one finding."""
    colour = SEVERITY_COLOURS[finding.severity]
    mark = f" [{paint('*', 'cyan')}]" if listing.is_fixable(finding) else ""
    head = paint(f"{finding.severity}[{finding.code}]", colour, bold=True)
    yield f"{head}{mark} {paint(harmless(finding.message), bold=True)}"
    lines = listing.lines(finding.path, finding.cell)
    start, end = (finding.line, finding.column), (finding.end_line, finding.end_column)
    excerpt = Excerpt(lines, start, end)
    gutter = len(str(max(excerpt.numbers(), default=1)))
    arrow = paint("-->", "blue", bold=True)
    where = harmless(place(finding.path, finding.cell, finding.line, finding.column))
    yield f"{' ' * gutter}{arrow} {where} {paint(f'({finding.name})', dim=True)}"
    yield from excerpt.render(paint, colour)
    sign = paint("=", "blue", bold=True)
    for note in finding.notes:
        yield f"{' ' * gutter} {sign} {render_note(note, listing, paint)}"
    advice = render_advice(finding, listing)
    if advice:
        yield f"{paint('help:', 'green', bold=True)} {advice}"


def render_note(note: Evidence, listing: Listing, paint: Paint) -> str:
    """Return a piece of evidence, with its place and what stands there."""
    text = harmless(note.text)
    if note.path is None:
        return text
    where = paint(harmless(place(note.path, note.cell, note.line)), "cyan")
    lines = listing.lines(note.path, note.cell)
    code = expanded(lines[note.line - 1]).strip() if 0 < note.line <= len(lines) else ""
    is_shown = not code or quotes(text, code)
    code = f"{code[: MAX_WIDTH // 2]}…" if len(code) > MAX_WIDTH // 2 else code
    return f"{where}: {text}" + ("" if is_shown else f": {paint(code, dim=True)}")


def quotes(text: str, code: str) -> bool:
    """Tell whether a note has its line of source, or the part of it that matters, in it."""
    text, code = text.replace("'", '"'), code.replace("'", '"')
    _, _, quoted = text.partition(": ")
    return code.rstrip(":") in text or (bool(quoted) and quoted.rstrip("…") in code)


def render_advice(finding: Finding, listing: Listing) -> str:
    """Return what to do: the fix, with the option that makes it, or what the rule's page says."""
    fix = finding.report.fix if finding.report else None
    if fix is None:
        return remedy(finding.code)
    if listing.is_fixable(finding):
        return f"{harmless(fix.title)} (`--fix` does it)."
    return f"{harmless(fix.title)} (`--fix --unsafe-fixes` does it; look at what it changes)."
