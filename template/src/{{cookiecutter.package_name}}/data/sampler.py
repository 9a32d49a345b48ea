"""Which samples make which batch: a pure function of (seed, epoch, position).

Nothing here has hidden state: the place of a run in its data is two integers, and a resumed run,
another number of workers or of processes sees the same samples in the same order.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.utils.data import Sampler

from .dataset import SampleKey


@dataclass(frozen=True)
class BatchPlan:
    """How an epoch of `samples` rows is cut into batches and windows.

    A *batch* holds `batch_size` samples over all processes; a *window* is the `accumulate` batches
    of one optimizer step. The last batch and the last window of an epoch may be smaller, and no
    sample is dropped.

    Attributes:
        samples: Rows in the training split.
        batch_size: Samples of one batch, over all processes.
        accumulate: Batches of one optimizer step.
        seed: The run's seed; together with the epoch it decides the order.
    """

    samples: int
    batch_size: int
    accumulate: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in one epoch."""
        return -(-self.samples // (self.batch_size * self.accumulate))

    def order(self, epoch: int) -> list[int]:
        """Return the epoch's permutation of the rows."""
        # One stream per (seed, epoch): mixed by a large odd constant so that seed 0 of epoch 1 and
        # seed 1 of epoch 0 are not the same order.
        generator = torch.Generator().manual_seed((self.seed * 0x9E3779B1 + epoch) % 2**63)
        return torch.randperm(self.samples, generator=generator).tolist()

    def window(self, position: int) -> list[int]:
        """Return the sizes of the batches of the window that starts at `position`.

        Args:
            position: Samples of this epoch that were consumed before.
        """
        left = min(self.batch_size * self.accumulate, self.samples - position)
        full, rest = divmod(left, self.batch_size)
        return [self.batch_size] * full + ([rest] if rest else [])


def share(size: int, rank: int, world_size: int) -> slice:
    """Return the part of a batch of `size` samples that belongs to `rank`, as even as it goes."""
    return slice(size * rank // world_size, size * (rank + 1) // world_size)


class BatchStream(Sampler[list[SampleKey]]):
    """The endless stream of one process's batches, from any place of the run on.

    A batch that is smaller than the number of processes leaves some of them without a sample. They
    get a copy of its first one, which the loop weighs with nothing: gradients are exchanged by all
    processes or by none.
    """

    def __init__(
        self, plan: BatchPlan, epoch: int, position: int, rank: int = 0, world_size: int = 1
    ) -> None:
        """Start at `position` consumed samples of `epoch`."""
        self.plan = plan
        self.epoch, self.position = epoch, position
        self.rank, self.world_size = rank, world_size

    def __iter__(self) -> Iterator[list[SampleKey]]:
        """Yield lists of (epoch, row)."""
        epoch, position = self.epoch, self.position
        while True:
            order = self.plan.order(epoch)
            while position < self.plan.samples:
                for size in self.plan.window(position):
                    batch = order[position : position + size]
                    mine = batch[share(size, self.rank, self.world_size)] or batch[:1]
                    yield [(epoch, row) for row in mine]
                    position += size
            epoch, position = epoch + 1, 0
