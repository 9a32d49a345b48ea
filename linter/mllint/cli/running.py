"""From the command line to an exit status, whatever happens on the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ..configuration.reading import ConfigurationError
from .commands import mllint
from .interruption import INTERRUPTED, Terminated, end_at_signals
from .saying import UnwritableOutputError

MISTAKE = 2


def run() -> int:
    """Run the command; the exit status."""
    with speaking_any_language():
        try:
            with end_at_signals():
                return mllint.main(prog_name="mllint", standalone_mode=False) or 0
        except click.exceptions.Exit as error:
            return error.exit_code
        except click.ClickException as error:
            return mistake(one_line(error))
        except ConfigurationError as error:
            return mistake(str(error))
        except (KeyboardInterrupt, click.Abort):
            return INTERRUPTED
        except Terminated as error:
            return error.status
        except BrokenPipeError:
            leave_output()  # who read it has enough of it: `mllint | head`
            return 1
        except UnwritableOutputError as error:
            leave_output()
            return mistake(str(error))
        except Exception as error:
            from .defects import tell

            is_verbose = not {"-v", "--verbose"}.isdisjoint(sys.argv)
            tell("the run broke off", error, is_verbose)
            return MISTAKE


def leave_output() -> None:
    """Let go what could not be written: Python would try once more at the end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def mistake(message: str) -> int:
    """Say in one line what the user can mend."""
    print(f"mllint: {message}", file=sys.stderr)
    return MISTAKE


def one_line(error: click.ClickException) -> str:
    """Return what click says of a mistake, and where to look if it names nothing similar."""
    message = " ".join(error.format_message().split())
    if isinstance(error, click.NoSuchOption):
        if error.possibilities:
            return f"there is no option {error.option_name}; did you mean {error.possibilities[0]}?"
        return f"there is no option {error.option_name}; `mllint check --help` lists them all."
    return message[:1].lower() + message[1:] if message[:2].istitle() else message


@contextmanager
def speaking_any_language() -> Iterator[None]:
    """Let no character that a stream can't say end the run: file names may hold anything.

    What was closed before the run began says nothing.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (to the end)
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    yield
