"""How often each rule found something."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from .listing import Listing
from .paint import PLAIN, Paint


@dataclass(frozen=True)
class Count:
    """What one rule found: how often, and how much of it this run's options would mend."""

    code: str
    name: str
    count: int
    fixable: int


def counts(listing: Listing) -> list[Count]:
    """Return the count of each rule that found something, the most frequent first."""
    found = Counter((each.code, each.name) for each in listing.findings)
    fixable = Counter(each.code for each in listing.findings if listing.is_fixable(each))
    rows = [Count(code, name, count, fixable[code]) for (code, name), count in found.items()]
    return sorted(rows, key=lambda row: (-row.count, row.code))


def render_statistics(listing: Listing, format_name: str, paint: Paint = PLAIN) -> str:
    """Return the counts, as a table or, if that is the format, as JSON."""
    rows = counts(listing)
    if format_name.startswith("json"):
        said = [
            {"code": row.code, "name": row.name, "count": row.count, "fixable": row.fixable > 0,
             "fixable_count": row.fixable}
            for row in rows
        ]  # fmt: skip
        return f"{json.dumps(said, indent=2)}\n"
    width = max((len(str(row.count)) for row in rows), default=1)
    return "".join(
        f"{paint(str(row.count).rjust(width), bold=True)}\t{paint(row.code, 'red', bold=True)}\t"
        f"[{paint('*', 'cyan') if row.fixable else ' '}] {row.name}\n"
        for row in rows
    )
