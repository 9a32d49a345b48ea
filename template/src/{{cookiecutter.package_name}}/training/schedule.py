"""Learning-rate schedules: a factor of the configured rate for each optimizer step.

All but `Plateau` are pure functions of the step, so that they have no state to save.
"""

import math
from typing import Any

from ..errors import UserError


class Schedule:
    """Warm-up, then whatever `after_warmup` says.

    Args:
        total_steps: Optimizer steps of the whole run.
        warmup: Steps of linear warm-up; below 1, a fraction of the run.
        final: Factor at the end of the run.
    """

    def __init__(self, total_steps: int, warmup: float = 0.0, final: float = 0.0) -> None:
        """Resolve fractions of the run to steps."""
        self.total_steps = total_steps
        self.warmup_steps = _steps("warmup", warmup, total_steps)
        self.final = final

    def factor(self, step: int) -> float:
        """Return the factor for optimizer step `step`, counted from 0."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        span = max(1, self.total_steps - self.warmup_steps)
        return self.after_warmup(min(1.0, (step - self.warmup_steps) / span))

    def after_warmup(self, progress: float) -> float:
        """Return the factor at `progress` in [0, 1] of what follows the warm-up."""
        return 1.0

    def evaluated(self, value: float) -> None:
        """Hear the monitored metric, lower is better."""

    def state_dict(self) -> dict[str, Any]:
        """Return what can't be derived from the step."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""


class Constant(Schedule):
    """Warm-up, then the configured rate."""


class Cosine(Schedule):
    """Warm-up, then half a cosine down to `final` (Loshchilov & Hutter 2017, "SGDR")."""

    def after_warmup(self, progress: float) -> float:
        """Return the factor at `progress` in [0, 1]."""
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress))


class WarmupStableDecay(Schedule):
    """Warm-up, a constant part, then a decay by 1 - sqrt.

    Source: Hägele et al. 2024, "Scaling Laws and Compute-Optimal Training Beyond Fixed Training
    Durations".

    Args:
        total_steps: Optimizer steps of the whole run.
        warmup: As for `Schedule`.
        decay: Steps of the decay; below 1, a fraction of the run.
        final: Factor at the end.
    """

    def __init__(
        self, total_steps: int, warmup: float = 0.0, decay: float = 0.2, final: float = 0.0
    ) -> None:
        """Resolve fractions of the run to steps."""
        super().__init__(total_steps, warmup, final)
        span = max(1, total_steps - self.warmup_steps)
        self.decay_part = min(1.0, _steps("decay", decay, total_steps) / span)

    def after_warmup(self, progress: float) -> float:
        """Return the factor at `progress` in [0, 1]."""
        if progress < 1 - self.decay_part:
            return 1.0
        decayed = (progress - (1 - self.decay_part)) / max(self.decay_part, 1e-12)
        return self.final + (1 - self.final) * (1 - math.sqrt(decayed))


class OneCycle(Schedule):
    """Up from `initial` and down to `final` along cosines.

    Source: Smith & Topin 2018, "Super-Convergence".

    Args:
        total_steps: Optimizer steps of the whole run.
        warmup: Length of the rise; below 1, a fraction of the run.
        initial: Factor at the first step.
        final: Factor at the last.
    """

    def __init__(
        self, total_steps: int, warmup: float = 0.3, initial: float = 0.04, final: float = 0.0
    ) -> None:
        """Resolve fractions of the run to steps."""
        super().__init__(total_steps, warmup, final)
        self.initial = initial

    def factor(self, step: int) -> float:
        """Return the factor for optimizer step `step`, counted from 0."""
        if step >= self.warmup_steps:
            return super().factor(step)
        rise = 0.5 * (1 - math.cos(math.pi * step / self.warmup_steps))
        return self.initial + (1 - self.initial) * rise

    def after_warmup(self, progress: float) -> float:
        """Return the factor at `progress` in [0, 1]."""
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress))


class Plateau(Schedule):
    """Warm-up, then a cut by `cut` whenever the monitored metric stops improving.

    Args:
        total_steps: Optimizer steps of the whole run.
        warmup: As for `Schedule`.
        cut: Factor of each cut.
        patience: Evaluations without improvement before a cut.
        min_delta: What counts as an improvement.
        final: Lowest factor.
    """

    def __init__(
        self,
        total_steps: int,
        warmup: float = 0.0,
        cut: float = 0.3,
        patience: int = 3,
        min_delta: float = 0.0,
        final: float = 0.0,
    ) -> None:
        """Start with no evaluation seen."""
        super().__init__(total_steps, warmup, final)
        self.cut, self.patience, self.min_delta = cut, patience, min_delta
        self.best, self.waited, self.level = math.inf, 0, 1.0

    def after_warmup(self, progress: float) -> float:
        """Return the current level."""
        return self.level

    def evaluated(self, value: float) -> None:
        """Cut the rate after `patience` evaluations without improvement."""
        if value < self.best - self.min_delta:
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited > self.patience:
            self.level, self.waited = max(self.final, self.level * self.cut), 0

    def state_dict(self) -> dict[str, Any]:
        """Return the best value, the evaluations since, and the level."""
        best = self.best if math.isfinite(self.best) else None
        return {"best": best, "waited": self.waited, "level": self.level}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        self.best = math.inf if state["best"] is None else state["best"]
        self.waited, self.level = state["waited"], state["level"]


def _steps(name: str, value: float, total_steps: int) -> int:
    if value < 0:
        raise UserError(f"scheduler.{name}={value} must not be negative")
    steps = round(value * total_steps) if value < 1 else int(value)
    if steps > total_steps:
        raise UserError(f"scheduler.{name}={value}: the whole run has only {total_steps} steps")
    return steps
