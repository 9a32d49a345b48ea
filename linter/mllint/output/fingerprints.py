"""What tells a finding from others, and stays when lines above it come and go."""

from __future__ import annotations

from hashlib import sha256

from .listing import Listing


def fingerprints(listing: Listing) -> list[str]:
    """Return one for each finding.

    It is of the rule, the file, and the text of the lines that the finding is about; of several
    that have all in common, the first is the first.
    """
    found: list[str] = []
    seen: dict[tuple[str, ...], int] = {}
    for finding in listing.findings:
        lines = listing.lines(finding.path, finding.cell)[finding.line - 1 : finding.end_line]
        key = (finding.code, listing.relative(finding.path), *(line.strip() for line in lines))
        count = seen[key] = seen.get(key, 0) + 1
        content = "\0".join([*key, str(count)])
        found.append(sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return found
