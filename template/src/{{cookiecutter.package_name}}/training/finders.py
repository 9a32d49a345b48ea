"""`find-lr` and `find-batch`: numbers to start from, measured on this model and this machine.

    python -m <package> find-lr      # a curve and a rate
    python -m <package> find-batch   # a table of sizes and the overrides to use

Both train fresh models and leave runs alone.
"""

import gc
import logging
import time
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.table import Table

from ..config import Config
from ..data.dataset import Batch
from ..errors import UserError
from ..evaluation.settings import read_settings
from ..runs import new_folder
from .lr_curve import save_curve, suggest, sweep
from .memory import HEADROOM, available_memory, estimate_memory, format_bytes
from .parts import Parts
from .rehearsal import DryStep, Rehearsal, rehearse, take_samples
from .step import to_device

logger = logging.getLogger(__name__)

_LOWEST_RATE, _HIGHEST_RATE, _SWEEP_STEPS = 1e-6, 10.0, 140
# A size is timed for so long, after a step that makes the optimizer's state and warms kernels up.
_TIMED_S, _MOST_TIMED_STEPS = 0.3, 20
# Twice the size must bring this much more samples per second to be worth its memory.
_WORTHWHILE = 1.05
_MOST_READ = 256


def find_lr(config: Config) -> int:
    """Sweep the rate on a fresh model; print a suggestion and write the curve.

    Raises:
        UserError: The loss does not fall at any rate, or is not finite.
    """
    formats = read_settings(config.evaluation).figure_formats
    with rehearse(config) as rehearsal:
        parts = rehearsal.new_parts()
        step, position = DryStep(parts), 0
        batches = parts.training_batches(0, 0)

        def loss_at(rate: float) -> float:
            nonlocal position
            sizes = parts.plan.window(position)
            for group in parts.optimizer.param_groups:
                group["lr"] = rate
            result = step.take(step.state, [next(batches) for _ in sizes], sizes)
            step.state.step += 1
            position = (position + sum(sizes)) % parts.plan.samples
            return result.loss_sum / max(1, result.items)

        try:
            curve = sweep(loss_at, _LOWEST_RATE, _HIGHEST_RATE, _SWEEP_STEPS)
        except torch.OutOfMemoryError as error:
            raise UserError("find-lr: out of memory; run find-batch first") from error
    suggestion = suggest(curve)
    folder = new_folder("find-lr")
    files = save_curve(curve, suggestion, folder, formats)
    console = Console(highlight=False, soft_wrap=True)
    end = "diverged" if curve.diverged else "did not diverge"
    console.print(
        f"{len(curve.rates)} steps from {curve.rates[0]:.0e} to {curve.rates[-1]:.1e}: loss "
        f"{curve.smoothed[0]:.3f}, lowest {min(curve.smoothed):.3f}, {end}"
    )
    console.print(f"[green]Suggested:[/] optimizer.lr={suggestion.valley:.1e} (valley)")
    console.print(
        f"steepest descent at {suggestion.steepest:.1e}; the config has "
        f"{config.optimizer['lr']:.1e}"
    )
    console.print(f"Curve in {folder}: {', '.join(path.name for path in files)}", markup=False)
    return 0


@dataclass(frozen=True)
class Trial:
    """How one micro-batch size went.

    Attributes:
        size: Samples at once.
        samples_per_s: Throughput; None when memory ran out.
        memory: Bytes at the peak: measured on CUDA, else estimated; None when unknown.
        fits: Whether it fits with head-room.
    """

    size: int
    samples_per_s: float | None
    memory: int | None
    fits: bool


def find_batch(config: Config) -> int:
    """Double the micro-batch until memory runs out or it no longer pays; print what to use.

    Raises:
        UserError: Not even one sample fits.
    """
    with rehearse(config) as rehearsal:
        trials = try_sizes(rehearsal)
        name, device = config.data.name, rehearsal.world.device
    fitting = [trial for trial in trials if trial.fits and trial.samples_per_s]
    if not fitting:
        raise UserError(
            "find-batch: not even one sample fits into memory; use a smaller model or input, or "
            "training.activation_checkpointing=true"
        )
    best = choose(fitting, device)
    console = Console(highlight=False, soft_wrap=True)
    console.print(_table(f"Micro-batches of '{name}' on {device}", trials, best))
    micro, accumulate = keep_step_size(config, best.size)
    console.print(
        f"Largest that fits with {HEADROOM:.0%} to spare: {fitting[-1].size}; "
        f"most worth using: {best.size}"
    )
    step = config.training.batch_size * config.training.accumulate
    console.print(
        f"[green]Same optimizer step of {step} samples:[/] "
        f"training.batch_size={micro} training.accumulate={accumulate}"
    )
    if best.size > step:
        console.print(
            f"Larger steps (training.batch_size={best.size}) would use this machine better, but "
            "they are another experiment: find-lr again."
        )
    return 0


