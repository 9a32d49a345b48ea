"""How findings are written: a file for each format, imported when it is asked for."""

from __future__ import annotations

from .listing import Listing
from .paint import PLAIN, Paint


def render(format_name: str, listing: Listing, paint: Paint = PLAIN) -> str:
    """Return findings as text in one of the formats, its end of line included.

    Args:
        format_name: One of `configuration.keys.FORMATS`.
        listing: The findings.
        paint: Colours, for the formats that people read.
    """
    match format_name:
        case "full":
            from .full import render_full

            return render_full(listing, paint)
        case "concise":
            from .concise import render_concise

            return render_concise(listing, paint)
        case "json":
            from .as_json import render_json

            return render_json(listing)
        case "json-lines":
            from .as_json import render_json_lines

            return render_json_lines(listing)
        case "sarif":
            from .sarif import render_sarif

            return render_sarif(listing)
        case "github":
            from .github import render_github

            return render_github(listing)
        case "gitlab":
            from .gitlab import render_gitlab

            return render_gitlab(listing)
        case "junit":
            from .junit import render_junit

            return render_junit(listing)
    raise ValueError(format_name)
