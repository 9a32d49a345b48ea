"""``mllint rule CODE``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from .saying import say

if TYPE_CHECKING:
    from ..rules.base import Rule


def find_rule(name: str) -> Rule:
    """Return the rule with a code, in any case, or a name.

    Raises:
        ConfigurationError: If there is none.
    """
    from ..configuration.reading import ConfigurationError
    from ..nearest import suggestion
    from ..rules import all_rules

    for rule in all_rules():
        if name.upper() == rule.code or name.lower() == rule.name:
            return rule
    known = [each for rule in all_rules() for each in (rule.code, rule.name)]
    end = suggestion(name, known, "; `mllint rules` lists them all.")
    raise ConfigurationError(f"no rule has the code or name {name!r}{end}")


@click.command("rule")
@click.argument("name", metavar="CODE|NAME", required=False)
@click.option("--all", "is_all", is_flag=True, help="Explain all rules.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write it; text is Markdown where it does not go to a terminal.",
)
def rule_command(name: str | None, is_all: bool, output_format: str) -> int:
    """Explain a rule: what is wrong, why it matters, and what to write instead."""
    from ..documentation import described, markdown
    from ..output.paint import wants_colour
    from ..rules import all_rules

    if name is None and not is_all:
        raise click.UsageError(
            "name a rule, such as `mllint rule MLR001`; `mllint rules` lists them."
        )
    rules = list(all_rules()) if is_all or name is None else [find_rule(name)]
    if output_format == "json":
        said = [described(rule) for rule in rules]
        say(f"{json.dumps(said if is_all else said[0], indent=2)}\n")
    elif wants_colour(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        console = Console(force_terminal=True, width=None if sys.stdout.isatty() else 100)
        for rule in rules:
            console.print(Markdown(markdown(rule), code_theme="ansi_dark"))
    else:
        say("\n".join(map(markdown, rules)))
    return 0
