"""What to do when a loss or a gradient is not finite: skip, go back, give up, in this order."""

import enum
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..config import DivergenceConfig
from .state import TrainState


class Verdict(enum.Enum):
    """What the loop is to do after a step."""

    GO_ON = enum.auto()
    ROLL_BACK = enum.auto()
    GIVE_UP = enum.auto()


class DivergenceGuard:
    """Counts steps in a row that were not finite.

    Args:
        config: `training.divergence`.
    """

    def __init__(self, config: DivergenceConfig) -> None:
        """Keep the limits."""
        self.config = config

    def judge(self, state: TrainState, *, finite: bool, excused: bool) -> Verdict:
        """Count this step in `state.bad_steps` and say what follows.

        Args:
            state: The run's state; the count is part of it, so that a resumed run judges alike.
            finite: Whether loss and gradient norm were.
            excused: Whether the fp16 scaler is still searching its scale, which overflows at first.
        """
        if finite:
            state.bad_steps = 0
        elif not excused:
            state.bad_steps += 1
        if state.bad_steps < self.config.max_bad_steps:
            return Verdict.GO_ON
        if state.rollbacks < self.config.max_rollbacks:
            return Verdict.ROLL_BACK
        return Verdict.GIVE_UP


def is_finite(*values: float) -> bool:
    """Whether all values are numbers."""
    return all(math.isfinite(value) for value in values)


def dump_divergence(
    path: Path,
    facts: Mapping[str, Any],
    rows: Sequence[int],
    model: nn.Module,
) -> None:
    """Write which samples and which parameters were at hand when a run gave up.

    Only row numbers are written, never samples.

    Args:
        path: The JSON file.
        facts: Step, epoch, loss, rate and the like.
        rows: Rows of the last window in the whole data set, over all processes.
        model: The model, with the gradients of the last backward pass.
    """
    broken = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is not None and not bool(torch.isfinite(parameter.grad).all())
    ]
    content = {**facts, "rows": list(rows), "parameters_with_broken_gradients": broken}
    path.write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")
