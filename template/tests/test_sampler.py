"""Which samples make which batch, and that loaders add nothing of their own."""

import multiprocessing
import os
import signal
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.data import (
    ArrayDataset,
    Batch,
    DataSpec,
    DataSplits,
    Source,
)
from {{ cookiecutter.package_name }}.data.loaders import (
    evaluation_batches,
    train_batches,
    worker_count,
)
from {{ cookiecutter.package_name }}.data.sampler import (
    BatchPlan,
    BatchStream,
    share,
)

plans = st.builds(
    BatchPlan,
    samples=st.integers(1, 60),
    batch_size=st.integers(1, 20),
    accumulate=st.integers(1, 5),
    seed=st.integers(0, 2**40),
)
# No file is left behind, and nothing depends on what an earlier run found.
quick = settings(max_examples=60, deadline=None, database=None)


def epoch_of(plan: BatchPlan, epoch: int, rank: int = 0, world: int = 1) -> list[list[int]]:
    batches: list[list[int]] = []
    for keys in BatchStream(plan, epoch, 0, rank, world):
        if keys[0][0] != epoch:
            return batches
        batches.append([row for _, row in keys])
    raise AssertionError("the stream has no end")


@quick
@given(plans, st.integers(0, 5))
def test_an_epoch_holds_each_row_once(plan: BatchPlan, epoch: int) -> None:
    rows = [row for batch in epoch_of(plan, epoch) for row in batch]
    assert sorted(rows) == list(range(plan.samples))


@quick
@given(plans)
def test_windows_cut_the_epoch(plan: BatchPlan) -> None:
    position, steps, sizes = 0, 0, []
    while position < plan.samples:
        window = plan.window(position)
        assert 0 < len(window) <= plan.accumulate
        sizes += window
        position, steps = position + sum(window), steps + 1
    assert steps == plan.steps_per_epoch
    assert sizes == [len(batch) for batch in epoch_of(plan, 0)]
    assert all(size == plan.batch_size for size in sizes[:-1])


@quick
@given(plans, st.integers(0, 3), st.data())
def test_the_stream_goes_on_from_any_window(
    plan: BatchPlan, epoch: int, data: st.DataObject
) -> None:
    window = plan.batch_size * plan.accumulate
    skipped = data.draw(st.integers(0, plan.steps_per_epoch - 1))
    whole = list(islice(BatchStream(plan, epoch, 0), skipped * plan.accumulate + 7))
    resumed = list(islice(BatchStream(plan, epoch, skipped * window), 7))
    assert whole[skipped * plan.accumulate :] == resumed


@quick
@given(plans, st.integers(1, 5))
def test_processes_share_each_batch(plan: BatchPlan, world: int) -> None:
    alone = epoch_of(plan, 0)
    shares = [epoch_of(plan, 0, rank, world) for rank in range(world)]
    assert {len(mine) for mine in shares} == {len(alone)}  # nobody waits for a missing batch
    for number, batch in enumerate(alone):
        parts = [mine[number] for mine in shares]
        assert all(parts)
        if len(batch) >= world:
            assert [row for part in parts for row in part] == batch
        else:
            assert {row for part in parts for row in part} == set(batch)


@quick
@given(st.integers(0, 100), st.integers(1, 9))
def test_shares_are_even_and_complete(size: int, world: int) -> None:
    parts = [range(size)[share(size, rank, world)] for rank in range(world)]
    assert [row for part in parts for row in part] == list(range(size))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_order_depends_on_seed_and_epoch_alone() -> None:
    orders = {(s, e): tuple(BatchPlan(50, 4, 1, s).order(e)) for s in range(5) for e in range(5)}
    assert len(set(orders.values())) == 25
    torch.manual_seed(99)
    assert tuple(BatchPlan(50, 7, 3, 2).order(4)) == orders[2, 4]


@pytest.fixture(scope="module")
def data() -> DataSplits:
    """Return 30 rows for training and 10 for each of the others."""
    source = Source(
        kind="tabular",
        targets=np.arange(50) % 2,
        class_names=("no", "yes"),
        inputs=np.arange(100, dtype=np.float64).reshape(50, 2),
        feature_names=("a", "b"),
    )
    spec = DataSpec(
        "tabular", (2,), source.class_names, ("a", "b"), (0.0, 0.0), (1.0, 1.0), "0" * 64
    )
    splits = (np.arange(0, 30), np.arange(30, 40), np.arange(40, 50))
    train, val, test = (ArrayDataset(source, rows, spec) for rows in splits)
    return DataSplits(train, val, test, spec, in_memory=True, source=source)


def first_batches(data: DataSplits, workers: int) -> list[Batch]:
    plan = BatchPlan(30, 4, 2, seed=3)
    stream = train_batches(
        data, plan, epoch=0, position=8, rank=0, world_size=1, workers=workers, pin=False
    )
    return list(islice(stream, 12))


def test_workers_hand_over_the_same_batches(data: DataSplits) -> None:
    alone, helped = first_batches(data, 0), first_batches(data, 2)
    for mine, theirs in zip(alone, helped, strict=True):
        assert all(mine[name].equal(theirs[name]) for name in ("inputs", "targets", "index"))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_never_moves_the_global_generators(data: DataSplits, workers: int) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index]
    next(iter(first_batches(data, workers)))
    next(evaluation_batches(data.val, 4, workers=workers))
    assert torch.get_rng_state().equal(before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # type: ignore[index]


def test_workers_outlive_a_signal_to_the_whole_job(data: DataSplits) -> None:
    """A scheduler signals every process; the loop needs its workers to finish the step."""
    plan = BatchPlan(30, 4, 2, seed=3)
    stream = train_batches(
        data, plan, epoch=0, position=0, rank=0, world_size=1, workers=2, pin=False
    )
    for _ in range(2):  # one from each: before, a worker may not have set itself up
        next(stream)
    workers = multiprocessing.active_children()
    assert len(workers) == 2
    for worker in workers:
        assert worker.pid is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(worker.pid, number)
    assert len(list(islice(stream, 20))) == 20
    assert all(worker.is_alive() for worker in workers)


CRASH = """
from types import SimpleNamespace
import torch
from PACKAGE.data.loaders import train_batches
from PACKAGE.data.sampler import BatchPlan

class Rows(torch.utils.data.Dataset):
    def __len__(self):
        return 8
    def __getitems__(self, keys):
        return dict(index=torch.tensor([row for _, row in keys]))

place = dict(epoch=0, position=0, rank=0, world_size=1, workers=2, pin=False)
stream = train_batches(SimpleNamespace(train=Rows()), BatchPlan(8, 2, 1, 0), **place)
next(stream)
raise RuntimeError("a crash that keeps the loader alive")
"""


def test_a_crash_does_not_wait_for_workers_that_heed_no_signal(package: str) -> None:
    script = CRASH.replace("PACKAGE", package)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("RuntimeError: a crash that keeps the loader alive")


@pytest.mark.parametrize("world", [1, 2, 3])
def test_evaluation_sees_each_row_once_in_order(data: DataSplits, world: int) -> None:
    rows: list[int] = []
    for rank in range(world):
        for batch in evaluation_batches(data.val, 4, rank=rank, world_size=world):
            rows += batch["index"].tolist()
    assert rows == list(range(30, 40))


def test_auto_workers(data: DataSplits, monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_count("auto", data) == 0
    assert worker_count(3, data) == 3
    on_disk = DataSplits(data.train, data.val, data.test, data.spec, False, data.source)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(32)), raising=False)
    assert [worker_count("auto", on_disk, processes) for processes in (1, 8, 64)] == [8, 4, 1]
