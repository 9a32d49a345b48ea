"""The estimate on fake tensors against what real tensors take."""

import importlib
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.models.mlp import MLP
from {{ cookiecutter.package_name }}.training import memory
from {{ cookiecutter.package_name }}.training.memory import (
    MemoryEstimate,
    estimate_memory,
    memory_alert,
    warn_about_memory,
)
from {{ cookiecutter.package_name }}.training.parts import (
    Parts,
    build_parts,
    recompute_activations,
)

from .tiny import ALONE, configure

PACKAGE = "{{ cookiecutter.package_name }}"
IMAGE_MODELS = [
    name
    for name in ("cnn.CNN", "resnet.ResNet")
    if importlib.util.find_spec(f"{PACKAGE}.models.{name.partition('.')[0]}")
]


def build(name: str, *, recompute: bool = False, precision: str = "fp32") -> Parts:
    """Return a run's parts; images are made of the table where the model wants them."""
    parts = build_parts(configure(Path("unused"), f"training.precision={precision}"), ALONE)
    module, _, kind = name.partition(".")
    shape = (4,) if kind == "MLP" else (1, 16, 16)
    network = getattr(importlib.import_module(f"{PACKAGE}.models.{module}"), kind)
    small = {"widths": (8, 16), "blocks_per_stage": 1} if kind == "ResNet" else {}
    parts.model = network(input_shape=shape, num_classes=3, **small)
    if recompute:
        recompute_activations(parts.model)
    parts.optimizer = torch.optim.AdamW(parts.model.parameters())
    if kind != "MLP":
        read = parts.data.train.__getitems__
        parts.data.train.__getitems__ = lambda keys: {  # type: ignore[method-assign]
            **read(keys),
            "inputs": torch.randn(len(keys), *shape),
        }
    return parts


def measured_activations(parts: Parts, samples: int) -> int:
    """Return the bytes of all storages that a real forward pass keeps, and of its batch."""
    batch = parts.data.train.__getitems__([(0, k) for k in range(samples)])
    own = {t.untyped_storage().data_ptr() for t in parts.model.state_dict().values()}
    kept = {t.untyped_storage().data_ptr(): t for t in batch.values()}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    parts.model.train()
    with saved_tensors_hooks(pack, lambda tensor: tensor), parts.precision.autocast():
        loss = parts.task.training_step(parts.model, batch)
    assert loss.requires_grad
    return sum(t.untyped_storage().nbytes() for key, t in kept.items() if key not in own)


@pytest.mark.parametrize(("recompute", "precision"), [(False, "fp32"), (True, "bf16")])
@pytest.mark.parametrize("name", ["mlp.MLP", *IMAGE_MODELS])
def test_activations_are_those_of_a_real_pass(name: str, recompute: bool, precision: str) -> None:
    parts = build(name, recompute=recompute, precision=precision)
    real = measured_activations(parts, 16)
    # Logits and the loss itself are alive between the passes, too.
    assert estimate_memory(parts, 16).activations == pytest.approx(real, rel=0.03, abs=64)


def test_each_share_is_counted() -> None:
    parts = build("mlp.MLP")
    size = 4 * sum(p.numel() for p in parts.model.parameters())
    estimate = estimate_memory(parts, 8)
    assert (estimate.parameters, estimate.gradients) == (size, size)
    # Adam's two moments, and a step counter of four bytes for each parameter.
    assert estimate.optimizer_state == 2 * size + 4 * len(list(parts.model.parameters()))
    assert estimate.moving_average == 0
    assert estimate.peak >= size + estimate.optimizer_state + estimate.activations
    assert estimate_memory(parts, 16).activations > 1.9 * estimate.activations


def test_recomputing_saves_activations() -> None:
    name = [*IMAGE_MODELS, "mlp.MLP"][0]
    plain, recomputed = (estimate_memory(build(name, recompute=r), 16) for r in (False, True))
    assert recomputed.activations < plain.activations


def test_an_average_and_accumulation_take_memory_too() -> None:
    once = build_parts(configure(Path("unused"), "training.accumulate=1"), ALONE)
    twice = build_parts(
        configure(Path("unused"), "training.accumulate=2", "training.ema_decay=0.9"), ALONE
    )
    plain, more = estimate_memory(once), estimate_memory(twice)
    assert more.moving_average == plain.parameters
    assert more.peak > plain.peak + more.moving_average


def test_estimating_changes_nothing() -> None:
    parts = build("mlp.MLP")
    parts.model.eval()
    before = {name: value.clone() for name, value in parts.model.state_dict().items()}
    generator = torch.get_rng_state()
    estimate_memory(parts)
    assert all(torch.equal(value, before[n]) for n, value in parts.model.state_dict().items())
    assert all(p.grad is None for p in parts.model.parameters())
    assert not parts.model.training
    assert not parts.optimizer.state
    assert torch.equal(generator, torch.get_rng_state())


class Undecided(MLP):
    """Looks at its values, which fake tensors don't have."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return super().forward(inputs * (1.0 if inputs.sum().item() > 0 else 2.0))


def test_a_model_that_needs_values_is_refused_in_one_line() -> None:
    parts = build("mlp.MLP")
    parts.model = Undecided((4,), 3)
    with pytest.raises(UserError, match="memory can't be estimated"):
        estimate_memory(parts)


def test_the_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = MemoryEstimate(8, 0, 0, 0, 0, 0, peak=9_500_000_000)
    monkeypatch.setattr(memory, "available_memory", lambda device: 10_000_000_000)
    assert memory_alert(estimate, torch.device("cuda", 0)) == (
        "Model (~9.5 GB) may not fit in GPU (~10.0 GB). Consider reducing batch size or enabling "
        "gradient checkpointing."
    )
    monkeypatch.setattr(memory, "available_memory", lambda device: 11_000_000_000)
    assert memory_alert(estimate, torch.device("cuda", 0)) is None
    monkeypatch.setattr(memory, "available_memory", lambda device: None)
    assert memory_alert(estimate, torch.device("cpu")) is None


def test_a_run_on_the_cpu_is_not_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(parts: Parts) -> MemoryEstimate:
        raise AssertionError("estimated")

    monkeypatch.setattr(memory, "estimate_memory", refuse)
    warn_about_memory(build("mlp.MLP"))


def test_storages_are_counted_once_and_forgotten() -> None:
    weight = nn.Parameter(torch.zeros(10))
    with memory.LiveStorages([weight]) as live:
        made = weight * 2
        view = made[:5]
        assert live.bytes == 40
        del made
        assert live.bytes == 40
        del view
        assert live.bytes == 0
        assert live.peak == 40
