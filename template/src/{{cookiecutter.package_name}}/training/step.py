"""One optimizer step on one window: forward, backward, exchange, clip, step.

One *window* is the `training.accumulate` batches of `training.batch_size` samples over all
processes that one optimizer step consumes. Its loss is the mean over the window's items, so that
the number of batches, of processes, and of parts that a batch is cut into when memory runs out
change the order of some additions, and nothing else.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..data.dataset import Batch
from ..data.sampler import share
from ..errors import UserError
from .distributed import World
from .guards import is_finite
from .parts import Parts
from .record import Record
from .resume import SplitsNote
from .signals import StopRequest
from .state import TrainState

logger = logging.getLogger(__name__)

# Data-parallel backward passes exchange gradients while they compute, which a process that runs out
# of memory can't leave. Memory use settles within two steps (the optimizer makes its state in the
# first), so until then gradients are exchanged after all have said that theirs fitted.
_STEPS_TO_PROVE = 2


@dataclass(frozen=True)
class StepResult:
    """What one optimizer step did.

    Attributes:
        loss_sum: Loss summed over the window's items, over all processes.
        items: Those items.
        grad_norm: Norm of the averaged gradient before clipping.
        stop: Whether any process was asked to stop.
    """

    loss_sum: float
    items: int
    grad_norm: float
    stop: bool


class WindowStep:
    """Takes optimizer steps.

    Args:
        parts: The model and what trains it.
        run_dir: Where a note is left when memory runs out beyond repair.
        record: Where it is written down when memory runs out.
        stop: Whether this process was asked to stop; all processes hear of it with the step.
    """

    def __init__(self, parts: Parts, run_dir: Path, record: Record, stop: StopRequest) -> None:
        """Keep the parts."""
        self.parts, self.world = parts, parts.world
        self.run_dir, self.record, self.stop = run_dir, record, stop
        self.clip_norm = parts.config.training.clip_norm
        # Gone through at each step, so it is not collected from the modules each time.
        self.parameters = list(parts.model.parameters())

    def take(self, state: TrainState, window: list[Batch], sizes: list[int]) -> StepResult:
        """Take one optimizer step on a window, in as many parts as memory demands.

        Args:
            state: Where the run is; how many parts batches are cut into is kept there.
            window: This process's batches.
            sizes: Samples of each over all processes.
        """
        parts, world, scaler = self.parts, self.world, self.parts.precision.scaler
        # A process without a sample in a small last batch has a copy of another's, with no weight.
        weights = [float(_has_part(size, world)) for size in sizes]
        counted = zip(weights, window, strict=True)
        own_items = sum(weight * parts.task.count_items(batch) for weight, batch in counted)
        items = max(1.0, world.sum([own_items])[0])
        while True:
            cautious = world.size == 1 or state.proven_steps < _STEPS_TO_PROVE
            loss = self._forward_backward(state, window, weights, items, exchange=not cautious)
            if not cautious or not world.any(loss is None):
                break
            self._split_more(state, -(-max(sizes) // world.size))
        assert loss is not None
        if cautious and world.size > 1:
            world.average_gradients(parts.model)
        state.proven_steps += 1

        scaler.unscale_(parts.optimizer)
        norm = torch.nn.utils.get_total_norm(
            [p.grad for p in self.parameters if p.grad is not None]
        )
        # The only wait for the device in a step: two numbers.
        loss_sum, grad_norm = torch.stack((loss, norm.float())).tolist()
        loss_sum, stop = world.sum([loss_sum, float(bool(self.stop))])
        if is_finite(loss_sum, grad_norm):
            if self.clip_norm is not None:
                torch.nn.utils.clip_grads_with_norm_(self.parameters, self.clip_norm, norm)
            scaler.step(parts.optimizer)
            if parts.ema is not None:
                parts.ema.update(parts.model, state.step)
        scaler.update()
        return StepResult(loss_sum, int(items), grad_norm, stop > 0)

    def _forward_backward(
        self,
        state: TrainState,
        window: list[Batch],
        weights: list[float],
        items: float,
        *,
        exchange: bool,
    ) -> Tensor | None:
        """Add up the window's gradient; return its summed loss, None when out of memory."""
        parts, world = self.parts, self.world
        if not parts.model.training:  # at the start, and after an evaluation
            parts.replica.train()
        # Through the forward pass, a GPU's memory is better used than for old gradients. On a CPU,
        # those that are freed just before the new ones leave them a place that is in the cache.
        clears_late = world.device.type == "cpu"
        if not clears_late:
            parts.optimizer.zero_grad(set_to_none=True)
        pieces = [
            (weight, piece)
            for weight, batch in zip(weights, window, strict=True)
            for piece in split_batch(batch, state.splits)
        ]
        total = torch.zeros((), device=world.device)
        try:
            for number, (weight, batch) in enumerate(pieces, start=1):
                batch = to_device(batch, world.device)
                with parts.replica.exchange(exchange and number == len(pieces)):
                    with parts.precision.autocast():
                        loss = parts.task.training_step(parts.replica, batch)
                    if number == 1 and clears_late:
                        parts.optimizer.zero_grad(set_to_none=True)
                    # Averaging over processes divides by their number; the mean is over items.
                    share_of_mean = weight * world.size / items
                    parts.precision.scaler.scale(loss * share_of_mean).backward()
                total.add_(loss.detach(), alpha=weight)
        except torch.OutOfMemoryError as error:
            if exchange and world.size > 1:
                SplitsNote(self.run_dir).leave(state.splits * 2)
                raise UserError(
                    f"out of memory at step {state.step} while gradients were exchanged; "
                    "start again to go on from the last checkpoint with smaller parts"
                ) from error
            return None
        return total

    def _split_more(self, state: TrainState, largest: int) -> None:
        """Cut batches in two, and say so.

        Args:
            state: Where the number of parts is kept.
            largest: Samples of the largest batch on any process.

        Raises:
            UserError: There is nothing left to cut.
        """
        if state.splits >= largest:
            raise UserError(
                "out of memory with a single sample; use a smaller model or input, or "
                "training.activation_checkpointing=true"
            )
        state.splits, state.proven_steps = state.splits * 2, 0
        self.parts.optimizer.zero_grad(set_to_none=True)
        if self.world.device.type == "cuda":
            torch.cuda.empty_cache()
        self.record.event("out_of_memory", step=state.step, splits=state.splits)
        logger.warning(
            "out of memory: cutting each batch into %d parts, same samples", state.splits
        )


def split_batch(batch: Batch, parts: int) -> Iterator[Batch]:
    """Cut a batch into at most `parts` parts of nearly equal size."""
    size = len(batch["index"])
    for part in range(min(parts, size)):
        piece = share(size, part, min(parts, size))
        yield batch if parts == 1 else {name: tensor[piece] for name, tensor in batch.items()}


def to_device(batch: Batch, device: torch.device) -> Batch:
    """Move a batch; from page-locked memory the copy overlaps with computation."""
    if device.type == "cpu":
        return batch
    return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}


def _has_part(size: int, world: World) -> bool:
    """Whether this process has a sample of its own in a batch of `size`."""
    part = share(size, world.rank, world.size)
    return part.stop > part.start
