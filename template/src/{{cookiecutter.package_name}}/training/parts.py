"""What a run is made of, built from its config on the device it will use."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from ..config import Config
from ..data import DataSplits, load_data
from ..data.dataset import Batch
from ..data.loaders import evaluation_batches, train_batches, worker_count
from ..data.sampler import BatchPlan
from ..errors import UserError
from ..models import build_model
from ..tasks import Classification, build_task
from ..utils.instantiate import instantiate
from ..utils.reproducibility import seed_everything
from .distributed import Replica, World
from .ema import ExponentialMovingAverage
from .optimizer import build_optimizer
from .precision import Precision
from .schedule import Schedule


@dataclass
class Parts:
    """The parts of one process's run.

    Attributes:
        config: What they were built from.
        world: This process's place among the others.
        data: The data set, split.
        plan: Which samples make which batch.
        task: The loss and the scores.
        model: The bare model: this is what is saved, averaged and exported.
        replica: The model as it is called in training: parallel where there are several processes.
        optimizer: Its optimizer.
        schedule: The learning rate over the run.
        precision: Autocast and the loss scaler.
        ema: The weights' moving average, if asked for.
        total_steps: Optimizer steps of the whole run.
    """

    config: Config
    world: World
    data: DataSplits
    plan: BatchPlan
    task: Classification
    model: nn.Module
    replica: Replica
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    precision: Precision
    ema: ExponentialMovingAverage | None
    total_steps: int

    @property
    def evaluated_model(self) -> nn.Module:
        """The weights that are evaluated: the moving average where there is one."""
        return self.model if self.ema is None else self.ema.model

    def training_batches(self, epoch: int, position: int) -> Iterator[Batch]:
        """Return this process's batches from a place of the run on."""
        return train_batches(
            self.data,
            self.plan,
            epoch=epoch,
            position=position,
            rank=self.world.rank,
            world_size=self.world.size,
            workers=self._workers(),
            pin=self.world.device.type == "cuda",
        )

    def validation_batches(self) -> Iterator[Batch]:
        """Return this process's share of the validation split."""
        return evaluation_batches(
            self.data.val,
            self.config.training.batch_size,
            rank=self.world.rank,
            world_size=self.world.size,
            workers=self._workers(),
            pin=self.world.device.type == "cuda",
        )

    def _workers(self) -> int:
        return worker_count(self.config.data.num_workers, self.data, self.world.local_size)


def build_parts(config: Config, world: World, data: DataSplits | None = None) -> Parts:
    """Build everything that a run needs, seeded.

    Args:
        config: What to build.
        world: Where.
        data: The data set where it is loaded already.

    Raises:
        UserError: A part can't be built from its config; the message names the key.
    """
    training = config.training
    assert config.seed is not None, "the caller draws a seed where the config has none"
    seed_everything(config.seed, deterministic=training.deterministic)
    if data is None:
        data = load_data(config.data, seed=config.seed)
    plan = BatchPlan(len(data.train), training.batch_size, training.accumulate, config.seed)
    total_steps = min(
        (training.max_epochs or 10**12) * plan.steps_per_epoch, training.max_steps or 10**12
    )
    # Built on the CPU with the run's seed, so that every device starts from the same weights.
    model = build_model(config.model, data.spec).to(world.device)
    if training.activation_checkpointing:
        recompute_activations(model)
    ema = ExponentialMovingAverage(model, training.ema_decay) if training.ema_decay else None
    optimizer = build_optimizer(config.optimizer, model)
    if training.compile:
        model.compile()  # in place: names in the state dict stay what they are
    replica = Replica(model, world)
    # From here on each process draws its own numbers (dropout), or they would all drop the same.
    torch.manual_seed(config.seed + world.rank)
    return Parts(
        config=config,
        world=world,
        data=data,
        plan=plan,
        task=build_task(config.task),
        model=model,
        replica=replica,
        optimizer=optimizer,
        schedule=instantiate(config.scheduler, "scheduler", total_steps=total_steps),
        precision=Precision(training.precision, world.device),
        ema=ema,
        total_steps=total_steps,
    )


def recompute_activations(model: nn.Module) -> None:
    """Keep only each block's input for backward, and compute the rest again (Chen et al. 2016).

    Raises:
        UserError: The model does not name its blocks.
    """
    blocks = getattr(model, "blocks", None)
    if blocks is None:
        raise UserError(
            f"training.activation_checkpointing: {type(model).__name__} has no blocks() method "
            "that returns the modules to recompute"
        )
    for block in blocks():
        # The instance's forward is replaced, not the module: the state dict's names stay.
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
