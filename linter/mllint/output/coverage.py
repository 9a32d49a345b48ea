"""How much could be resolved, as a table or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..program.coverage import REASONS, Coverage, Unresolved, coverage, written
from ..program.limits import LIMITS
from ..program.symbols import FunctionSymbol, Module
from .listing import Listing, place, shown
from .paint import Paint, harmless

MOST = (
    8  # unresolved calls that are shown of each program, the most frequent, unless all are wanted
)
MOST_PLACES = 4


def render_coverage(listing: Listing, format_name: str, paint: Paint, is_verbose: bool) -> str:
    """Return the coverage of each program.

    Args:
        listing: What was checked.
        format_name: JSON is written for ``json`` and ``json-lines``, a table otherwise.
        paint: Colours.
        is_verbose: Whether to show all unresolved calls.
    """
    found = list(coverage(listing.program)) if listing.program else []
    if format_name == "json":
        return f"{json.dumps(as_object(found, listing), indent=2)}\n"
    if format_name == "json-lines":
        return "".join(f"{json.dumps(of_program(each, listing))}\n" for each in found)
    if not found:
        return "No program begins in these files: nothing to follow.\n"
    return "\n".join([*table(found, listing, paint), *details(found, listing, paint, is_verbose)])


def as_object(found: Sequence[Coverage], listing: Listing) -> dict[str, Any]:
    """Return all coverage as JSON has it."""
    return {
        "programs": [of_program(each, listing) for each in found],
        "calls": sum(each.calls for each in found),
        "unresolved": sum(len(each.unresolved) for each in found),
    }


def place_in(module: Module, line: int, listing: Listing) -> tuple[int, int]:
    """Return cell and line in a module's file of a line of its document."""
    document = listing.document(module.path) if module.path.suffix == ".ipynb" else None
    if document is None:
        return 0, line
    where = document.place_of(line)
    return where.cell, where.line


def of_program(each: Coverage, listing: Listing) -> dict[str, Any]:
    """Return the coverage of one program as JSON has it."""
    places = [
        (call, *place_in(call.site.module, call.site.statement.line, listing))
        for call in each.unresolved
    ]
    return {
        "filename": str(each.entry.module.path.absolute()),
        "row": each.entry.line,
        "begins": each.entry.evidence,
        "functions": each.functions,
        "calls": each.calls,
        "resolved": each.calls - len(each.unresolved),
        "share": round(each.share, 4),
        "shared": each.shared,
        "whole": each.is_whole,
        "limits": [
            {
                "limit": limit.kind,
                "filename": str(limit.module.path.absolute()),
                "cell": cell or None,
                "row": line,
            }
            for limit in each.limits
            for cell, line in [place_in(limit.module, limit.line, listing)]
        ],
        "reasons": dict(Counter(call.reason for call in each.unresolved)),
        "unresolved": [
            {
                "call": written(call.site.call.func),
                "reason": call.reason,
                "filename": str(call.site.module.path.absolute()),
                "cell": cell or None,
                "row": line,
            }
            for call, cell, line in places
        ],
    }


def table(found: Sequence[Coverage], listing: Listing, paint: Paint) -> Iterator[str]:
    """Yield a line for each program, and one for all."""
    rows = [
        (place(each.entry.module.path, *place_in(each.entry.module, each.entry.line, listing)),
         each.functions, each.calls, len(each.unresolved), each.share)
        for each in found
    ]  # fmt: skip
    width = max(len("program"), *(len(row[0]) for row in rows))
    head = f"{'program'.ljust(width)}  functions  calls  unresolved  resolved"
    yield paint(head, bold=True)
    for name, functions, calls, unresolved, share in rows:
        colour = "green" if share >= 0.9 else "yellow" if share >= 0.7 else "red"
        said = paint(f"{share:8.1%}", colour)
        yield f"{harmless(name).ljust(width)}  {functions:9}  {calls:5}  {unresolved:10}  {said}"
    calls = sum(each.calls for each in found)
    unresolved = sum(len(each.unresolved) for each in found)
    if len(found) > 1:
        name = f"{len(found)} programs".ljust(width)
        share = 1 - unresolved / calls if calls else 1.0
        yield f"{name}  {'':9}  {calls:5}  {unresolved:10}  {share:8.1%}"
    yield ""
    reasons = Counter(call.reason for each in found for call in each.unresolved)
    for key, count in reasons.most_common():
        yield f"{count:6}  {REASONS[key]}"
    shared = max(each.shared for each in found)
    if shared:
        yield f"{shared:6}  functions of one program are called in more ways than are told apart"
    yield from limits(found, listing, paint)
    for each in found:
        if not each.is_whole:
            name = shown(each.entry.module.path)
            yield paint(f"{name} reaches more than can be followed: not all of it was", "red")


def limits(found: Sequence[Coverage], listing: Listing, paint: Paint) -> Iterator[str]:
    """Yield a line for each kind of limit that was met: how often, what it is, and where."""
    kinds: dict[str, dict[str, None]] = {}
    for limit in (limit for each in found for limit in each.limits):
        name = limit.owner.name if isinstance(limit.owner, FunctionSymbol) else ""
        where = place(limit.module.path, *place_in(limit.module, limit.line, listing))
        kinds.setdefault(limit.kind, {})[f"{name} ({where})" if name else where] = None
    for kind, places in kinds.items():
        yield f"{len(places):6}  {LIMITS[kind]}: {some(list(places), MOST_PLACES, paint)}"


def some(places: Sequence[str], most: int, paint: Paint) -> str:
    """Return the first of some places, and how many more there are."""
    more = f" and {len(places) - most} more" if len(places) > most else ""
    return paint(harmless(f"{', '.join(places[:most])}{more}"), dim=True)


def details(
    found: Sequence[Coverage], listing: Listing, paint: Paint, is_verbose: bool
) -> Iterator[str]:
    """Yield the unresolved calls of each program with their places, the most frequent first.

    Programs that fail to follow the same calls, as launchers of one do, are named together.
    """
    alike: dict[frozenset[int], list[Coverage]] = {}
    for each in found:
        alike.setdefault(frozenset(id(c.site.call) for c in each.unresolved), []).append(each)
    for each, *others in alike.values():
        groups: dict[str, list[Unresolved]] = {}
        for call in each.unresolved:
            groups.setdefault(written(call.site.call.func), []).append(call)
        ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
        if not ordered:
            continue
        yield ""
        names = ", ".join(shown(one.entry.module.path) for one in (each, *others))
        yield paint(f"{harmless(names)} can't follow:", bold=True)
        limit = len(ordered) if is_verbose else MOST
        for text, calls in ordered[:limit]:
            sites = [call.site for call in calls]
            places = dict.fromkeys(
                place(site.module.path, *place_in(site.module, site.statement.line, listing))
                for site in sites
            )
            most = len(places) if is_verbose else MOST_PLACES
            yield f"  {harmless(text)}  {some(list(places), most, paint)}"
        if len(ordered) > limit:
            yield f"  and {len(ordered) - limit} others (`--verbose` shows all)"
    yield ""
