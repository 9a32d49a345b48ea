"""A run of a fraction of a second: forty rows, a small network, and faults where they are wanted.

An epoch has 22 rows in batches of 4, two batches a step: its third step has a full batch and one of
2, so that nothing in a test is accidentally even.
"""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from {{ cookiecutter.package_name }}.config import (
    CONFIG_DIR,
    Config,
    to_config,
)
from {{ cookiecutter.package_name }}.data import Batch, Source
from {{ cookiecutter.package_name }}.data.transforms import Draws
from {{ cookiecutter.package_name }}.tasks import Classification
from {{ cookiecutter.package_name }}.training.distributed import World
from {{ cookiecutter.package_name }}.training.loop import Loop
from {{ cookiecutter.package_name }}.training.parts import (
    Parts,
    build_parts,
)
from {{ cookiecutter.package_name }}.training.signals import (
    StopRequest,
)
from {{ cookiecutter.package_name }}.training.state import TrainState
from {{ cookiecutter.package_name }}.training.step import StepResult

TRAIN_ROWS, STEPS_PER_EPOCH = 22, 3
ALONE = World(torch.device("cpu"))


class CrashError(Exception):
    """Ends a run as a killed process would: nothing is saved after it."""


def make_rows(shift: float = 0.0, val_rows: int = 9) -> Source:
    """Return 40 rows of three separable classes."""
    rng = np.random.default_rng(0)
    targets = np.arange(40, dtype=np.int64) % 3
    centres = np.array([[2.0, 0, 0, 1], [0, 2.0, 0, -1], [0, 0, 2.0, 0]])
    return Source(
        kind="tabular",
        targets=targets,
        class_names=("a", "b", "c"),
        inputs=centres[targets] + rng.normal(scale=0.7, size=(40, 4)) + shift,
        feature_names=("w", "x", "y", "z"),
        split={
            "train": np.arange(TRAIN_ROWS),
            "val": np.arange(TRAIN_ROWS, TRAIN_ROWS + val_rows),
            "test": np.arange(31, 40),
        },
    )


class Noise:
    """An augmentation, so that a sample differs between epochs."""

    def __call__(self, inputs: Tensor, draws: Draws) -> Tensor:
        return inputs + 0.1 * draws.normal(inputs[0].numel()).float().view_as(inputs)


class FaultyTask(Classification):
    """Classification that goes wrong where it is told to.

    Args:
        nan_rows: Rows of the data set whose loss is no number.
        nan_calls: Calls of `training_step`, counted from 1, whose loss is no number.
        crash_at: Call that raises CrashError.
        capacity: Samples that fit into memory.
        stop_at: Call at which `stop` is set, as by a signal.
        stop: What is set.
    """

    def __init__(
        self,
        *,
        nan_rows: tuple[int, ...] = (),
        nan_calls: tuple[int, ...] = (),
        crash_at: int | None = None,
        capacity: int = 10**9,
        stop_at: int | None = None,
        stop: StopRequest | None = None,
    ) -> None:
        super().__init__()
        self.nan_rows, self.nan_calls, self.crash_at = set(nan_rows), nan_calls, crash_at
        self.capacity, self.stop_at, self.stop = capacity, stop_at, stop
        self.calls, self.rows = 0, list[list[int]]()

    def training_step(self, model: nn.Module, batch: Batch) -> Tensor:
        self.calls += 1
        rows = batch["index"].tolist()
        if self.calls == self.crash_at:
            raise CrashError
        if len(rows) > self.capacity:
            raise torch.OutOfMemoryError("injected")
        if self.calls == self.stop_at and self.stop is not None:
            self.stop.handle(15, None)
        self.rows.append(rows)
        loss = super().training_step(model, batch)
        broken = self.calls in self.nan_calls or bool(self.nan_rows.intersection(rows))
        return loss * float("nan") if broken else loss


@cache
def _base() -> DictConfig:
    with initialize_config_dir(str(CONFIG_DIR), version_base="1.3"):
        node = compose("config", ["tracking=none", "model=mlp", "scheduler=constant"])
    node.data.source = {"_target_": f"{__name__}.make_rows"}
    node.data.augment = {"noise": {"_target_": f"{__name__}.Noise"}}
    node.data.num_workers = 0
    node.model.hidden, node.model.dropout = [8], 0.0
    node.scheduler.warmup, node.optimizer.lr = 0, 0.01
    training = node.training
    training.max_epochs, training.batch_size, training.accumulate = 3, 4, 2
    training.log_every_steps, training.checkpoint.every_steps = 1, 2
    return node


def configure(run_dir: Path, *overrides: str) -> Config:
    """Return the config of a tiny run with dotted `key=value` overrides."""
    node = copy.deepcopy(_base())
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "scheduler":
            with initialize_config_dir(str(CONFIG_DIR), version_base="1.3"):
                node.scheduler = compose("config", [override]).scheduler
        else:
            OmegaConf.update(node, key, yaml.safe_load(value), force_add=True)
    node.run_dir = str(run_dir)
    return to_config(node)


def start(
    config: Config,
    task: FaultyTask | None = None,
    world: World = ALONE,
    stop: StopRequest | None = None,
) -> Loop:
    """Build a run and start it; `fit` is left to the caller."""
    parts = build_parts(config, world)
    if task is not None:
        parts.task = task
    assert config.run_dir is not None
    run_dir = Path(config.run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    if stop is None:
        stop = task.stop if task is not None and task.stop is not None else StopRequest()
    loop = Loop(parts, run_dir, stop)
    loop.start()
    return loop


def train(config: Config, task: FaultyTask | None = None, world: World = ALONE) -> str:
    """Train in this process; return how it ended."""
    loop = start(config, task, world)
    try:
        return loop.fit()
    finally:
        loop.close("completed")


def crash(config: Config, at: int) -> None:
    """Train until call `at` of the task, and end without a word."""
    try:
        train(config, FaultyTask(crash_at=at))
    except CrashError:
        return
    raise AssertionError("the run ended before it could crash")


def take_steps(loop: Loop, steps: int) -> list[StepResult]:
    """Take optimizer steps without evaluations and checkpoints."""
    state, plan = TrainState(), loop.parts.plan
    batches, results = loop.parts.training_batches(0, 0), []
    for _ in range(steps):
        sizes = plan.window(state.position)
        results.append(loop.step.take(state, [next(batches) for _ in sizes], sizes))
        state.step, state.position = state.step + 1, (state.position + sum(sizes)) % plan.samples
    return results


def weights(parts: Parts) -> Tensor:
    """Return a copy of all weights in one vector."""
    return torch.cat([p.detach().reshape(-1).clone() for p in parts.model.parameters()])


def outcome(run_dir: Path) -> dict[str, Any]:
    """Return everything of a run that must come out the same to the bit."""
    last = run_dir / "checkpoints" / "last"
    state = json.loads((last / "state.json").read_text())
    average = last / "ema.safetensors"
    return {
        "weights": (last / "model.safetensors").read_bytes(),
        "average": average.read_bytes() if average.exists() else None,
        "optimizer": _plain(torch.load(last / "optimizer.pt", weights_only=True)),
        "train": state["train"],
        "generators": state["rng"],
        "metrics": (run_dir / "metrics.jsonl").read_bytes(),
    }


def events(run_dir: Path) -> list[str]:
    """Return the names of what happened to a run."""
    lines = (run_dir / "events.jsonl").read_text().splitlines()
    return [json.loads(line)["event"] for line in lines]


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
