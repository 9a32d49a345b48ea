"""Losses that are no number: skip the step, go back with a lower rate, give up and say where."""

import json
from pathlib import Path

import pytest
import torch

from {{ cookiecutter.package_name }}.config import DivergenceConfig
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training.guards import (
    DivergenceGuard,
    Verdict,
    is_finite,
)
from {{ cookiecutter.package_name }}.training.signals import (
    StopRequest,
)
from {{ cookiecutter.package_name }}.training.state import TrainState

from .tiny import FaultyTask, configure, events, outcome, start, take_steps, train, weights

# One call a step, so that calls of the task count steps; checkpoints after steps 0, 2, 4 …
PATIENT = (
    "training.batch_size=8",
    "training.accumulate=1",
    "training.divergence.max_bad_steps=2",
    "training.divergence.max_rollbacks=2",
    "training.divergence.lr_factor=0.5",
)


def test_judgement_counts_steps_in_a_row() -> None:
    guard = DivergenceGuard(DivergenceConfig(max_bad_steps=2, max_rollbacks=1, lr_factor=0.5))
    state = TrainState()
    verdicts = [guard.judge(state, finite=f, excused=False) for f in (False, True, False, False)]
    assert verdicts == [Verdict.GO_ON] * 3 + [Verdict.ROLL_BACK]
    state.rollbacks = 1
    assert guard.judge(state, finite=False, excused=False) is Verdict.GIVE_UP


def test_an_excused_step_counts_for_nothing() -> None:
    guard = DivergenceGuard(DivergenceConfig(max_bad_steps=2, max_rollbacks=0, lr_factor=0.5))
    state = TrainState(bad_steps=1)
    assert guard.judge(state, finite=False, excused=True) is Verdict.GO_ON
    assert state.bad_steps == 1


def test_finite() -> None:
    assert is_finite(0.0, -1e300)
    assert not any(is_finite(1.0, value) for value in (float("nan"), float("inf"), -float("inf")))


def test_a_bad_step_changes_no_weight(run_dir: Path) -> None:
    config = configure(run_dir, *PATIENT, "training.ema_decay=0.9", "optimizer.weight_decay=0.5")
    loop = start(config, FaultyTask(nan_calls=(2,)))
    take_steps(loop, 1)
    assert loop.parts.ema is not None
    before, average = weights(loop.parts), next(iter(loop.parts.ema.model.parameters())).clone()
    loop.step.parts.task = FaultyTask(nan_calls=(1,))
    (result,) = take_steps(loop, 1)
    loop.close("completed")
    assert not is_finite(result.loss_sum)
    assert weights(loop.parts).equal(before)
    assert average.equal(next(iter(loop.parts.ema.model.parameters())))


def test_one_bad_step_is_skipped_and_left_out_of_the_mean(
    run_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(configure(run_dir, *PATIENT, "training.log_every_steps=3"), FaultyTask(nan_calls=(2,)))
    assert caplog.text.count("not finite, skipped") == 1
    assert events(run_dir).count("not_finite") == 1
    assert "roll_back" not in events(run_dir)
    lines = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    assert all(line.get("train/loss") is not None for line in lines if "train/lr" in line)
    assert outcome(run_dir)["train"]["step"] == 9


def test_bad_steps_in_a_row_go_back_with_a_lower_rate(
    run_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = FaultyTask(nan_calls=(5, 6))
    assert train(configure(run_dir, *PATIENT), task) == "completed"
    assert "back from step 6 to 4, rate times 0.5" in caplog.text
    assert task.rows[4:6] == task.rows[6:8]  # the same samples again
    state = outcome(run_dir)["train"]
    assert (state["rollbacks"], state["lr_scale"], state["bad_steps"]) == (1, 0.5, 0)
    lines = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    rates = {line["step"]: line["train/lr"] for line in lines if "train/lr" in line}
    assert rates == {step: 0.01 if step <= 4 else 0.005 for step in range(1, 10)}
    assert len([line for line in lines if "train/lr" in line]) == 9  # none twice


def test_a_run_that_went_back_is_repeatable_and_resumable(tmp_path: Path) -> None:
    noisy = (*PATIENT, "model.dropout=0.5", "training.ema_decay=0.9")
    first, second = tmp_path / "first", tmp_path / "second"
    train(configure(first, *noisy), FaultyTask(nan_calls=(5, 6)))
    # Stopped at the first step after it went back: that is call 7.
    task = FaultyTask(nan_calls=(5, 6), stop_at=7, stop=StopRequest())
    assert train(configure(second, *noisy), task) == "interrupted"
    assert train(configure(second, *noisy)) == "completed"
    assert outcome(first) == outcome(second)


def test_the_run_gives_up_and_names_the_samples(run_dir: Path) -> None:
    task = FaultyTask(nan_rows=tuple(range(22)))
    with pytest.raises(UserError, match="diverged at step 2 in spite of 2 rollbacks") as caught:
        train(configure(run_dir, *PATIENT), task)
    assert "\n" not in str(caught.value)
    (path,) = run_dir.glob("divergence-*.json")
    assert str(path) in str(caught.value)
    dump = json.loads(path.read_text())
    assert dump["rows"] == sorted(task.rows[-1])
    assert dump["lr_scale"] == 0.25
    assert "classifier.weight" in dump["parameters_with_broken_gradients"]
    assert events(run_dir).count("roll_back") == 2
    assert set(dump) >= {"step", "epoch", "loss_sum", "grad_norm"}


def test_the_limits_survive_a_resume(run_dir: Path) -> None:
    """A run that is stopped after each rollback must not roll back for ever."""
    always = tuple(range(1, 100))
    task = FaultyTask(nan_calls=always, stop_at=3, stop=StopRequest())
    assert train(configure(run_dir, *PATIENT), task) == "interrupted"
    with pytest.raises(UserError, match="in spite of 2 rollbacks"):
        train(configure(run_dir, *PATIENT), FaultyTask(nan_calls=always))


def test_a_rollback_needs_a_checkpoint_that_is_not_bad_itself(run_dir: Path) -> None:
    """A checkpoint falls due in the middle of bad steps and must wait."""
    task = FaultyTask(nan_calls=(4, 5))
    keep = ("training.divergence.max_bad_steps=3", "training.checkpoint.keep_last=20")
    train(configure(run_dir, *PATIENT, *keep), task)
    assert "roll_back" not in events(run_dir)
    saved = sorted(path.name for path in (run_dir / "checkpoints").glob("step-*"))
    assert [int(name[5:]) for name in saved] == [0, 2, 3, 6, 8, 9]


def test_fp16_looks_for_its_scale_without_giving_up(run_dir: Path) -> None:
    loop = start(configure(run_dir, *PATIENT, "training.precision=fp16"))
    scaler = loop.parts.precision.scaler
    scaler.load_state_dict({**scaler.state_dict(), "scale": 2.0**40})
    assert loop.fit() == "completed"
    loop.close("completed")
    assert "not_finite" in events(run_dir)
    assert "roll_back" not in events(run_dir)
    assert scaler.get_scale() < 2.0**40
    assert torch.isfinite(weights(loop.parts)).all()
