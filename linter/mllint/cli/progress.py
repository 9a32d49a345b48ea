"""A bar that shows how far a long run is, to people only."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_S = 1.0  # a run that takes less shows nothing
INTERVAL_S = 0.1


class Bar(AbstractContextManager["Bar"]):
    """Draws a bar on standard error, if that is a terminal; gone at the end.

    It has no thread: nothing would draw while processes are forked.

    Args:
        is_wanted: Whether to draw at all.
    """

    def __init__(self, is_wanted: bool) -> None:
        self.is_on = is_wanted and sys.stderr.isatty()
        self.next_s = time.monotonic() + PATIENCE_S
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far the run is, if it is time to."""
        if not self.is_on or time.monotonic() < self.next_s:
            return
        self.next_s = time.monotonic() + INTERVAL_S
        if self.progress is None:
            self.progress = self.start()
        if self.task is None:
            self.task = self.progress.add_task(stage)
        self.progress.update(self.task, description=stage, completed=done, total=max(total, 1))
        self.progress.refresh()

    @staticmethod
    def start() -> Progress:
        """Begin to draw."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        progress = Progress(*columns, console=Console(stderr=True), transient=True,
                            auto_refresh=False)  # fmt: skip
        progress.start()
        return progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.progress is not None:
            self.progress.stop()
