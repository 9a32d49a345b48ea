"""Each check passes on a good model and fails on one that is broken in just that way."""

import math
import os
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from {{ cookiecutter.package_name }}.config import Config
from {{ cookiecutter.package_name }}.data import Batch, Source
from {{ cookiecutter.package_name }}.data.integrity import Check
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.models.mlp import MLP
from {{ cookiecutter.package_name }}.tasks import Classification
from {{ cookiecutter.package_name }}.training import checks
from {{ cookiecutter.package_name }}.training.checks import (
    check,
    overfit,
    run_checks,
)
from {{ cookiecutter.package_name }}.training.rehearsal import rehearse

from .tiny import configure, make_rows

ALL = {
    "splits share no row",
    "splits share no content",
    "forward pass",
    "loss at initialisation",
    "loss is a sum",
    "gradient flow",
    "samples independent",
    "one step twice",
    "memory",
}


class Net(MLP):
    """A network with one hidden layer, for others to break."""

    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes, hidden=(8,), dropout=0.0)


class Unused(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes)
        self.forgotten = nn.Linear(2, 2)


class Cut(Net):
    def forward(self, inputs: Tensor) -> Tensor:
        with torch.no_grad():
            features = self.layers[0](inputs)
        return self.classifier(features)


class Frozen(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes)
        self.layers.requires_grad_(False)


class DeadReLU(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes)
        self.first = nn.Linear(4, 4)
        nn.init.constant_(self.first.bias, -100.0)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs + self.first(inputs).relu())


class NaNStart(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes)
        nn.init.constant_(self.classifier.weight, math.nan)


class WrongClasses(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes + 2)


class Raising(Net):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs @ torch.zeros(7, 7))


class Mixing(Net):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs - inputs.mean(dim=0))


class BatchNormed(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(self.norm(inputs))


class Overconfident(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes)
        nn.init.normal_(self.classifier.weight, std=20.0)


class Unseeded(Net):
    def __init__(self, input_shape: tuple[int, ...], num_classes: int, **_: object) -> None:
        super().__init__(input_shape, num_classes)
        noise = np.random.default_rng().normal(size=num_classes)
        self.classifier.bias.data += torch.from_numpy(noise).float() * 0.01


class DropsAlways(Net):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(nn.functional.dropout(inputs, 0.5))


class Deaf(Net):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(torch.ones_like(inputs))


class Averaging(Classification):
    def training_step(self, model: nn.Module, batch: Batch) -> Tensor:
        return super().training_step(model, batch) / len(batch["targets"])


def make_leaking_rows() -> Source:
    source = make_rows()
    assert source.inputs is not None
    source.inputs[39] = source.inputs[0]
    return source


def with_model(model: type[nn.Module], *overrides: str) -> Config:
    return configure(Path("run"), f"model._target_={__name__}.{model.__name__}", *overrides)


def statuses(config: Config) -> dict[str, str]:
    # The memory estimate is the slowest, and has tests of its own.
    with (
        rehearse(config) as rehearsal,
        patch.object(checks, "check_memory", lambda parts: Check("memory", "ok", "")),
    ):
        return {check.name: check.status for check in run_checks(rehearsal)}


def test_a_good_model_passes_all(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert check(with_model(Net, "training.batch_size=16")) == 0
    shown = capsys.readouterr().out
    assert "Ready to train" in shown
    assert all(name in shown for name in ALL)
    assert not list(tmp_path.iterdir())  # neither a run's folder nor anything else


@pytest.mark.parametrize(
    ("model", "name", "status"),
    [
        (Unused, "gradient flow", "error"),
        (Cut, "gradient flow", "error"),
        (DeadReLU, "gradient flow", "error"),
        (Frozen, "gradient flow", "warning"),
        (NaNStart, "forward pass", "error"),
        (WrongClasses, "forward pass", "error"),
        (Raising, "forward pass", "error"),
        (DropsAlways, "forward pass", "error"),
        (Mixing, "samples independent", "error"),
        (BatchNormed, "samples independent", "warning"),
        (Deaf, "samples independent", "error"),
        (Overconfident, "loss at initialisation", "error"),
        (Unseeded, "one step twice", "error"),
    ],
)
def test_a_broken_model_is_found(model: type[nn.Module], name: str, status: str) -> None:
    found = statuses(with_model(model, "training.batch_size=16"))
    assert found[name] == status
    if name == "forward pass":
        return  # nothing after it can be asked
    assert set(found) == ALL
    related = {"loss is a sum"} if model is Mixing else set()
    related |= {"samples independent"} if model is Cut else set()
    related |= {"gradient flow"} if model is Deaf else set()
    assert {n for n, s in found.items() if s != "ok"} - related == {name}


def test_a_mean_loss_is_found() -> None:
    config = with_model(Net, f"task._target_={__name__}.Averaging")
    assert statuses(config)["loss is a sum"] == "error"


def test_a_sample_in_two_splits_is_found() -> None:
    config = with_model(Net, f"data.source._target_={__name__}.make_leaking_rows")
    assert statuses(config)["splits share no content"] == "error"


def test_a_failed_check_names_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(with_model(Unused)) == 1
    shown = capsys.readouterr().out
    assert "Do not train this yet" in shown
    assert "forgotten.weight" in shown


def test_overfit_tells_models_that_learn_from_those_that_do_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert overfit(with_model(Net, "optimizer.lr=0.05", "training.batch_size=16")) == 0
    assert "can learn" in capsys.readouterr().out
    short = ("training.max_steps=20", "optimizer.lr=0.05")
    for model, hint in ((Deaf, "hardly moved"), (NaNStart, "not finite")):
        assert overfit(with_model(model, "training.batch_size=16", *short)) == 1
        shown = capsys.readouterr().out
        assert "did not learn" in shown
        assert hint in shown
    assert not list(tmp_path.iterdir())


def test_out_of_memory_is_one_line() -> None:
    config = with_model(Net)
    config.task = {"_target_": f"{__name__.rpartition('.')[0]}.tiny.FaultyTask", "capacity": 2}
    for command in (check, overfit):
        with pytest.raises(UserError, match="out of memory"):
            command(config)


def test_no_global_state_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    legacy = np.random.get_state(legacy=False)["state"]["pos"]
    benchmark = torch.backends.cudnn.benchmark
    check(with_model(Net, "training.deterministic=true"))
    assert torch.equal(state, torch.get_rng_state())
    assert np.random.get_state(legacy=False)["state"]["pos"] == legacy
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.backends.cudnn.benchmark == benchmark
    assert torch.get_num_threads() == threads
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ


def test_torchrun_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="one process"):
        check(with_model(Net))
