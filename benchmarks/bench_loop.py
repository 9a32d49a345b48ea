"""What the emitted loop costs over the barest correct one, beside Lightning and Accelerate.

All train the same model on the same batches for the same number of steps, with AdamW, without
clipping, schedule, evaluation or checkpoints. The barest loop is seven lines. What the emitted loop
does on top is what it promises: items counted, gradients checked, metrics written.

A contestant's time is that of a long run less that of a short one: starting and ending drop out.
"""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import in_turns, report, scaffold

os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}
SHORT, LONG, ROUNDS = 20, 220, 9
BATCH = 64
OVERRIDES = [
    f"training.batch_size={BATCH}",
    "training.clip_norm=null",
    "training.max_epochs=1000",
    "training.evaluate_every_steps=1000000",
    "training.checkpoint.every_steps=1000000",
    "training.accelerator=cpu",
    "scheduler=constant",
    "scheduler.warmup=0",
    "optimizer.weight_decay=0",
    "data.num_workers=0",
]


def main() -> None:
    """Print the table."""
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "bench")
        scaffold(folder, package_name="bench_project", project_kind="vision", tracker="wandb")
        os.chdir(folder)
        import torch

        torch.set_num_threads(1)  # several threads of such small kernels only add noise
        parts = compose(["tracking=none"])
        contestants: dict[str, Callable[[int], None]] = {
            "barest loop": lambda steps: barest(parts, steps),
            "emitted loop": lambda steps: emitted(steps, "none"),
            "emitted, W&B offline": lambda steps: emitted(steps, "wandb"),
            "emitted, TensorBoard": lambda steps: emitted(steps, "tensorboard"),
            "pytorch-lightning": lambda steps: lightning(parts, steps),
            "accelerate": lambda steps: accelerated(parts, steps),
        }
        seconds = in_turns({name: difference(run) for name, run in contestants.items()}, ROUNDS)
    print(
        f"Training loop: CNN on digits, batches of {BATCH}, {LONG - SHORT} steps, CPU, one thread"
    )
    report(seconds, "barest loop", (LONG - SHORT) / 1000, "ms a step")


def difference(run: Callable[[int], None]) -> Callable[[], float]:
    """Return a function that times a long run less a short one."""

    def measure() -> float:
        times = []
        for steps in (SHORT, LONG):
            with contextlib.redirect_stdout(io.StringIO()):
                start = time.perf_counter()
                run(steps)
                times.append(time.perf_counter() - start)
        return times[1] - times[0]

    return measure


def compose(overrides: list[str]) -> Any:
    """Return the emitted project's parts for the benchmark's overrides."""
    from bench_project.config import CONFIG_DIR, to_config
    from bench_project.training.distributed import World
    from bench_project.training.parts import build_parts
    from hydra import compose, initialize_config_dir
    from torch import device

    with initialize_config_dir(str(CONFIG_DIR), version_base="1.3"):
        config = to_config(compose("config", overrides=[*OVERRIDES, *overrides]))
    return build_parts(config, World(device("cpu")))


def batches(parts: Any, steps: int) -> Iterator[Any]:
    """Yield the same batches that the emitted loop trains on."""
    stream = parts.training_batches(0, 0)
    for _ in range(steps):
        yield next(stream)


def fresh(parts: Any) -> tuple[Any, Any]:
    """Return a copy of the untrained model, and its optimizer."""
    import torch

    model = copy.deepcopy(parts.model)
    return model, torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0)


def barest(parts: Any, steps: int) -> None:
    """The seven lines that nobody can do without."""
    from torch.nn.functional import cross_entropy

    model, optimizer = fresh(parts)
    model.train()
    for batch in batches(parts, steps):
        optimizer.zero_grad()
        loss = cross_entropy(model(batch["inputs"]), batch["targets"])
        loss.backward()
        optimizer.step()


def emitted(steps: int, tracking: str) -> None:
    """The project's own loop, from its config to its end."""
    from bench_project.training.loop import Loop
    from bench_project.training.signals import StopRequest

    run_dir = Path(tempfile.mkdtemp(dir=Path.cwd()))
    parts = compose([f"tracking={tracking}", f"training.max_steps={steps}"])
    loop = Loop(parts, run_dir, StopRequest())
    loop.start()
    loop.fit()
    loop.close("completed")
    shutil.rmtree(run_dir)


def lightning(parts: Any, steps: int) -> None:
    """pytorch-lightning's Trainer with everything optional switched off."""
    import pytorch_lightning as pl
    from torch.nn.functional import cross_entropy

    model, optimizer = fresh(parts)

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: Any, _: int) -> Any:
            return cross_entropy(self.model(batch["inputs"]), batch["targets"])

        def configure_optimizers(self) -> Any:
            return optimizer

    trainer = pl.Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Module(), batches(parts, steps))


def accelerated(parts: Any, steps: int) -> None:
    """The barest loop through accelerate."""
    from accelerate import Accelerator
    from torch.nn.functional import cross_entropy

    accelerator = Accelerator(cpu=True)
    model, optimizer = accelerator.prepare(*fresh(parts))
    model.train()
    for batch in batches(parts, steps):
        optimizer.zero_grad()
        loss = cross_entropy(model(batch["inputs"]), batch["targets"])
        accelerator.backward(loss)
        optimizer.step()


if __name__ == "__main__":
    sys.exit(main())
