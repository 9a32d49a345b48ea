"""The progress bar: steps, rate, time left and loss, on a terminal and on the main process only."""

import time

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..utils.logging import console

_REFRESH_S = 0.1  # the bar's own thread draws; this limits how often the loop tells it anything


class TrainingProgress:
    """A bar over the optimizer steps of the whole run."""

    def __init__(self, total_steps: int, step: int, *, enabled: bool) -> None:
        """Show the bar at `step`; without a terminal, or where not enabled, show nothing."""
        self._progress: Progress | None = None
        self._next = 0.0
        if not (enabled and console.is_terminal):
            return
        self._progress = Progress(
            TextColumn("[bold]train[/]"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:>9}"),
            TimeElapsedColumn(),
            TextColumn("eta"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[status]}"),
            console=console,
            refresh_per_second=5,
        )
        self._task = self._progress.add_task(
            "train", total=total_steps, completed=step, rate="", status=""
        )
        self._progress.start()
        self._started, self._start_step = time.monotonic(), step

    def update(self, step: int, epoch: int, loss: float) -> None:
        """Show a step; cheap enough to be called at each."""
        if self._progress is None:
            return
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _REFRESH_S
        rate = (step - self._start_step) / max(now - self._started, 1e-9)
        self._progress.update(
            self._task,
            completed=step,
            rate=f"{rate:.1f} it/s",
            status=f"epoch {epoch + 1}  loss {loss:.4f}",
        )

    def close(self, step: int) -> None:
        """Leave the bar as it is, at `step`."""
        if self._progress is not None:
            self._progress.update(self._task, completed=step)
            self._progress.stop()
