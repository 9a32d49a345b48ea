"""A run that is told to stop stops at once, and leaves no process behind."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130  # what a shell makes of Ctrl-C


class Terminated(BaseException):
    """Another process asks this one to end.

    Attributes:
        status: What a shell makes of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def terminate(number: int, frame: FrameType | None) -> None:
    """Unwind, so that processes are ended and files put away."""
    raise Terminated(number)


@contextmanager
def end_at_signals() -> Iterator[None]:
    """Unwind at SIGTERM and SIGHUP as at Ctrl-C; the processes of the pool are ended on the way."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGHUP") if sys.platform != "win32" else ("SIGTERM",)
    before = {number: signal.signal(number, terminate) for number in map(signal_named, names)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def signal_named(name: str) -> signal.Signals:
    """Return a signal."""
    return signal.Signals[name]
