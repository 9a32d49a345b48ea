"""What a checkpoint costs: written, checksummed, flushed, renamed, older ones removed."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench_loop import compose
from measure import in_turns, report, scaffold

STEPS, ROUNDS = 20, 15


def main() -> None:
    """Print the table."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "bench")
        scaffold(folder, package_name="bench_project", project_kind="vision", tracker="none")
        os.chdir(folder)
        import torch
        from bench_project.training.checkpoint import read_checkpoint
        from bench_project.training.loop import Loop
        from bench_project.training.signals import StopRequest

        torch.set_num_threads(1)
        run_dir = Path(scratch, "run")
        run_dir.mkdir()
        parts = compose("none")
        loop = Loop(parts, run_dir, StopRequest())
        loop.start()
        loop.batches = loop.parts.training_batches(0, 0)

        def train() -> None:
            for _ in range(STEPS):
                size = loop.parts.plan.window(0)
                loop.step.take(loop.state, [next(loop.batches)], size)

        def save() -> None:
            loop.state.step += 1
            loop.save()

        def verify() -> None:
            read_checkpoint(loop.store.root / "last")

        seconds = in_turns(
            {"a step": timed(train), "save": timed(save), "verify": timed(verify)}, ROUNDS
        )
        size = sum(f.stat().st_size for f in (loop.store.root / "last").resolve().iterdir())
        loop.close("completed")
    seconds["a step"] = [value / STEPS for value in seconds["a step"]]
    print(f"Checkpoint of {size / 1e6:.1f} MB: weights, AdamW's moments, state")
    report(seconds, "a step", 1e-3, "ms")


def timed(work: Callable[[], None]) -> Callable[[], float]:
    """Return a function that does the work and returns its seconds."""

    def measure() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return measure


if __name__ == "__main__":
    sys.exit(main())
