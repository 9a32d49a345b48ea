"""The range test on functions whose best rate is known; batch sizes until an injected OOM."""

import json
import math
from pathlib import Path

import pytest
import torch

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training import finders
from {{ cookiecutter.package_name }}.training.finders import (
    Trial,
    choose,
    find_batch,
    find_lr,
    keep_step_size,
    try_sizes,
)
from {{ cookiecutter.package_name }}.training.lr_curve import (
    suggest,
    sweep,
)
from {{ cookiecutter.package_name }}.training.rehearsal import rehearse

from .tiny import configure

HERE = __name__.rpartition(".")[0]


def limited(capacity: int, *overrides: str) -> Config:
    config = configure(Path("run"), *overrides)
    config.task = {"_target_": f"{HERE}.tiny.FaultyTask", "capacity": capacity}
    return config


@pytest.mark.parametrize("curvature", [0.1, 1.0, 50.0])
def test_a_quadratic_gives_a_rate_that_trains_and_is_stable(curvature: float) -> None:
    place = 1.0

    def step(rate: float) -> float:
        nonlocal place
        loss = 0.5 * curvature * place**2
        place -= rate * curvature * place
        return loss

    curve = sweep(step, 1e-6, 1e3, 150)
    found = suggest(curve)
    assert curve.diverged
    # Gradient descent diverges from 2 / curvature on, and is fastest at 1 / curvature.
    for rate in (found.valley, found.steepest):
        assert 0.005 / curvature < rate < 2 / curvature


def test_the_sweep_ends_where_the_loss_is_not_finite() -> None:
    losses = iter([3.0] * 5 + [2.5, 2.0, 1.5, 1.4, math.inf])
    curve = sweep(lambda rate: next(losses), 1e-4, 1.0, 50)
    assert curve.diverged
    assert len(curve.rates) == 9
    assert suggest(curve).valley in curve.rates


def test_a_fall_of_one_step_gives_that_rate() -> None:
    losses = iter([10.0, 1.0] + [30.0] * 10)
    curve = sweep(lambda rate: next(losses), 1e-4, 1.0, 12)
    assert suggest(curve).steepest == curve.rates[1]


@pytest.mark.parametrize("loss", [1.0, math.nan])
def test_no_rate_is_suggested_where_none_helps(loss: float) -> None:
    curve = sweep(lambda rate: loss, 1e-4, 1.0, 30)
    with pytest.raises(UserError, match="find-lr"):
        suggest(curve)


def test_find_lr_writes_its_curve_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(finders, "_SWEEP_STEPS", 40)
    generator = torch.get_rng_state()
    assert find_lr(configure(Path("run"), "evaluation.figure_formats=[png]")) == 0
    first = capsys.readouterr().out
    assert "optimizer.lr=" in first
    assert find_lr(configure(Path("run"), "evaluation.figure_formats=[]")) == 0
    second = capsys.readouterr().out
    assert first.splitlines()[:3] == second.splitlines()[:3]  # seeded
    assert torch.equal(generator, torch.get_rng_state())
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]
    folders = sorted((tmp_path / "outputs" / "find-lr").iterdir())
    assert len(folders) == 2
    assert {"curve.json", "curve.png"} == {p.name for p in folders[0].iterdir()}
    values = json.loads((folders[0] / "curve.json").read_text())
    assert 1e-4 < values["valley"] < 1.0


@pytest.mark.parametrize(("capacity", "largest"), [(1, 1), (5, 4), (8, 8)])
def test_find_batch_stops_at_out_of_memory(
    capacity: int, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finders, "_TIMED_S", 0.0)
    monkeypatch.setattr(finders, "_stagnates", lambda trials: False)
    with rehearse(limited(capacity)) as rehearsal:
        trials = try_sizes(rehearsal)
    assert [t.size for t in trials if t.fits][-1] == largest
    assert trials[-1] == Trial(2 * largest, None, trials[-1].memory, fits=False)


def test_find_batch_ends_at_the_training_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finders, "_TIMED_S", 0.0)
    monkeypatch.setattr(finders, "_stagnates", lambda trials: False)
    with rehearse(limited(10**9)) as rehearsal:
        assert [t.size for t in try_sizes(rehearsal)] == [1, 2, 4, 8, 16]


def test_find_batch_says_which_overrides_keep_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(finders, "_TIMED_S", 0.0)
    monkeypatch.setattr(finders, "choose", lambda fitting, device: fitting[-1])
    config = limited(5, "training.batch_size=12", "training.accumulate=2")
    assert find_batch(config) == 0
    shown = capsys.readouterr().out
    assert "training.batch_size=4 training.accumulate=6" in shown
    assert "does not fit" in shown
    assert config.training.batch_size == 12
    assert not list(tmp_path.iterdir())


def test_find_batch_with_no_room_for_one_sample() -> None:
    with pytest.raises(UserError, match="not even one sample"):
        find_batch(limited(0))


def test_head_room_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finders, "_TIMED_S", 0.0)
    with rehearse(configure(Path("run"))) as rehearsal:
        needed = finders.try_size(rehearsal, 4).memory
        assert needed is not None
        monkeypatch.setattr(finders, "available_memory", lambda device: int(needed / 0.95))
        assert not finders.try_size(rehearsal, 4).fits
        monkeypatch.setattr(finders, "available_memory", lambda device: int(needed / 0.85))
        assert finders.try_size(rehearsal, 4).fits


def test_a_cpu_uses_the_smallest_size_that_is_fast() -> None:
    rates = {1: 10.0, 2: 50.0, 4: 98.0, 8: 100.0, 16: 99.0}
    trials = [Trial(size, rate, 1, fits=True) for size, rate in rates.items()]
    assert choose(trials, torch.device("cpu")).size == 4
    assert choose(trials, torch.device("cuda", 0)).size == 16


@pytest.mark.parametrize(
    ("batch", "accumulate", "fits", "expected"),
    [(64, 1, 16, (16, 4)), (64, 1, 512, (64, 1)), (96, 1, 64, (48, 2)), (7, 1, 4, (1, 7))],
)
def test_the_step_stays_the_same(
    batch: int, accumulate: int, fits: int, expected: tuple[int, int]
) -> None:
    sizes = (f"training.batch_size={batch}", f"training.accumulate={accumulate}")
    assert keep_step_size(configure(Path("run"), *sizes), fits) == expected
