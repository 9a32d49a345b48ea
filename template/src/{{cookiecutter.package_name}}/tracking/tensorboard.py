"""TensorBoard: event files below ``run_dir/tensorboard``."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .base import RunInfo, Status

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

log = logging.getLogger(__name__)


class TensorBoardTracker:
    """Writes scalars, the configuration and the provenance as TensorBoard events.

    Args:
        flush_secs: Seconds after which pending events are written to disk.
        hparam_metrics: Metrics shown as columns beside the hyper-parameters.
    """

    name = "tensorboard"

    def __init__(
        self, flush_secs: int = 30, hparam_metrics: tuple[str, ...] | list[str] = ("val/loss",)
    ) -> None:
        self.flush_secs = flush_secs
        self.hparam_metrics = list(hparam_metrics)
        self._writer: SummaryWriter | None = None

    def start(self, run: RunInfo) -> None:
        """Opens an event file; on resume, hides the events that the run will write again.

        Raises:
            UserError: TensorBoard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UserError(
                "tracking=tensorboard: the package tensorboard is not installed; run "
                "pip install -e '.[tensorboard]' or choose tracking=none"
            ) from error
        directory = run.run_dir / "tensorboard"
        self._writer = SummaryWriter(
            log_dir=str(directory),
            # The checkpoint's own step is kept; what was logged after it comes again.
            purge_step=run.start_step + 1 if run.start_step else None,
            flush_secs=self.flush_secs,
        )
        self._writer.add_text("config", _as_markdown(run.config), run.start_step)
        self._writer.add_text("provenance", _as_markdown(run.provenance), run.start_step)
        self._write_hparams(run.config)
        log.info("TensorBoard: tensorboard --logdir %s", directory)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Adds one scalar event per metric."""
        if self._writer is not None:
            for name, value in metrics.items():
                self._writer.add_scalar(name, value, step)

    def finish(self, status: Status) -> None:
        """Writes how the run ended and closes the event file."""
        if self._writer is not None:
            self._writer.add_text("status", status)
            self._writer.close()
            self._writer = None

    def _write_hparams(self, config: Mapping[str, Any]) -> None:
        """Fills the HParams tab; ``add_hparams`` would open a second run for it."""
        from torch.utils.tensorboard.summary import hparams

        assert self._writer is not None
        metrics = dict.fromkeys(self.hparam_metrics, 0.0)
        for summary in hparams(dict(_flatten(config)), metrics):
            self._writer._get_file_writer().add_summary(summary)


def _as_markdown(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, indent=2, default=str, ensure_ascii=False)
    return "\n".join("    " + line for line in text.splitlines())  # an indented code block


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        elif value is not None:
            scalar = isinstance(value, bool | int | float | str)
            yield f"{prefix}{key}", value if scalar else str(value)
