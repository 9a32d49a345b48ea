"""The loop around the steps: evaluation, the best, early stopping, trackers, records, seeds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from {{ cookiecutter.package_name }}.data import Batch
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.tracking.base import RunInfo
from {{ cookiecutter.package_name }}.training import (
    loop as loop_module,
)

from .tiny import STEPS_PER_EPOCH, FaultyTask, configure, crash, outcome, start, train


class BrokenTracker:
    """Fails as soon as it is told something."""

    name = "broken"

    def start(self, run: RunInfo) -> None:
        """Begin well."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        raise ConnectionError("no route to host")

    def finish(self, status: str) -> None:
        raise ConnectionError("no route to host")


class ScriptedTask(FaultyTask):
    """Its validation loss is read from a list."""

    def __init__(self, *losses: float) -> None:
        super().__init__()
        self.losses = list(losses)

    def evaluation_step(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        return {"loss": torch.tensor(self.losses.pop(0))}


ONE_BATCH = ("training.batch_size=22", "training.accumulate=1", "training.max_epochs=6")


def metrics(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


def test_metrics_are_those_of_the_steps(run_dir: Path) -> None:
    train(configure(run_dir, "training.log_every_steps=2"))
    lines = metrics(run_dir)
    steps = [line["step"] for line in lines if "train/loss" in line]
    assert steps == [2, 4, 6, 8, 9]  # every second, and the last
    assert [line["step"] for line in lines if "val/loss" in line] == [3, 6, 9]
    assert [line["epoch"] for line in lines if "val/loss" in line] == [1, 2, 3]
    fine = run_dir.with_name("fine")
    train(configure(fine))
    by_step = {line["step"]: line["train/loss"] for line in metrics(fine) if "train/loss" in line}
    # A line's loss is the mean over the items since the line before: 8 and 8, then 6 and 8.
    assert lines[0]["train/loss"] == pytest.approx((by_step[1] + by_step[2]) / 2)
    assert steps[1] == 4
    second = next(line for line in lines if line["step"] == 4)
    assert second["train/loss"] == pytest.approx((6 * by_step[3] + 8 * by_step[4]) / 14)


def test_the_best_is_where_the_score_was_lowest(run_dir: Path) -> None:
    task = ScriptedTask(*[9 * loss for loss in (3.0, 1.0, 2.0, 1.0, 4.0, 2.0)])
    train(configure(run_dir, *ONE_BATCH), task)
    best = (run_dir / "checkpoints/best").resolve().name
    assert best == "step-00000002"
    assert outcome(run_dir)["train"]["best"] == pytest.approx(1.0 * 9 / 9)


def test_the_highest_may_be_the_best(run_dir: Path) -> None:
    task = ScriptedTask(3.0, 1.0, 5.0, 1.0, 4.0, 2.0)
    train(configure(run_dir, *ONE_BATCH, "training.checkpoint.mode=max"), task)
    assert (run_dir / "checkpoints/best").resolve().name == "step-00000003"


def test_a_score_that_is_no_number_is_never_the_best(run_dir: Path) -> None:
    nan = float("nan")
    train(configure(run_dir, *ONE_BATCH), ScriptedTask(nan, 3.0, nan, 1.0, nan, nan))
    assert (run_dir / "checkpoints/best").resolve().name == "step-00000004"
    for line in (run_dir / "metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_early_stopping_waits_for_its_patience(run_dir: Path) -> None:
    config = configure(
        run_dir,
        *ONE_BATCH,
        "training.early_stopping.patience=2",
        "training.early_stopping.min_delta=0.1",
    )
    task = ScriptedTask(*[9 * loss for loss in (3.0, 2.0, 1.95, 1.95, 0.1, 0.1)])
    assert train(config, task) == "completed"
    state = outcome(run_dir)["train"]
    assert (state["step"], state["finished"]) == (4, True)
    assert train(config) == "completed"  # and stays stopped
    assert outcome(run_dir)["train"]["step"] == 4


def test_an_unknown_score_to_watch_is_refused_with_what_there_is(run_dir: Path) -> None:
    with pytest.raises(UserError, match=r"val/f1 is not among val/accuracy, val/loss"):
        train(configure(run_dir, "training.checkpoint.monitor=val/f1"))


def test_evaluation_uses_the_average_and_leaves_the_model_in_training_mode(run_dir: Path) -> None:
    loop = start(configure(run_dir, "training.ema_decay=0.5", "model.dropout=0.5"))
    before = loop.evaluate()
    with torch.no_grad():
        for parameter in loop.parts.model.parameters():
            parameter.zero_()
    assert loop.evaluate() == before
    loop.close("completed")


def test_max_steps_and_max_epochs_whichever_comes_first(run_dir: Path, tmp_path: Path) -> None:
    for name, overrides, expected in (
        ("steps", ("training.max_steps=2",), 2),
        ("epochs", ("training.max_steps=100", "training.max_epochs=2"), 2 * STEPS_PER_EPOCH),
        ("only_steps", ("training.max_steps=4", "training.max_epochs=null"), 4),
    ):
        train(configure(tmp_path / name, *overrides))
        assert outcome(tmp_path / name)["train"]["step"] == expected


def test_a_failing_tracker_does_not_touch_the_run(run_dir: Path, tmp_path: Path) -> None:
    config = configure(run_dir)
    config.tracking = {"trackers": [{"_target_": f"{__name__}.BrokenTracker"}]}
    assert train(config) == "completed"
    train(configure(tmp_path / "quiet"))
    assert outcome(run_dir) == outcome(tmp_path / "quiet")


def test_a_run_starts_with_a_checkpoint_and_its_config(run_dir: Path) -> None:
    start(configure(run_dir)).close("completed")
    assert (run_dir / "checkpoints/last").resolve().name == "step-00000000"
    assert "batch_size: 4" in (run_dir / "config.yaml").read_text()
    provenance = json.loads((run_dir / "provenance.json").read_text())
    assert provenance["resolved"]["precision"] == "fp32"
    assert set(provenance) >= {"git", "data_fingerprint", "system"}


def test_only_as_many_checkpoints_as_wanted_are_kept(run_dir: Path) -> None:
    train(
        configure(run_dir, "training.checkpoint.keep_last=2", "training.checkpoint.every_steps=1")
    )
    kept = {path.name for path in (run_dir / "checkpoints").glob("step-*")}
    best = (run_dir / "checkpoints/best").resolve().name
    assert kept == {"step-00000008", "step-00000009", best}


def test_a_run_without_a_seed_draws_one_and_keeps_it(run_dir: Path) -> None:
    assert loop_module.main(configure(run_dir, "seed=null", "training.max_steps=2")) == 0
    log = (run_dir / "train.log").read_text()
    assert "no seed was set" in log
    assert loop_module.main(configure(run_dir, "seed=null", "training.max_steps=2")) == 0
    assert "is complete after step 2" in (run_dir / "train.log").read_text()


def test_a_damaged_checkpoint_costs_only_the_steps_after_the_one_before(tmp_path: Path) -> None:
    train(configure(tmp_path / "whole"))
    crash(configure(tmp_path / "broken"), at=12)
    weights = tmp_path / "broken/checkpoints/last/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    train(configure(tmp_path / "broken", "resume=must"))
    assert outcome(tmp_path / "whole") == outcome(tmp_path / "broken")
