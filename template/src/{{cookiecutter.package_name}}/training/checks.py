"""`check` and `overfit`: is this model, with this loss and these data, worth a training run?

    python -m <package> check            # a few seconds; exit status 1 when something is wrong
    python -m <package> overfit          # can it learn one batch by heart?

Neither reads or writes a run's folder.
"""

import logging
import math
from collections.abc import Iterator

import torch
from rich.console import Console

from ..config import Config
from ..data.dataset import Batch, DataSplits
from ..data.integrity import Check, check_membership, check_overlap, hash_samples
from ..data.validate import checks_table
from ..errors import UserError
from .guards import is_finite
from .memory import HEADROOM, available_memory, estimate_memory, format_bytes, memory_alert
from .parts import Parts
from .probes import (
    probe_batch,
    probe_forward,
    probe_gradients,
    probe_independence,
    probe_initial_loss,
    probe_loss_is_sum,
    probe_repeatability,
)
from .rehearsal import DryStep, Rehearsal, rehearse

logger = logging.getLogger(__name__)

# Enough to see what is looked for, and small enough for a few seconds.
_SAMPLES = 64
_OVERFIT_STEPS = 500
# A model that knows its batch by heart has lost this share of the loss of guessing.
_LEARNT = 0.9
_LOOK_EVERY = 10


def check(config: Config) -> int:
    """Print a table of checks and a verdict; return 1 when one of them failed, else 0."""
    with rehearse(config) as rehearsal:
        try:
            checks = list(run_checks(rehearsal))
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"out of memory with {_samples(rehearsal)} samples; try find-batch, or a lower "
                "training.batch_size"
            ) from error
    console = Console()
    console.print(checks_table(f"{_model_name(config)} on '{config.data.name}'", checks))
    failed = [check.name for check in checks if check.status == "error"]
    warned = [check.name for check in checks if check.status == "warning"]
    if failed:
        console.print(f"[bold red]Do not train this yet:[/] {', '.join(failed)}.")
        return 1
    if warned:
        console.print(f"[yellow]Can be trained, but look at:[/] {', '.join(warned)}.")
    else:
        console.print("[green]Ready to train.[/]")
    return 0


def run_checks(rehearsal: Rehearsal) -> Iterator[Check]:
    """Yield every check; those that need a working forward pass are left out when it fails."""
    yield from check_splits(rehearsal.data)
    samples = _samples(rehearsal)
    parts = rehearsal.new_parts()
    batch = probe_batch(parts, samples)
    forward = probe_forward(parts, batch)
    yield forward
    if forward.status == "error":
        return
    yield probe_initial_loss(parts, batch)
    yield probe_loss_is_sum(parts, batch)
    yield probe_gradients(parts, samples)
    # After some steps: a last layer that starts at zero would hide what flows through it.
    yield probe_independence(parts, batch)
    yield probe_repeatability(rehearsal, samples)
    yield check_memory(parts)


def check_splits(data: DataSplits) -> Iterator[Check]:
    """Yield whether splits share rows, or content under other row numbers."""
    rows = {"train": data.train.indices, "val": data.val.indices, "test": data.test.indices}
    yield check_membership(rows)
    yield check_overlap(rows, hash_samples(data.source))


def check_memory(parts: Parts) -> Check:
    """Return the estimate of what a run takes, and whether it is there."""
    device = parts.world.device
    try:
        estimate = estimate_memory(parts)
    except UserError as error:
        return Check("memory", "warning", str(error))
    shares = (
        ("parameters", estimate.parameters),
        ("gradients", estimate.gradients),
        ("optimizer", estimate.optimizer_state),
        ("activations", estimate.activations),
    )
    detail = f"{format_bytes(estimate.peak)} at {estimate.micro_batch} samples: " + ", ".join(
        f"{name} {format_bytes(size)}" for name, size in shares
    )
    alert = memory_alert(estimate, device)
    if alert is not None:
        return Check("memory", "warning", f"{alert} {detail}")
    available = available_memory(device)
    place = "unknown" if available is None else format_bytes((1 - HEADROOM) * available)
    return Check("memory", "ok", f"{detail}; usable {place}")


