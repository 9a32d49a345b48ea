"""The command ``mllint``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from . import __version__


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--no-cache", is_flag=True, help="Parse every file again, and keep nothing.")
@click.option(
    "--cache-dir",
    type=click.Path(path_type=Path),
    help="Where to keep what was read of each file (default: .mllint_cache in the project).",
)
@click.version_option(__version__, message="mllint %(version)s")
def lint(paths: tuple[Path, ...], no_cache: bool, cache_dir: Path | None) -> int:
    """Check the Python files and notebooks below PATHS (default: the current folder).

    What .gitignore excludes is left out; a file that is named is always checked.

    This version has four rules: MLR001, a training run that nothing seeds; MLL001, metrics that
    are printed and logged nowhere; MLC001, training that saves nothing; and MLX002, a file that
    can't be parsed, so that no file is skipped in silence. The rules on leakage and the others of
    those families are not in it yet.

    Exit status: 0 nothing found, 1 something found, 2 a path or an option was wrong.
    """
    from .check import check
    from .output import format_finding, summarise

    try:
        outcome = check(list(paths) or [Path()], cache_dir, not no_cache)
    except FileNotFoundError as error:
        click.echo(f"mllint: {error}: no such file or folder; check the path.", err=True)
        return 2
    for finding in outcome.findings:
        click.echo(format_finding(finding))
    found = len(outcome.findings)
    click.echo(summarise(found, outcome.files), err=not outcome.files)
    return int(any(finding.severity != "note" for finding in outcome.findings))


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
