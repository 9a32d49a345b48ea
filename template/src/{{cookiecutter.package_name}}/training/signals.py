"""Being asked to stop: finish the step, save, exit.

SIGTERM comes from a scheduler or `kill`, SIGUSR1 from Slurm before its time limit (the batch script
then queues the job again), SIGINT from Ctrl-C. The first asks; a second Ctrl-C stops at once.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = [
    getattr(signal, name) for name in ("SIGTERM", "SIGUSR1", "SIGINT") if hasattr(signal, name)
]


class StopRequest:
    """Which signal came, if any."""

    def __init__(self) -> None:
        """Start with none."""
        self.signal: signal.Signals | None = None

    def __bool__(self) -> bool:
        """Whether one came."""
        return self.signal is not None

    @property
    def exit_status(self) -> int:
        """128 + the signal's number: a supervisor must not take this run for a finished one."""
        return 128 + (self.signal or signal.SIGTERM)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Note the signal; a second Ctrl-C interrupts at once."""
        if number == signal.SIGINT and self.signal is signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn signals into a request while inside; restore the former handlers after."""
    request = StopRequest()
    former = {number: signal.signal(number, request.handle) for number in _SIGNALS}
    try:
        yield request
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
