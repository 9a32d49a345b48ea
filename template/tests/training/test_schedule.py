"""Schedules against their formulas."""

import math

import pytest

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training.schedule import (
    Constant,
    Cosine,
    OneCycle,
    Plateau,
    Schedule,
    WarmupStableDecay,
)


def factors(schedule: Schedule, *steps: int) -> list[float]:
    return [schedule.factor(step) for step in steps]


@pytest.mark.parametrize("schedule_class", [Constant, Cosine, WarmupStableDecay, Plateau])
@pytest.mark.parametrize("warmup", [4, 0.04])
def test_warm_up_is_linear_and_never_zero(schedule_class: type[Schedule], warmup: float) -> None:
    schedule = schedule_class(100, warmup=warmup)
    assert factors(schedule, 0, 1, 2, 3, 4) == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])


def test_constant() -> None:
    assert factors(Constant(10), 0, 5, 9, 1000) == [1.0] * 4


def test_cosine() -> None:
    schedule = Cosine(110, warmup=10, final=0.1)
    expected = [0.1 + 0.9 * (1 + math.cos(math.pi * p)) / 2 for p in (0, 0.25, 0.5, 1)]
    assert factors(schedule, 10, 35, 60, 110) == pytest.approx(expected)
    assert expected == pytest.approx([1.0, 0.86819805, 0.55, 0.1])
    assert schedule.factor(10_000) == pytest.approx(0.1)  # a run that was made longer


def test_warm_up_stable_decay() -> None:
    schedule = WarmupStableDecay(100, warmup=10, decay=0.2, final=0.05)
    assert factors(schedule, 10, 50, 79) == [1.0, 1.0, 1.0]
    # A quarter into the decay, 1 - sqrt(1/4) of the way is left.
    assert factors(schedule, 85, 100) == pytest.approx([0.05 + 0.95 * 0.5, 0.05])
    assert WarmupStableDecay(100, decay=20).factor(85) == pytest.approx(0.5)


def test_warm_up_stable_decay_may_be_all_decay_or_none() -> None:
    assert WarmupStableDecay(100, warmup=50, decay=100).factor(50) == pytest.approx(1.0)
    assert factors(WarmupStableDecay(100, decay=0), 0, 50, 99) == [1.0] * 3


def test_one_cycle() -> None:
    schedule = OneCycle(100, warmup=0.4, initial=0.2, final=0.1)
    assert factors(schedule, 0, 20, 40, 70, 100) == pytest.approx([0.2, 0.6, 1.0, 0.55, 0.1])


def test_plateau_cuts_after_patience_and_not_below_final() -> None:
    schedule = Plateau(100, cut=0.5, patience=1, min_delta=0.1, final=0.2)
    levels = []
    for value in (1.0, 0.95, 0.95, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8):
        schedule.evaluated(value)
        levels.append(schedule.factor(50))
    # 0.95 is no improvement by 0.1; 0.8 is.
    assert levels == [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]


def test_plateau_state_goes_on_where_it_was() -> None:
    whole, first, second = (Plateau(100, cut=0.5, patience=1) for _ in range(3))
    values = (1.0, 2.0, 2.0, 0.5, 2.0, 2.0)
    for value in values:
        whole.evaluated(value)
    for value in values[:2]:
        first.evaluated(value)
    second.load_state_dict(first.state_dict())
    for value in values[2:]:
        second.evaluated(value)
    assert second.state_dict() == whole.state_dict() == {"best": 0.5, "waited": 0, "level": 0.25}


def test_plateau_that_saw_nothing_has_a_state_for_json() -> None:
    plateau = Plateau(10)
    plateau.load_state_dict(Plateau(10).state_dict())
    assert plateau.best == math.inf
    assert Plateau(10).state_dict()["best"] is None


@pytest.mark.parametrize("warmup", [-1, 11])
def test_impossible_lengths_are_refused(warmup: float) -> None:
    with pytest.raises(UserError, match=r"scheduler\.warmup"):
        Cosine(10, warmup=warmup)
