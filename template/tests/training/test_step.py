"""One optimizer step: it learns, and neither accumulation nor a lack of memory changes it."""

import copy
from itertools import chain
from pathlib import Path

import pytest
import torch

from {{ cookiecutter.package_name }}.data import Batch
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training.optimizer import (
    build_optimizer,
)

from .tiny import FaultyTask, configure, events, outcome, start, take_steps, train, weights

EIGHT_AT_ONCE = ("training.batch_size=8", "training.accumulate=1")
FOUR_TIMES_TWO = ("training.batch_size=2", "training.accumulate=4")


def steps(run_dir: Path, *overrides: str, task: FaultyTask | None = None) -> torch.Tensor:
    """Return the weights after two epochs, whose last windows hold 6 samples instead of 8."""
    loop = start(configure(run_dir, *overrides), task)
    take_steps(loop, 6)
    loop.close("completed")
    return weights(loop.parts)


def test_one_batch_is_learnt_by_heart(run_dir: Path) -> None:
    loop = start(configure(run_dir, "training.batch_size=22", "training.accumulate=1"))
    losses = [result.loss_sum / result.items for result in take_steps(loop, 150)]
    loop.close("completed")
    assert losses[0] == pytest.approx(torch.tensor(3.0).log().item(), abs=0.05)
    assert losses[-1] < 0.01


def test_training_lowers_the_validation_loss(run_dir: Path) -> None:
    loop = start(configure(run_dir, "training.max_epochs=20"))
    before = loop.evaluate()
    loop.fit()
    after = loop.evaluate()
    loop.close("completed")
    assert after["val/loss"] < before["val/loss"] / 2
    assert after["val/accuracy"] > 0.8


def test_a_step_after_an_evaluation_trains_in_training_mode(run_dir: Path) -> None:
    loop = start(configure(run_dir))
    modes: list[bool] = []
    loop.parts.model.register_forward_hook(lambda module, *_: modes.append(module.training))
    take_steps(loop, 1)
    loop.evaluate()
    evaluated = len(modes)
    take_steps(loop, 1)
    loop.close("completed")
    assert not modes[evaluated - 1]
    assert modes[evaluated:]
    assert all(modes[evaluated:])
    assert all(module.training for module in loop.parts.model.modules())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_accumulation_is_one_big_batch(run_dir: Path, precision: str) -> None:
    precision = f"training.precision={precision}"
    big = steps(run_dir / "big", *EIGHT_AT_ONCE, precision)
    accumulated = steps(run_dir / "accumulated", *FOUR_TIMES_TWO, precision)
    start_again = weights(start(configure(run_dir / "start")).parts)
    assert (big - start_again).abs().max() > 0.01
    assert torch.allclose(big, accumulated, atol=1e-5 if "fp32" in precision else 1e-3)


def test_the_loss_is_the_mean_over_the_items_of_the_window(run_dir: Path) -> None:
    loop = start(configure(run_dir, *FOUR_TIMES_TWO))
    results = take_steps(loop, 3)
    loop.close("completed")
    assert [result.items for result in results] == [8, 8, 6]
    whole = start(configure(run_dir / "whole", *EIGHT_AT_ONCE))
    for mine, theirs in zip(results, take_steps(whole, 3), strict=True):
        assert mine.loss_sum == pytest.approx(theirs.loss_sum, rel=1e-5)
        assert mine.grad_norm == pytest.approx(theirs.grad_norm, rel=1e-4)
    whole.close("completed")


def test_gradients_are_clipped_over_all_parameters(run_dir: Path) -> None:
    # Plain SGD at rate 1 without decay moves the weights by the clipped gradient itself.
    overrides = ("optimizer._target_=torch.optim.SGD", "optimizer.lr=1", "optimizer.weight_decay=0")
    config = configure(run_dir, *overrides, "training.clip_norm=1e-3")
    for extra in ("betas", "eps"):
        del config.optimizer[extra]
    loop = start(config)
    before = weights(loop.parts)
    (result,) = take_steps(loop, 1)
    loop.close("completed")
    assert result.grad_norm > 0.01
    assert (weights(loop.parts) - before).norm().item() == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("capacity", [5, 1])
def test_out_of_memory_takes_the_same_samples_in_smaller_parts(
    run_dir: Path, capacity: int, caplog: pytest.LogCaptureFixture
) -> None:
    enough, little = FaultyTask(), FaultyTask(capacity=capacity)
    expected = steps(run_dir / "enough", *EIGHT_AT_ONCE, task=enough)
    actual = steps(run_dir / "little", *EIGHT_AT_ONCE, task=little)
    assert torch.allclose(expected, actual, atol=1e-5)
    assert max(map(len, little.rows)) <= capacity
    assert list(chain(*little.rows)) == list(chain(*enough.rows))
    splits = 2 if capacity == 5 else 8
    assert f"into {splits} parts" in caplog.text
    assert events(run_dir / "little").count("out_of_memory") == {2: 1, 8: 3}[splits]


def test_out_of_memory_half_way_through_a_window_drops_what_was_added_up(run_dir: Path) -> None:
    class SecondBatchTooBig(FaultyTask):
        def training_step(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
            self.capacity = 2 if self.calls == 1 else 10**9
            return super().training_step(model, batch)

    expected = steps(run_dir / "enough")
    assert torch.allclose(expected, steps(run_dir / "little", task=SecondBatchTooBig()), atol=1e-5)
    assert "out_of_memory" in events(run_dir / "little")


def test_parts_stay_small_after_a_resume(run_dir: Path) -> None:
    train(configure(run_dir, "training.max_steps=2"), FaultyTask(capacity=2))
    assert outcome(run_dir)["train"]["splits"] == 2
    task = FaultyTask(capacity=2)
    train(configure(run_dir, "training.max_steps=4", "resume_with_changes=true"), task)
    assert task.rows
    assert events(run_dir).count("out_of_memory") == 1


def test_out_of_memory_with_a_single_sample_is_one_clear_line(run_dir: Path) -> None:
    with pytest.raises(UserError, match="out of memory with a single sample") as caught:
        train(configure(run_dir), FaultyTask(capacity=0))
    assert "\n" not in str(caught.value)


def test_steps_are_those_of_the_plainest_loop(run_dir: Path) -> None:
    config = configure(run_dir, "training.clip_norm=0.1")
    loop = start(config)
    model = copy.deepcopy(loop.parts.model)
    optimizer = build_optimizer(config.optimizer, model)
    batches = loop.parts.training_batches(0, 0)
    for _ in range(6):
        window = [next(batches), next(batches)]
        inputs, targets = (torch.cat([b[name] for b in window]) for name in ("inputs", "targets"))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), targets).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
    take_steps(loop, 6)
    loop.close("completed")
    for mine, theirs in zip(loop.parts.model.parameters(), model.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)
