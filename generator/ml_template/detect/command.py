"""`ml-template detect [--json]`."""

from __future__ import annotations

import os
import sys

from rich.console import Console

from .alerts import alerts
from .detection import detect_machine
from .machine import Machine
from .report import as_json, print_report


class _Console(Console):
    """Rich would end the process itself when the reader of its output has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def detect_command(
    json: bool = False, machine: Machine | None = None, console: Console | None = None
) -> int:
    """Detect this machine and write what was found to standard output.

    Args:
        json: Write JSON (the facts, and `alerts`) instead of the table.
        machine: Facts found before; by default, this machine's are found now.
        console: Where the table goes, by default standard output.

    Returns:
        0: an alert is advice, not a failure.
    """
    machine = machine or detect_machine()
    found = alerts(machine)
    try:
        if json:
            sys.stdout.write(as_json(machine, found))
        else:
            print_report(machine, found, console or _Console(highlight=False))
        sys.stdout.flush()
    except BrokenPipeError:
        # `… | head`: the reader has gone, and Python must not complain of it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