def try_sizes(rehearsal: Rehearsal) -> list[Trial]:
    """Try 1, 2, 4, … up to the training split's size; the last one may not have fitted."""
    trials: list[Trial] = []
    size = 1
    while size <= len(rehearsal.data.train):
        trial = try_size(rehearsal, size)
        trials.append(trial)
        # Outside of try_size: an exception's frames would keep its tensors alive.
        release_memory(rehearsal.world.device)
        if not trial.fits:
            break
        if rehearsal.world.device.type == "cpu" and _stagnates(trials):
            logger.info("throughput no longer grows after %d samples", size)
            break
        size *= 2
    return trials


def try_size(rehearsal: Rehearsal, size: int) -> Trial:
    """Take some optimizer steps with one micro-batch of `size` samples."""
    device = rehearsal.world.device
    parts = rehearsal.new_parts(batch_size=size, accumulate=1)
    available = available_memory(device)
    estimated: int | None = None
    if device.type != "cuda":
        try:
            estimated = estimate_memory(parts).peak
        except UserError as error:
            logger.info("%s", error)
        if estimated and available and estimated > (1 - HEADROOM) * available:
            return Trial(size, None, estimated, fits=False)  # the system would start to swap
    else:
        torch.cuda.reset_peak_memory_stats(device)
    try:
        rate = _throughput(parts, size)
    except torch.OutOfMemoryError:
        return Trial(size, None, estimated, fits=False)
    used = torch.cuda.max_memory_reserved(device) if device.type == "cuda" else estimated
    fits = not used or not available or used <= (1 - HEADROOM) * available
    return Trial(size, rate, used, fits)


def choose(fitting: list[Trial], device: torch.device) -> Trial:
    """Return the largest size on a GPU; on a CPU the smallest that is about as fast as any."""
    if device.type != "cpu":
        return fitting[-1]
    fastest = max(trial.samples_per_s or 0.0 for trial in fitting)
    return next(t for t in fitting if (t.samples_per_s or 0.0) * _WORTHWHILE >= fastest)


def keep_step_size(config: Config, size: int) -> tuple[int, int]:
    """Return batch size and accumulation for the configured samples per optimizer step.

    Args:
        config: Its batch_size x accumulate is what stays.
        size: The micro-batch may not be larger.
    """
    samples = config.training.batch_size * config.training.accumulate
    micro = next(m for m in range(min(size, samples), 0, -1) if samples % m == 0)
    return micro, samples // micro


def release_memory(device: torch.device) -> None:
    """Give back what a finished trial held."""
    if device.type != "cpu":
        gc.collect()
        torch.get_device_module(device).empty_cache()


def _throughput(parts: Parts, size: int) -> float:
    """Return samples per second of optimizer steps, without loading data."""
    device = parts.world.device
    batch = to_device(_repeat(take_samples(parts, min(size, _MOST_READ)), size), device)
    step = DryStep(parts)
    step.take_one(batch)
    _wait(device)
    steps, start = 0, time.perf_counter()
    while True:
        step.take_one(batch)
        _wait(device)
        steps, elapsed = steps + 1, time.perf_counter() - start
        if elapsed >= _TIMED_S or steps >= _MOST_TIMED_STEPS:
            return steps * size / elapsed


def _repeat(batch: Batch, size: int) -> Batch:
    """Fill a batch up with its own samples: memory and time do not depend on values."""
    rows = torch.arange(size) % len(batch["index"])
    return {name: tensor.index_select(0, rows) for name, tensor in batch.items()}


def _wait(device: torch.device) -> None:
    """Wait for the device: work on a GPU is only queued."""
    if device.type != "cpu":
        torch.get_device_module(device).synchronize()


def _stagnates(trials: list[Trial]) -> bool:
    """Whether the last two doublings brought hardly more throughput."""
    rates = [trial.samples_per_s or 0.0 for trial in trials]
    return len(rates) > 3 and max(rates[-2:]) < _WORTHWHILE * max(rates[:-2])


def _table(title: str, trials: list[Trial], best: Trial) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("samples", "samples/s", "memory", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for trial in trials:
        rate = "-" if trial.samples_per_s is None else f"{trial.samples_per_s:,.0f}"
        memory = "-" if trial.memory is None else format_bytes(trial.memory)
        note = "[green]use this[/]" if trial is best else ""
        if not trial.fits:
            note = "[red]does not fit[/]"
        table.add_row(str(trial.size), rate, memory, note)
    return table
