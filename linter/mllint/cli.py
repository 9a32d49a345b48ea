"""The command ``mllint``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from . import __version__


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.version_option(__version__, message="mllint %(version)s")
def lint(paths: tuple[Path, ...]) -> int:
    """Check the Python files and notebooks below PATHS (default: the current folder).

    What .gitignore excludes is left out; a file that is named is always checked.

    This version has one rule: MLX002, a file that can't be parsed, so that no file is skipped
    in silence. The rules on seeds, leakage, logging and checkpoints are not in it yet.

    Exit status: 0 nothing found, 1 something found, 2 a path or an option was wrong.
    """
    from .discovery import discover
    from .lint import lint_file
    from .output import format_finding, summarise

    try:
        files = discover(paths or (Path(),))
    except FileNotFoundError as error:
        click.echo(f"mllint: {error}: no such file or folder; check the path.", err=True)
        return 2
    found = 0
    for path in files:
        for finding in lint_file(path):
            click.echo(format_finding(finding))
            found += 1
    click.echo(summarise(found, len(files)), err=not found and not files)
    return 1 if found else 0


def main() -> int:
    """Run the command; the exit status."""
    try:
        return lint.main(prog_name="mllint", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        return 130


if __name__ == "__main__":
    sys.exit(main())
