"""An exponential moving average of the weights (Polyak & Juditsky 1992)."""

import copy

import torch
from torch import nn


class ExponentialMovingAverage:
    """A second model that follows the first.

    Args:
        model: The model that is trained.
        decay: Share of the old average that each step keeps. The first steps use less,
            (1 + step) / (10 + step), so that the random start is forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        """Start as a copy."""
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards `model` after optimizer step `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        average: list[torch.Tensor] = list(self.model.parameters())
        current: list[torch.Tensor] = list(model.parameters())
        torch._foreach_lerp_(average, current, 1 - decay)
        for mine, theirs in zip(self.model.buffers(), model.buffers(), strict=True):
            mine.copy_(theirs)
