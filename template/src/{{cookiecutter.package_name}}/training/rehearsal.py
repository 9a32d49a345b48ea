"""Steps of the real loop without a run: no file is written, no global state is left changed."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..config import Config
from ..data import DataSplits, load_data
from ..data.dataset import Batch
from ..errors import UserError
from ..utils.logging import configure_logging
from ..utils.reproducibility import capture_rng, draw_seed, restore_rng
from .distributed import World, find_device
from .parts import Parts, build_parts
from .record import Record
from .signals import StopRequest
from .state import TrainState
from .step import StepResult, WindowStep

logger = logging.getLogger(__name__)


@dataclass
class Rehearsal:
    """What a rehearsal has: the config with a seed, this process and the data.

    Attributes:
        config: As given; a seed was drawn where it had none.
        world: This process, alone.
        data: The data set, loaded once.
    """

    config: Config
    world: World
    data: DataSplits

    def new_parts(self, **training: Any) -> Parts:
        """Build a fresh, seeded model with all that trains it.

        Args:
            **training: Keys of `training` that are to differ.
        """
        changed = replace(self.config, training=replace(self.config.training, **training))
        return build_parts(changed, self.world, self.data)


@contextmanager
def rehearse(config: Config) -> Iterator[Rehearsal]:
    """Prepare as a run does, and put generators and switches back at the end.

    Raises:
        UserError: Several processes were started, or the device or the data are not there.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("this command works in one process; start it without torchrun")
    device = find_device(config.training.accelerator)
    configure_logging()
    if config.seed is None:
        config = replace(config, seed=draw_seed())
        logger.warning("no seed was set: drew seed=%d, pass it to repeat this", config.seed)
    assert config.seed is not None
    generators = capture_rng(device)
    strict = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    workspace = os.environ.get("CUBLAS_WORKSPACE_CONFIG")
    try:
        yield Rehearsal(config, World(device), load_data(config.data, seed=config.seed))
    finally:
        restore_rng(generators, device)
        torch.use_deterministic_algorithms(strict, warn_only=warn_only)
        torch.backends.cudnn.benchmark = benchmark
        if workspace is None:
            os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)


class DryStep(WindowStep):
    """The loop's optimizer step, with nothing written down; out of memory is an error here.

    Args:
        parts: The model and what trains it.
    """

    def __init__(self, parts: Parts) -> None:
        """Start at the first step."""
        super().__init__(parts, Path(), _NoRecord(parts.world), StopRequest())
        self.state = TrainState()

    def take_one(self, batch: Batch) -> StepResult:
        """Take one step on a window of one batch, at the rate that the optimizer has.

        Raises:
            torch.OutOfMemoryError: The batch does not fit.
        """
        result = self.take(self.state, [batch], [len(batch["index"])])
        self.state.step += 1
        return result

    def _split_more(self, state: TrainState, largest: int) -> None:
        self.parts.optimizer.zero_grad(set_to_none=True)
        raise torch.OutOfMemoryError(f"{largest} samples do not fit")


class _NoRecord(Record):
    """Takes note of nothing."""

    def __init__(self, world: World) -> None:
        self.world, self.main = world, False


def take_samples(parts: Parts, samples: int, first: int = 0) -> Batch:
    """Return training samples in the order of the first epoch, from `first` on, round and round.

    Args:
        parts: The run.
        samples: How many, at most as many as there are.
        first: How many to skip.
    """
    order = parts.plan.order(0)
    rows = [order[(first + k) % len(order)] for k in range(min(samples, len(order)))]
    return parts.data.train.__getitems__([(0, row) for row in rows])
