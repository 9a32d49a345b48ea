"""`kill -9` at random moments, resumed until done: nothing may differ from the uninterrupted run.

Run by `make torture`. Each of the 50 trials is killed at least once; every second trial is killed
while a checkpoint is being written (its directory `.writing-…` exists), the others anywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]

TRIALS = 50
STEPS = 120
OVERRIDES = [
    "tracking=none",
    f"training.max_steps={STEPS}",
    "training.evaluate_every_steps=20",
    "training.checkpoint.every_steps=4",
    "training.log_every_steps=3",
    "training.ema_decay=0.9",
    "training.accumulate=2",
    "training.batch_size=40",  # the last window of an epoch is partial
    "model.dropout=0.2",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, scaffold: Callable[..., Path]) -> Path:
    folder = tmp_path_factory.mktemp("torture") / "project"
    return scaffold(folder, package_name="pkg", project_kind="vision", tracker="none")


@pytest.fixture(scope="module")
def reference(project: Path) -> dict[str, str]:
    run_dir = project / "uninterrupted"
    assert start(project, run_dir).wait(timeout=300) == 0
    return fingerprint(run_dir)


@pytest.mark.parametrize("trial", range(TRIALS))
def test_killed_and_resumed_is_bit_identical(
    project: Path, reference: dict[str, str], trial: int
) -> None:
    dice = random.Random(trial)
    run_dir = project / f"killed-{trial}"
    kills = [dice.random() for _ in range(dice.randint(1, 3))]
    happened = 0
    for moment in kills:
        process = start(project, run_dir, num_workers=dice.choice([0, 0, 2]))
        happened += kill(process, run_dir, moment, while_writing=trial % 2 == 1)
    status = start(project, run_dir).wait(timeout=300)

    assert status == 0
    assert happened >= 1, "the run ended before it could be killed"
    assert fingerprint(run_dir) == reference


def start(project: Path, run_dir: Path, num_workers: int = 0) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(project / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "pkg", "train", *OVERRIDES),
            f"run_dir={run_dir}",
            f"data.num_workers={num_workers}",
        ],
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(
    process: subprocess.Popen[bytes], run_dir: Path, moment: float, while_writing: bool
) -> int:
    """Kill the run, workers too, and return whether it was still alive then.

    Args:
        process: The run.
        run_dir: Its folder.
        moment: In [0, 1]: how far into its work.
        while_writing: Whether to wait for a checkpoint that is being written.
    """
    starts = events(run_dir)
    while process.poll() is None and events(run_dir) == starts:
        time.sleep(0.005)  # not yet training
    time.sleep(moment * 2.0)
    while while_writing and process.poll() is None:
        if any((run_dir / "checkpoints").glob(".writing-step*")):
            time.sleep(moment * 0.003)
            break
    if process.poll() is not None:
        return 0
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    return 1


def events(run_dir: Path) -> int:
    path = run_dir / "events.jsonl"
    return path.read_text().count("\n") if path.exists() else 0


def fingerprint(run_dir: Path) -> dict[str, str]:
    """Return checksums of all that must not differ."""
    last = run_dir / "checkpoints" / "last"
    best = run_dir / "checkpoints" / "best"
    files = [run_dir / "metrics.jsonl", best / "model.safetensors"]
    files += [last / name for name in ("model.safetensors", "ema.safetensors", "optimizer.pt")]
    state = json.loads((last / "state.json").read_text())
    sums = {str(f.relative_to(run_dir)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
    return sums | {"state": json.dumps([state["train"], state["rng"]], sort_keys=True)}
