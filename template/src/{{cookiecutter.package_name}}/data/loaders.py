"""Data loaders: the same batches whatever the number of workers."""

import atexit
import multiprocessing
import os
import signal
import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader

from .dataset import Batch, DataSplits, SampleKey, SplitDataset
from .sampler import BatchPlan, BatchStream, share

_MAX_AUTO_WORKERS = 8
_workers: weakref.WeakSet[multiprocessing.process.BaseProcess] = weakref.WeakSet()


def worker_count(requested: int | str, data: DataSplits, processes_on_node: int = 1) -> int:
    """Resolve `data.num_workers`.

    Args:
        requested: A number, or "auto": none for data in memory, where handing batches between
            processes costs more than making them; else the usable cores, shared by the processes.
        data: The data set.
        processes_on_node: Training processes that share this machine's cores.
    """
    if requested != "auto":
        return int(requested)
    if data.in_memory:
        return 0
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return max(1, min(_MAX_AUTO_WORKERS, cores // processes_on_node))


def _leave_signals_to_the_loop(worker: int) -> None:
    """Let a worker live through a signal that was sent to the whole job.

    A scheduler or a terminal signals every process. The loop finishes its step, for which it may
    need a worker's batch, and then ends its workers.
    """
    for name in ("SIGTERM", "SIGUSR1", "SIGINT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _identity(batch: Any) -> Any:
    return batch  # SplitDataset.__getitems__ returns collated batches


def _loader(
    dataset: SplitDataset, batches: "BatchStream | list[list[SampleKey]]", workers: int, pin: bool
) -> Iterator[Batch]:
    loader: DataLoader[Batch] = DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=_identity,
        pin_memory=pin,
        # An iterator draws its workers' base seed from here, not from the global generator: making
        # a loader must not move the stream that dropout draws from.
        generator=torch.Generator().manual_seed(0),
        worker_init_fn=_leave_signals_to_the_loop,
    )
    others = set(multiprocessing.active_children())
    iterator = iter(loader)
    _workers.update(set(multiprocessing.active_children()) - others)
    return iterator


def _end_workers() -> None:
    """End at exit the workers of loaders that something still refers to, such as a traceback.

    Python would ask them to end with a SIGTERM, which they don't heed, and wait for ever.
    """
    if _workers and hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # PyTorch takes a killed worker for a crash
    for worker in _workers:
        worker.kill()


atexit.register(_end_workers)


def train_batches(
    data: DataSplits,
    plan: BatchPlan,
    *,
    epoch: int,
    position: int,
    rank: int,
    world_size: int,
    workers: int,
    pin: bool,
) -> Iterator[Batch]:
    """Return the endless stream of this process's training batches from a place of the run on."""
    stream = BatchStream(plan, epoch, position, rank, world_size)
    return _loader(data.train, stream, workers, pin)


def evaluation_batches(
    dataset: SplitDataset,
    batch_size: int,
    *,
    rank: int = 0,
    world_size: int = 1,
    workers: int = 0,
    pin: bool = False,
) -> Iterator[Batch]:
    """Return this process's part of a split, in order, each row once and none dropped.

    Args:
        dataset: The split.
        batch_size: Samples per batch of this process.
        rank: Which part is wanted.
        world_size: How many parts there are.
        workers: Loader processes.
        pin: Whether to use page-locked memory, for copies to an accelerator.
    """
    rows = range(len(dataset))[share(len(dataset), rank, world_size)]
    keys: list[list[SampleKey]] = [
        [(0, row) for row in rows[start : start + batch_size]]
        for start in range(0, len(rows), batch_size)
    ]
    return _loader(dataset, keys, workers, pin)
