"""The command ``ml-template``."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import click

from .errors import UserError

# Imports of what a subcommand needs stand inside it: `ml-template --help` answers at once.


def show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print the version and stop."""
    if not wanted or context.resilient_parsing:
        return
    from mllint import __version__

    click.echo(f"ml-template {__version__}")
    context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version.",
)
def commands() -> None:
    """Scaffold PyTorch research projects that resume exactly.

    \b
    ml-template new my-project                      asks, then writes ./my-project
    ml-template new my-project project_kind=tabular --no-input
    ml-template detect                              what this machine has for training
    """  # noqa: D301 (click takes the character \b for: keep the lines)


@commands.command()
@click.argument("arguments", nargs=-1, metavar="[DIR] [KEY=VALUE]...")
@click.option(
    "--no-input", is_flag=True, help="Ask nothing: take the defaults for what is not given."
)
def new(arguments: tuple[str, ...], no_input: bool) -> int:
    """Write a new project into DIR.

    DIR must be missing or empty; without it, the project goes into ./<project_slug>.
    KEY=VALUE answers a question in advance:

    \b
    project_name   any words                    project_kind   vision, tabular
    project_slug   folder and distribution      tracker        wandb, tensorboard, none
    package_name   what your code imports       launcher       local, slurm
    description    one sentence                 ci             github, none
    author_name    author_email                 agent_docs     yes, no
    license        MIT, BSD-3-Clause,           notebook       yes, no
                   Apache-2.0, Proprietary      python_version 3.11, 3.12, 3.13

    Works offline. The files are those that cookiecutter writes for the same answers.
    """  # noqa: D301
    from .new import new_command

    return new_command(arguments, no_input)


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def detect(as_json: bool) -> int:
    """Show GPUs, CUDA, memory, Python and frameworks of this machine, and what to worry about."""
    from .detect import detect_command

    return detect_command(json=as_json)


def stop(_signal: int, _frame: FrameType | None) -> None:
    """Stop as Ctrl-C does, so that nothing half-written stays."""
    raise KeyboardInterrupt


def main() -> int:
    """Run the command.

    Returns:
        0, or 2 after a mistake of the user's, or 130 after Ctrl-C.
    """
    signal.signal(signal.SIGTERM, stop)
    try:
        return commands.main(prog_name="ml-template", standalone_mode=False) or 0
    except UserError as error:
        click.echo(f"ml-template: {error}", err=True)
    except click.ClickException as error:
        error.show()
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nml-template: stopped; nothing was written.", err=True)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