def overfit(config: Config) -> int:
    """Train on one batch until it is known by heart; return 1 when that fails, else 0."""
    with rehearse(config) as rehearsal:
        parts = rehearsal.new_parts()
        batch = probe_batch(parts, _samples(rehearsal))
        try:
            report = memorise(parts, batch)
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"out of memory with {len(batch['index'])} samples; lower training.batch_size"
            ) from error
    name, samples = _model_name(config), len(batch["index"])
    console = Console(highlight=False, soft_wrap=True)
    first, last, steps, learnt, target = report
    facts = (
        f"{samples} samples, {steps} steps at rate {parts.optimizer.param_groups[0]['lr']:g}: "
        f"loss {first:.4f} to {last:.4f} (goal {target:.4f})"
    )
    if learnt:
        console.print(f"[green]{name} can learn:[/] {facts}.")
        return 0
    console.print(f"[bold red]{name} did not learn one batch by heart:[/] {facts}.")
    console.print(_advice(parts, batch, first, last, target))
    return 1


def memorise(parts: Parts, batch: Batch) -> tuple[float, float, int, bool, float]:
    """Train on one batch at the configured rate, without a schedule.

    Args:
        parts: A fresh model, which is trained here.
        batch: On its device.

    Returns:
        The loss in evaluation mode before and after, the steps taken, whether it fell below the
        goal, and the goal: a tenth of the loss of guessing, or of the first loss if that is lower.
    """
    step = DryStep(parts)
    most = min(_OVERFIT_STEPS, parts.config.training.max_steps or _OVERFIT_STEPS)
    first = _loss(parts, batch)
    guessing = math.log(max(2, len(parts.data.spec.class_names)))
    target = (1 - _LEARNT) * (min(first, guessing) if is_finite(first) else guessing)
    last, taken = first, 0
    while taken < most and is_finite(last):
        step.take_one(batch)
        taken += 1
        if taken % _LOOK_EVERY == 0 or taken == most:
            last = _loss(parts, batch)
            if last <= target:
                return first, last, taken, True, target
            if taken % (10 * _LOOK_EVERY) == 0:
                logger.info("step %d: loss %.4f", taken, last)
    return first, last, taken, False, target


def _loss(parts: Parts, batch: Batch, *, training: bool = False) -> float:
    """Return the mean loss on the batch."""
    parts.model.train(training)
    with torch.no_grad(), parts.precision.autocast():
        total = float(parts.task.training_step(parts.model, batch))
    return total / max(1, parts.task.count_items(batch))


def _advice(parts: Parts, batch: Batch, first: float, last: float, target: float) -> str:
    """Say what the way of failing points at."""
    if not is_finite(first, last):
        return "The loss is not finite: run check; then try a lower optimizer.lr."
    if _loss(parts, batch, training=True) <= 2 * target:
        return (
            "It learns in training mode but not in evaluation mode: look at normalisation's "
            "running statistics and at dropout."
        )
    if last > first:
        return "The loss rose: try a lower optimizer.lr (find-lr suggests one), then run check."
    if last > 0.9 * first:
        return (
            "The loss hardly moved: run check for gradients that do not arrive, look whether "
            "targets belong to their inputs, and try find-lr."
        )
    return (
        "It learns, but slowly: try another optimizer.lr (find-lr suggests one), a larger model, "
        "or less regularisation."
    )


def _samples(rehearsal: Rehearsal) -> int:
    return min(_SAMPLES, rehearsal.config.training.batch_size, len(rehearsal.data.train))


def _model_name(config: Config) -> str:
    return str(config.model.get("_target_", "model")).rpartition(".")[2]
