"""Optimizer, moving average, precision: small parts against what they promise."""

from typing import Any

import pytest
import torch
from torch import nn

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training.ema import (
    ExponentialMovingAverage,
)
from {{ cookiecutter.package_name }}.training.optimizer import (
    build_optimizer,
    set_learning_rate,
)
from {{ cookiecutter.package_name }}.training.precision import (
    Precision,
    resolve_precision,
)

ADAMW = {"_target_": "torch.optim.AdamW", "lr": 0.1, "weight_decay": 0.3}
CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


def network() -> nn.Module:
    return nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.Flatten(), nn.Linear(8, 3))


def test_matrices_decay_and_vectors_do_not() -> None:
    model = network()
    decayed, spared = build_optimizer(ADAMW, model).param_groups
    assert [p.ndim for p in decayed["params"]] == [3, 2]
    assert all(p.ndim == 1 for p in spared["params"])
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.3, 0.0)
    everything = [*decayed["params"], *spared["params"]]
    assert {id(p) for p in everything} == {id(p) for p in model.parameters()}


def test_frozen_parameters_are_left_out() -> None:
    model = network()
    model[0].requires_grad_(False)  # type: ignore[index]
    groups = build_optimizer(ADAMW, model).param_groups
    assert all(p.requires_grad for group in groups for p in group["params"])
    with pytest.raises(UserError, match="no trainable parameter"):
        build_optimizer(ADAMW, model.requires_grad_(False))


def test_the_rate_is_a_factor_of_the_configured_one() -> None:
    optimizer = build_optimizer(ADAMW, network())
    assert set_learning_rate(optimizer, 0.5) == pytest.approx(0.05)
    assert set_learning_rate(optimizer, 0.5) == pytest.approx(0.05)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"_target_": "torch.optim.Adamw"}, "Adamw"),
        ({"momentum": 0.9}, "momentum"),
        ({"lr": -1.0}, "learning rate"),
    ],
)
def test_what_the_optimizer_refuses_is_one_clear_line(change: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=named) as caught:
        build_optimizer(ADAMW | change, network())
    assert str(caught.value).startswith("optimizer: ")


def test_the_average_follows_its_formula() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    ema = ExponentialMovingAverage(model, decay=0.3)
    expected = 1.0
    for step in range(5):
        nn.init.constant_(model.weight, 2.0 + step)
        ema.update(model, step)
        decay = min(0.3, (1 + step) / (10 + step))  # 0.1, 2/11, 0.25, 0.3, 0.3
        expected = decay * expected + (1 - decay) * (2.0 + step)
        (average,) = ema.model.parameters()
        assert average.item() == pytest.approx(expected, rel=1e-5)
    assert model.weight.item() == 6.0


def test_the_average_is_apart_from_the_model_and_takes_its_buffers() -> None:
    model = network()
    ema = ExponentialMovingAverage(model, decay=0.9)
    assert not ema.model.training
    assert not any(p.requires_grad for p in ema.model.parameters())
    ours = {p.data_ptr() for p in model.parameters()}
    assert not ours & {p.data_ptr() for p in ema.model.parameters()}
    model(torch.randn(5, 2, 4))
    ema.update(model, 0)
    for mine, theirs in zip(ema.model.buffers(), model.buffers(), strict=True):
        assert mine.equal(theirs)


@pytest.mark.parametrize(
    ("requested", "native", "expected"),
    [
        ("auto", True, "bf16"),
        ("auto", False, "fp16"),
        ("fp32", False, "fp32"),
        ("fp16", True, "fp16"),
        ("bf16", True, "bf16"),
    ],
)
def test_precision_follows_what_the_gpu_has(
    requested: str, native: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return native or including_emulation  # PyTorch says yes to what it only emulates

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert resolve_precision(requested, GPU) == expected


def test_emulated_bf16_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    with pytest.raises(UserError, match="Tesla T4 has no bf16; use fp16"):
        resolve_precision("bf16", GPU)


def test_precision_on_the_cpu() -> None:
    assert resolve_precision("auto", CPU) == "fp32"
    model = nn.Linear(2, 2)
    widths = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    for name, dtype in widths.items():
        precision = Precision(name, CPU)
        with precision.autocast():
            assert model(torch.ones(1, 2)).dtype is dtype
        assert precision.scaler.is_enabled() is (name == "fp16")
