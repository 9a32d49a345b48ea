"""``mllint rules``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from .saying import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

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
        say(f"{json.dumps([described(rule) for rule in all_rules()], indent=2)}\n")
    elif wants_colour(sys.stdout):
        print_table(all_rules())
    else:
        say(plain_table(all_rules()))
    return 0


def rows(rules: Sequence[Rule]) -> list[tuple[str, str, str, str, str, str]]:
    """Return the cells of the table."""
    from ..documentation import is_fixable, summary

    return [
        (rule.code, rule.name, rule.severity, "on" if rule.is_default else "off",
         "yes" if is_fixable(rule) else "", summary(rule))
        for rule in rules
    ]  # fmt: skip


WIDE = 120  # columns, from which on a table has room for what is wrong
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

    console = Console(force_terminal=True)
    if console.width < WIDE:
        return print_list(rules, console)
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
    console.print(table)


def print_list(rules: Sequence[Rule], console: Console) -> None:
    """Print what is wrong below each rule, where beside it there is no room."""
    from rich.padding import Padding
    from rich.text import Text

    from ..output.paint import SEVERITY_COLOURS

    for code, name, severity, default, fix, summary in rows(rules):
        more = ["off by default"] * (default == "off") + ["fixable"] * bool(fix)
        head = Text.assemble(
            (code, "bold"), f"  {name}  ", (severity, SEVERITY_COLOURS[severity]),
            *(f" · {each}" for each in more),
        )  # fmt: skip
        console.print(head)
        console.print(Padding(Text(summary, style="dim"), (0, 0, 0, len(code) + 2)))
