"""Options of which one would have to be left aside: they are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..configuration.reading import ConfigurationError

STDIN = Path("-")
TABULAR = ("full", "concise", "json", "json-lines")  # formats that a table may be written in


def refuse_contradictions(options: dict[str, Any]) -> None:
    """Raise an error for options of which one would have to be left aside."""
    paths, named = options["paths"], options["stdin_filename"]
    if STDIN in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone: one file can be read from standard input.")
    if named and any(path not in (STDIN, named) for path in paths):
        raise click.UsageError(
            "--stdin-filename names what is read from standard input: no other path may be given."
        )
    if options["coverage"] and (options["fix"] or options["diff"]):
        raise click.UsageError("--coverage changes nothing: leave out --fix and --diff.")


def refuse_format(options: dict[str, Any], format_name: str) -> None:
    """Raise an error for what can't be written in a format."""
    for told in ("coverage", "statistics"):
        if options[told] and format_name not in TABULAR:
            raise ConfigurationError(
                f"--{told} can't be written as {format_name}; it may be {', '.join(TABULAR)}."
            )
