"""``mllint rules``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..rules.base import Rule


@click.command("rules")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write them.",
)
def rules_command(output_format: str) -> int:
    """List all rules."""
    from ..documentation import described
    from ..output.paint import wants_colour
    from ..rules import all_rules

    if output_format == "json":
        print(json.dumps([described(rule) for rule in all_rules()], indent=2))
    elif wants_colour(sys.stdout):
        print_table(all_rules())
    else:
        print(plain_table(all_rules()), end="")
    return 0


def rows(rules: Sequence[Rule]) -> list[tuple[str, str, str, str, str, str]]:
    """Return the cells of the table."""
    from ..documentation import is_fixable, summary

    return [
        (rule.code, rule.name, rule.severity, "on" if rule.is_default else "off",
         "yes" if is_fixable(rule) else "", summary(rule))
        for rule in rules
    ]  # fmt: skip


HEAD = ("code", "name", "severity", "default", "fix", "what is wrong")


def plain_table(rules: Sequence[Rule]) -> str:
    """Return the table as text: a line for each rule, whatever its length."""
    cells = [HEAD, *rows(rules)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join(lines) + "\n"


def print_table(rules: Sequence[Rule]) -> None:
    """Print the table as wide as the terminal is, a section for each family."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..documentation import family
    from ..output.paint import SEVERITY_COLOURS

    table = Table(box=box.SIMPLE_HEAD)
    for title in HEAD:
        table.add_column(title, no_wrap=title in ("code", "name"))
    previous = family(rules[0]) if rules else ""
    for rule, row in zip(rules, rows(rules), strict=True):
        if family(rule) != previous:
            table.add_section()
            previous = family(rule)
        code, name, severity, *rest = row
        colour = SEVERITY_COLOURS[severity]
        table.add_row(f"[bold]{code}[/]", name, f"[{colour}]{severity}[/]", *map(escape, rest))
    Console(force_terminal=True).print(table)
