"""A run that was interrupted ends as one that was not, to the bit; a changed one is refused."""

import shutil
from itertools import chain
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training.signals import (
    StopRequest,
)

from . import tiny
from .tiny import FaultyTask, configure, crash, events, outcome, start, train

EVERYTHING = ("model.dropout=0.5", "training.ema_decay=0.9", "training.evaluate_every_steps=2")
VARIANTS = {
    "plain": (),
    "everything": EVERYTHING,
    "plateau": ("scheduler=plateau", "scheduler.patience=0", "scheduler.min_delta=1", *EVERYTHING),
    "cosine": ("scheduler=cosine", *EVERYTHING),
    "bf16": ("training.precision=bf16", *EVERYTHING),
    "fp16": ("training.precision=fp16", *EVERYTHING),
    "nadam": ("optimizer._target_=torch.optim.NAdam", "training.log_every_steps=4"),
}


def assert_same(run_dir: Path, other: Path) -> None:
    """Compare part by part, so that a failure says which one differs."""
    one, two = outcome(run_dir), outcome(other)
    for part in one:
        assert one[part] == two[part], part


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_crashed_run_ends_like_an_uninterrupted_one(tmp_path: Path, variant: str) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(configure(whole, *VARIANTS[variant]))
    # A step is two calls: the first crash is in step 2, the second in step 6 after the checkpoint
    # of step 4 (which is inside the second epoch, and has one logged step behind it).
    crash(configure(broken, *VARIANTS[variant]), at=4)
    crash(configure(broken, *VARIANTS[variant]), at=12)
    train(configure(broken, *VARIANTS[variant], "resume=must"))
    assert_same(whole, broken)
    assert outcome(whole)["train"]["step"] == 9
    assert events(broken).count("resume") == 2


@pytest.mark.parametrize("stop_at", [1, 3, 5, 6])
def test_a_stopped_run_ends_like_an_uninterrupted_one(tmp_path: Path, stop_at: int) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    # No checkpoint falls due: only the stop saves, wherever it comes.
    overrides = (*EVERYTHING, "training.checkpoint.every_steps=100", "training.log_every_steps=4")
    train(configure(whole, *overrides))
    task = FaultyTask(stop_at=stop_at, stop=StopRequest())
    assert train(configure(broken, *overrides), task) == "interrupted"
    assert outcome(broken)["train"]["step"] == (stop_at + 1) // 2
    assert train(configure(broken, *overrides)) == "completed"
    assert_same(whole, broken)


def test_workers_change_nothing_and_need_no_state(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    overrides = (*EVERYTHING, "training.max_steps=5")
    train(configure(whole, *overrides))
    crash(configure(broken, *overrides, "data.num_workers=2"), at=5)
    train(configure(broken, *overrides, "data.num_workers=1"))
    assert_same(whole, broken)


def test_another_seed_gives_another_run(tmp_path: Path) -> None:
    for seed in (1, 2):
        train(configure(tmp_path / str(seed), f"seed={seed}", "training.max_steps=2"))
    assert outcome(tmp_path / "1")["weights"] != outcome(tmp_path / "2")["weights"]
    assert outcome(tmp_path / "1")["metrics"] != outcome(tmp_path / "2")["metrics"]


def test_a_finished_run_does_nothing(run_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    train(configure(run_dir))
    before, task = outcome(run_dir), FaultyTask()
    caplog.set_level("INFO")
    assert train(configure(run_dir), task) == "completed"
    assert task.calls == 0
    assert outcome(run_dir) == before
    assert "nothing to do" in caplog.text


def test_a_finished_run_goes_on_when_it_is_made_longer(run_dir: Path, tmp_path: Path) -> None:
    train(configure(tmp_path / "whole", "training.max_steps=6"))
    train(configure(run_dir, "training.max_steps=4"))
    train(configure(run_dir, "training.max_steps=6", "resume_with_changes=true"))
    one, two = outcome(tmp_path / "whole"), outcome(run_dir)
    assert one["weights"] == two["weights"]


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("optimizer.lr=0.5", "optimizer.lr: 0.01 -> 0.5"),
        ("training.batch_size=8", "training.batch_size: 4 -> 8"),
        ("model.dropout=0.3", "model.dropout: 0.0 -> 0.3"),
        ("seed=7", "seed: 42 -> 7"),
        ("training.precision=bf16", "precision: fp32 -> bf16"),
        ("optimizer.amsgrad=true", "optimizer.amsgrad: absent -> True"),
    ],
)
def test_a_changed_config_is_refused_by_its_key(run_dir: Path, override: str, named: str) -> None:
    train(configure(run_dir, "training.max_steps=2"))
    before = outcome(run_dir)
    changed = configure(run_dir, "training.max_steps=2", override)
    with pytest.raises(UserError) as caught:
        start(changed)
    assert named in str(caught.value)
    assert "resume_with_changes=true" in str(caught.value)
    assert outcome(run_dir) == before


