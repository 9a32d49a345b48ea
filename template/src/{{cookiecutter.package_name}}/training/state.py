"""Where a run is: everything that is neither weights nor optimizer moments."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class TrainState:
    """The part of a checkpoint that people can read.

    Attributes:
        step: Optimizer steps taken or skipped.
        epoch: The current epoch, counted from 0.
        position: Samples of this epoch that were consumed, over all processes.
        finished: Whether the run came to its end.
        best: The best value of the monitored metric.
        best_step: When it was reached.
        score: The monitored metric of this very step, lower is better; None between evaluations.
        evaluations_since_best: For early stopping.
        evaluated_step: The last step that was evaluated.
        lr_scale: Factor on the schedule; rollbacks lower it.
        rollbacks: How often the run went back to a checkpoint.
        bad_steps: Steps in a row whose loss or gradient was not finite.
        splits: Parts that each batch is cut into since memory ran out.
        proven_steps: Steps that fitted into memory with this many splits.
        loss_sum: Loss since the last line of metrics.jsonl, summed over items.
        loss_items: Items since then.
        metrics_bytes: Length of metrics.jsonl.
    """

    step: int = 0
    epoch: int = 0
    position: int = 0
    finished: bool = False
    best: float | None = None
    best_step: int | None = None
    score: float | None = None
    evaluations_since_best: int = 0
    evaluated_step: int = -1
    lr_scale: float = 1.0
    rollbacks: int = 0
    bad_steps: int = 0
    splits: int = 1
    proven_steps: int = 0
    loss_sum: float = 0.0
    loss_items: int = 0
    metrics_bytes: int = 0
    scheduler: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain containers for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainState":
        """Take back what `to_dict` returned."""
        return cls(**values)
