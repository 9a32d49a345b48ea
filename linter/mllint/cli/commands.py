"""The commands; ``mllint PATH`` is ``mllint check PATH``."""

from __future__ import annotations

import click

from .. import __version__
from .check import check_command
from .rule import rule_command
from .rules import rules_command

GLOBAL_OPTIONS = frozenset({"-h", "--help", "-V", "--version"})


class Commands(click.Group):
    """A group whose first command is meant where none is named."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put the command before what is no command."""
        if not args or (args[0] not in self.commands and args[0] not in GLOBAL_OPTIONS):
            args = ["check", *args]
        return super().parse_args(context, args)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`mllint PATH` is short for `mllint check PATH`. Exit status: 0 nothing found, 1 an "
    "error or a warning was found, 2 a path, an option or the configuration is wrong, or not all "
    "could be done.",
)
@click.version_option(__version__, "-V", "--version", message="mllint %(version)s")
def mllint() -> None:
    """Say what makes machine-learning code's results wrong or unrepeatable.

    Python files and notebooks are read, never run: seeds, leakage between training and test data,
    metrics that are only printed, models that are never saved. `mllint rules` lists what is looked
    for, `mllint rule CODE` explains one.
    """


mllint.add_command(check_command)
mllint.add_command(rule_command)
mllint.add_command(rules_command)
