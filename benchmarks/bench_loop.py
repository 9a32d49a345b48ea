"""What the emitted loop costs over the barest correct one, beside Lightning and Accelerate.

All train the same model on the same batches, with AdamW, without clipping, schedule, evaluation or
checkpoints. The barest loop is seven lines. What the emitted loop does on top is what it promises:
items counted, gradients checked, metrics written. It asks PyTorch for the optimizer's fused kernel,
which the others leave off as PyTorch does; the barest loop is also run with it, so that what the
loop costs and what the kernel gains can be told apart.

Whole runs one after another can't show a difference of 2 %: a machine drifts by more than that in
a minute. So the loops run side by side, each in a thread that is held where it asks for its next
batch; one at a time is let go for a few steps, in an order that changes from round to round. And
since where a model happens to lie in memory alone makes several percent, all is done again in some
processes, in each of which the loops are made in another order.
"""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before torch is imported: several threads of such small kernels only add noise.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}

from measure import report, scaffold

PROCESSES, STEPS, ROUNDS, WARM_UP = 7, 10, 24, 3
BATCH = 64
OVERRIDES = [
    f"training.batch_size={BATCH}",
    "training.clip_norm=null",
    "training.max_epochs=100000",
    "training.evaluate_every_steps=10000000",
    "training.checkpoint.every_steps=10000000",
    "training.accelerator=cpu",
    "scheduler=constant",
    "scheduler.warmup=0",
    "optimizer.weight_decay=0",
    "data.num_workers=0",
]


def main() -> None:
    """Print the table."""
    seconds: dict[str, list[float]] = {}
    for number in range(PROCESSES):
        made = subprocess.run(
            [sys.executable, __file__, str(number)], check=True, stdout=subprocess.PIPE
        )
        for name, values in json.loads(made.stdout.splitlines()[-1]).items():
            seconds.setdefault(name, []).extend(values)
    print(f"Training loop: CNN on digits, batches of {BATCH}, CPU, one thread")
    report(seconds, "barest loop", STEPS / 1000, "ms a step")


def measure(order: random.Random) -> dict[str, list[float]]:
    """Return the seconds of each round, by contestant."""
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    contestants = {
        "barest loop": (barest, "none"),
        "barest, fused AdamW": (barest_fused, "none"),
        "emitted loop": (emitted, "none"),
        "emitted, W&B offline": (emitted, "wandb"),
        "emitted, TensorBoard": (emitted, "tensorboard"),
        "pytorch-lightning": (lightning, "none"),
        "accelerate": (accelerated, "none"),
    }
    names = list(contestants)
    order.shuffle(names)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "bench")
        scaffold(folder, package_name="bench_project", project_kind="vision", tracker="wandb")
        os.chdir(folder)
        lanes: dict[str, Lane] = {}
        for name in names:
            run, tracking = contestants[name]
            lanes[name] = Lane(run, compose(tracking))
            lanes[name].start()
        seconds = take_turns(lanes, order)
        for lane in lanes.values():
            lane.end()
    return {name: seconds[name] for name in contestants}


class OverError(Exception):
    """The benchmark has seen enough of a loop."""


class Lane:
    """A training loop in a thread of its own, held at its batches.

    Args:
        run: Trains on some parts' batches until they end.
        parts: Model, data and the rest, of no other lane.
    """

    def __init__(self, run: Callable[[Any], None], parts: Any) -> None:
        self.run, self.parts = run, parts
        self.green, self.waiting = threading.Semaphore(0), threading.Semaphore(0)
        self.is_over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        stream = parts.training_batches(0, 0)
        parts.training_batches = lambda epoch, position: self.held(stream)

    def _run(self) -> None:
        with contextlib.suppress(OverError):
            self.run(self.parts)
        self.waiting.release()

    def held(self, stream: Iterator[Any]) -> Iterator[Any]:
        """Yield batches, a few each time that the lane is let go."""
        while True:
            self.waiting.release()
            self.green.acquire()
            if self.is_over:
                raise OverError
            for _ in range(STEPS):
                yield next(stream)

    def start(self) -> None:
        """Begin, up to the first batch."""
        self.thread.start()
        self.waiting.acquire()

    def go(self) -> float:
        """Let the loop take its next steps; return the seconds that they took."""
        start = time.perf_counter()
        self.green.release()
        self.waiting.acquire()
        return time.perf_counter() - start

    def end(self) -> None:
        """End the loop."""
        self.is_over = True
        self.green.release()
        self.thread.join()


def take_turns(lanes: dict[str, Lane], order: random.Random) -> dict[str, list[float]]:
    """Let each lane go once a round; return the seconds of the rounds that count."""
    seconds: dict[str, list[float]] = {name: [] for name in lanes}
    names = list(lanes)
    for turn in range(WARM_UP + ROUNDS):
        order.shuffle(names)
        for name in names:
            elapsed = lanes[name].go()
            if turn >= WARM_UP:
                seconds[name].append(elapsed)
    return seconds


def compose(tracking: str) -> Any:
    """Return the emitted project's parts for the benchmark's overrides and a tracker."""
    from bench_project.config import CONFIG_DIR, to_config
    from bench_project.training.distributed import World
    from bench_project.training.parts import build_parts
    from hydra import compose, initialize_config_dir
    from torch import device

    with initialize_config_dir(str(CONFIG_DIR), version_base="1.3"):
        config = to_config(compose("config", overrides=[*OVERRIDES, f"tracking={tracking}"]))
    return build_parts(config, World(device("cpu")))


def fresh(parts: Any, fused: bool | None = None) -> tuple[Any, Any]:
    """Return a copy of the untrained model, and its optimizer."""
    import torch

    model = copy.deepcopy(parts.model)
    return model, torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0, fused=fused)


def barest(parts: Any, fused: bool | None = None) -> None:
    """The seven lines that nobody can do without."""
    from torch.nn.functional import cross_entropy

    model, optimizer = fresh(parts, fused)
    model.train()
    for batch in parts.training_batches(0, 0):
        optimizer.zero_grad()
        loss = cross_entropy(model(batch["inputs"]), batch["targets"])
        loss.backward()
        optimizer.step()


def barest_fused(parts: Any) -> None:
    """The same with the optimizer's one kernel, which the emitted project asks PyTorch for."""
    barest(parts, fused=True)


def emitted(parts: Any) -> None:
    """The project's own loop, from its start to its end."""
    from bench_project.training.loop import Loop
    from bench_project.training.signals import StopRequest

    loop = Loop(parts, Path(tempfile.mkdtemp(dir=Path.cwd())), StopRequest())
    try:
        loop.start()
        loop.fit()
    finally:
        loop.close("interrupted")


def lightning(parts: Any) -> None:
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
        max_steps=-1,
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Module(), parts.training_batches(0, 0))


def accelerated(parts: Any) -> None:
    """The barest loop through accelerate."""
    from accelerate import Accelerator
    from torch.nn.functional import cross_entropy

    accelerator = Accelerator(cpu=True)
    model, optimizer = accelerator.prepare(*fresh(parts))
    model.train()
    for batch in parts.training_batches(0, 0):
        optimizer.zero_grad()
        loss = cross_entropy(model(batch["inputs"]), batch["targets"])
        accelerator.backward(loss)
        optimizer.step()


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(random.Random(int(sys.argv[1])))))
    else:
        main()
