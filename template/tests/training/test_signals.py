"""Being asked to stop: the step is finished and saved, the exit status says so, a rerun goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from torch import Tensor, nn

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data import Batch
from {{ cookiecutter.package_name }}.training import loop
from {{ cookiecutter.package_name }}.training.distributed import World
from {{ cookiecutter.package_name }}.training.parts import (
    Parts,
    build_parts,
)
from {{ cookiecutter.package_name }}.training.signals import (
    StopRequest,
    stop_on_signals,
)

from .tiny import FaultyTask, configure, events, outcome, train

HANDLED = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


@pytest.mark.parametrize("number", HANDLED)
def test_a_signal_is_noted(number: signal.Signals) -> None:
    former = signal.getsignal(number)
    with stop_on_signals() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop
        assert stop.exit_status == 128 + number
    assert signal.getsignal(number) is former


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    former = signal.getsignal(signal.SIGINT)
    with stop_on_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is former


def test_ctrl_c_after_another_signal_asks_again_and_a_third_interrupts() -> None:
    stop = StopRequest()
    stop.handle(signal.SIGTERM, None)
    stop.handle(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        stop.handle(signal.SIGINT, None)


class KilledTask(FaultyTask):
    """Sends a real signal to its own process in the middle of a step."""

    def __init__(self, number: signal.Signals, at: int) -> None:
        super().__init__()
        self.number, self.at = number, at

    def training_step(self, model: nn.Module, batch: Batch) -> Tensor:
        if self.calls + 1 == self.at:
            os.kill(os.getpid(), self.number)
        return super().training_step(model, batch)


@pytest.mark.parametrize("number", HANDLED)
def test_train_returns_128_plus_the_signal_and_goes_on_later(
    tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(configure(tmp_path / "whole"))

    def build_killed(config: Config, world: World) -> Parts:
        parts = build_parts(config, world)
        parts.task = KilledTask(number, at=5)
        return parts

    monkeypatch.setattr(loop, "build_parts", build_killed)
    assert loop.main(configure(tmp_path / "broken")) == 128 + number
    assert outcome(tmp_path / "broken")["train"]["step"] == 3
    assert events(tmp_path / "broken")[-2:] == ["stop", "end"]
    monkeypatch.undo()
    assert loop.main(configure(tmp_path / "broken")) == 0
    assert outcome(tmp_path / "whole") == outcome(tmp_path / "broken")


def test_a_signal_in_the_last_step_lets_the_run_be_complete(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = FaultyTask(stop_at=2, stop=StopRequest())
    assert train(configure(run_dir, "training.max_steps=1"), task) == "completed"
    assert outcome(run_dir)["train"]["finished"]


def wait_for_steps(run_dir: Path, steps: int, process: "subprocess.Popen[str]") -> None:
    metrics, patience = run_dir / "metrics.jsonl", time.monotonic() + 100
    while not metrics.exists() or len(metrics.read_bytes().splitlines()) < steps:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < patience, "the run did not get going"
        time.sleep(0.01)


def test_sigterm_to_the_whole_job_of_the_command_line(tmp_path: Path, package: str) -> None:
    """As a scheduler does it: every process of the job is signalled, the loader's workers too."""
    overrides = [
        "tracking=none",
        "model=mlp",
        "model.hidden=[8]",
        "training.batch_size=16",
        "training.max_epochs=1000",
        "training.max_steps=2000",
        "training.log_every_steps=1",
        "training.evaluate_every_steps=1000",
        "training.checkpoint.every_steps=500",
        "data.num_workers=2",
        f"run_dir={tmp_path / 'run'}",
    ]
    command = [sys.executable, "-m", package, "train", *overrides]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        wait_for_steps(tmp_path / "run", 20, process)
        os.killpg(process.pid, signal.SIGTERM)
        _, complaints = process.communicate(timeout=100)
    finally:
        process.kill()
    assert process.returncode == 143, complaints
    assert "Traceback" not in complaints
    state = json.loads((tmp_path / "run/checkpoints/last/state.json").read_text())["train"]
    metrics = (tmp_path / "run/metrics.jsonl").read_bytes()
    assert 20 <= state["step"] == len(metrics.splitlines()) < 2000
    assert state["metrics_bytes"] == len(metrics)