@pytest.mark.parametrize(
    "override",
    ["data.num_workers=2", "name=other", "training.checkpoint.every_steps=1", "split=val"],
)
def test_what_does_not_change_the_result_is_not_refused(run_dir: Path, override: str) -> None:
    train(configure(run_dir, "training.max_steps=2"))
    start(configure(run_dir, "training.max_steps=2", override)).close("completed")


def test_changed_data_is_refused(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(configure(run_dir, "training.max_steps=2"))
    original = tiny.make_rows
    monkeypatch.setattr(tiny, "make_rows", lambda: original(shift=1e-3))
    with pytest.raises(UserError, match="the data set's content or split"):
        start(configure(run_dir, "training.max_steps=2"))


def test_changes_are_taken_when_told_to(run_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    train(configure(run_dir, "training.max_steps=2"))
    changes = ("optimizer.lr=0.0025", "optimizer.weight_decay=0.5", "training.max_steps=4")
    loop = start(configure(run_dir, *changes, "resume_with_changes=true"))
    assert "optimizer.lr: 0.01 -> 0.0025" in caplog.text
    assert loop.state.step == 2
    loop.fit()
    loop.close("completed")
    decayed, spared = loop.parts.optimizer.param_groups
    assert (decayed["lr"], decayed["weight_decay"]) == (0.0025, 0.5)
    assert (spared["lr"], spared["weight_decay"]) == (0.0025, 0.0)


def test_another_optimizer_starts_with_fresh_moments(
    run_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(configure(run_dir, "training.max_steps=2"))
    config = configure(run_dir, "training.max_steps=4", "resume_with_changes=true")
    config.optimizer = {"_target_": "torch.optim.SGD", "lr": 0.1, "momentum": 0.9}
    assert train(config) == "completed"
    assert "torch.optim.SGD" in caplog.text
    moments = outcome(run_dir)["optimizer"]["state"]
    assert all(set(state) == {"momentum_buffer"} for state in moments.values())


def test_a_new_average_starts_from_the_weights_that_are_resumed(run_dir: Path) -> None:
    train(configure(run_dir, "training.max_steps=4"))
    loop = start(
        configure(
            run_dir, "training.max_steps=4", "training.ema_decay=0.99", "resume_with_changes=true"
        )
    )
    assert loop.parts.ema is not None
    average = list(loop.parts.ema.model.parameters())
    for mine, theirs in zip(average, loop.parts.model.parameters(), strict=True):
        assert mine.equal(theirs)
    loop.close("completed")


def test_smaller_data_start_the_next_epoch(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(configure(run_dir, "training.max_steps=2"))  # 16 of 22 rows were seen
    source = tiny.make_rows()
    assert source.split is not None
    smaller = {**source.split, "train": source.split["train"][:12]}
    monkeypatch.setattr(
        tiny, "make_rows", lambda: type(source)(**{**vars(source), "split": smaller})
    )
    config = configure(run_dir, "training.max_steps=6", "resume_with_changes=true")
    task = FaultyTask()
    assert train(config, task) == "completed"
    assert sorted(chain.from_iterable(task.rows[:3])) == list(range(12))


def test_resume_never_and_must(run_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to resume"):
        start(configure(run_dir, "resume=must"))
    train(configure(run_dir, "resume=never", "training.max_steps=2"))
    before = outcome(run_dir)
    with pytest.raises(UserError, match="holds a run already"):
        start(configure(run_dir, "resume=never", "training.max_steps=2"))
    assert outcome(run_dir) == before


def test_a_run_can_be_moved(tmp_path: Path) -> None:
    train(configure(tmp_path / "whole"))
    crash(configure(tmp_path / "broken"), at=12)
    shutil.move(tmp_path / "broken", tmp_path / "moved")
    train(configure(tmp_path / "moved", "resume=must"))
    assert_same(tmp_path / "whole", tmp_path / "moved")
