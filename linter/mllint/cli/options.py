"""The options of ``mllint check``, in sections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..configuration.keys import FORMATS, KEYS

SELECTION, FIXING, OUTPUT = "Rule selection", "Fixing", "Output"
FILES, SPEED, OTHER = "File selection", "Cache and processes", "Configuration"
PATH = click.Path(path_type=Path, readable=False)  # whether it is readable is said where it is read


class SectionOption(click.Option):
    """An option, and the section of the help that it stands in."""

    def __init__(self, *args: Any, section: str = OTHER, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose help has a section for each kind of option."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        for section in (SELECTION, FIXING, OUTPUT, FILES, SPEED, OTHER):
            rows = [
                record
                for each in self.get_params(context)
                if getattr(each, "section", OTHER if isinstance(each, click.Option) else "")
                == section
                and (record := each.get_help_record(context)) is not None
            ]
            with formatter.section(section):
                formatter.write_dl(rows)


def option(section: str, *names: str, **keywords: Any) -> Callable[[Any], Any]:
    """Return a decorator that adds an option to a command."""
    return click.option(*names, cls=SectionOption, section=section, **keywords)


def listed(section: str, key: str, metavar: str) -> Callable[[Any], Any]:
    """Return a decorator that adds an option for a key of the configuration that holds a list."""
    text = f"{KEYS[key].meaning} Several with commas, or the option again."
    return option(section, f"--{key}", multiple=True, metavar=metavar, help=text)


OPTIONS: tuple[Callable[[Any], Any], ...] = (
    listed(SELECTION, "select", "RULES"),
    listed(SELECTION, "extend-select", "RULES"),
    listed(SELECTION, "ignore", "RULES"),
    option(
        SELECTION, "--per-file-ignores", multiple=True, metavar="PATTERN:RULE",
        help=f"{KEYS['per-file-ignores'].meaning} Several with commas, or the option again.",
    ),
    option(FIXING, "--fix", is_flag=True, help="Mend what has a safe fix, and report the rest."),
    option(FIXING, "--unsafe-fixes", is_flag=True, help="Count fixes in that are to be looked at."),
    option(FIXING, "--diff", is_flag=True, help="Show what `--fix` would change, change nothing."),
    option(FIXING, "--show-fixes", is_flag=True, help="List what was mended."),
    option(
        FIXING, "--exit-non-zero-on-fix", is_flag=True,
        help="Exit with 1 if a file was changed, even if nothing is left.",
    ),
    option(
        OUTPUT, "--output-format", type=click.Choice(FORMATS),
        help=f"{KEYS['output-format'].meaning} By default `full`: with source and evidence.",
    ),
    option(OUTPUT, "-o", "--output-file", type=PATH, help="Where to write it, instead of here."),
    option(OUTPUT, "--statistics", is_flag=True, help="Count what each rule found, instead."),
    option(
        OUTPUT, "--coverage", is_flag=True,
        help="Say instead how much of each program could be followed, and what not, and where.",
    ),
    option(OUTPUT, "-e", "--exit-zero", is_flag=True, help="Exit with 0, whatever is found."),
    option(OUTPUT, "-q", "--quiet", is_flag=True, help="Print findings, and nothing else."),
    option(OUTPUT, "-v", "--verbose", is_flag=True, help="Say what is read and which rules run."),
    listed(FILES, "exclude", "PATTERNS"),
    listed(FILES, "extend-exclude", "PATTERNS"),
    option(
        FILES, "--force-exclude/--no-force-exclude", default=None,
        help="Leave excluded files out even if they are named, as pre-commit does.",
    ),
    option(
        FILES, "--respect-gitignore/--no-respect-gitignore", default=None,
        help=KEYS["respect-gitignore"].meaning,
    ),
    option(
        FILES, "--stdin-filename", type=PATH,
        help="Read one file from standard input, and say that it has this name.",
    ),
    option(SPEED, "-n", "--no-cache", is_flag=True, help="Parse every file again, keep nothing."),
    option(
        SPEED, "--cache-dir", type=PATH,
        help=f"{KEYS['cache-dir'].meaning} By default .mllint_cache in the project.",
    ),
    option(
        SPEED, "-j", "--jobs", type=click.IntRange(min=1),
        help="Most processes to use; by default as many as there are cores.",
    ),
    option(
        OTHER, "--config", multiple=True, metavar="FILE|KEY=VALUE",
        help="A file that counts instead of the nearest mllint.toml or pyproject.toml, or a line "
        "of one, which comes before the file: --config 'ignore = [\"MLL\"]'.",
    ),
)  # fmt: skip


def with_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add all options to a function that becomes a command."""
    for add in reversed(OPTIONS):
        command = add(command)
    return command
