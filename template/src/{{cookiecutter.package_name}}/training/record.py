"""Everything that a run writes down, in one place; only the main process writes.

metrics.jsonl       what the run computed; the same bytes however often it was interrupted
performance.jsonl   how fast: throughput, waiting for data, memory, GPU use
events.jsonl        what happened to it: starts, signals, memory running out, rollbacks
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import torch

from ..tracking.base import RunInfo, Status, TrackerGroup
from ..tracking.jsonl import JsonLines
from ..utils.gpu import GIB, GpuSampler
from .distributed import World


class Record:
    """A run's files and its trackers."""

    def __init__(self, run_dir: Path, world: World, trackers: TrackerGroup) -> None:
        """Open the files below `run_dir`, on the main process."""
        self.world, self.trackers = world, trackers
        self.main = world.is_main
        if self.main:
            self.metrics = JsonLines(run_dir / "metrics.jsonl")
            self.performance = JsonLines(run_dir / "performance.jsonl")
            self.events = JsonLines(run_dir / "events.jsonl")
            self.gpu = GpuSampler(world.device)

    def start(self, info: RunInfo, metrics_bytes: int) -> None:
        """Cut the metrics to the length that they had when the checkpoint was taken, and begin."""
        if self.main:
            self.metrics.truncate(metrics_bytes)
            self.trackers.start(info)

    def log(self, step: int, epoch: int, values: Mapping[str, float]) -> None:
        """Write metrics of optimizer step `step`; every value must be repeatable to the bit."""
        if self.main:
            self.metrics.write({"step": step, "epoch": epoch, **values})
            self.trackers.log(values, step)

    def log_performance(self, step: int, samples: int, seconds: float, waited_s: float) -> None:
        """Write how fast the steps since the last call were.

        Args:
            step: The current optimizer step.
            samples: Samples trained on since then, over all processes.
            seconds: Wall time since then.
            waited_s: The part of it that was spent waiting for data.
        """
        if not self.main:
            return
        values: dict[str, float] = {
            "perf/samples_per_s": samples / max(seconds, 1e-9),
            "perf/data_wait_share": waited_s / max(seconds, 1e-9),
            "perf/ram_gib": psutil.Process().memory_info().rss / GIB,
            **self.gpu.sample(),
        }
        if self.world.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated(self.world.device)
            values["perf/gpu_peak_allocated_gib"] = peak / GIB
        self.performance.write({"step": step, "time": time.time(), **values})
        self.trackers.log(values, step)

    def event(self, name: str, **facts: Any) -> None:
        """Note something that happened to the run."""
        if self.main:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            self.events.write({"time": now, "event": name, **facts})

    def metrics_bytes(self) -> int:
        """Return the length of metrics.jsonl; it belongs into the next checkpoint."""
        return self.metrics.size() if self.main else 0

    def close(self, status: Status) -> None:
        """Finish the trackers and close the files."""
        if self.main:
            self.event("end", status=status)
            self.trackers.finish(status)
            for file in (self.metrics, self.performance, self.events):
                file.close()
