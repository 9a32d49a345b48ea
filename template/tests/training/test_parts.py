"""Every choice of every config group builds, and switches of speed and memory change no number."""

import shutil
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir

from {{ cookiecutter.package_name }}.config import (
    CONFIG_DIR,
    Config,
    config_hash,
    to_config,
)
from {{ cookiecutter.package_name }}.data import DataSplits, load_data
from {{ cookiecutter.package_name }}.data.integrity import check_schema
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.models import build_model
from {{ cookiecutter.package_name }}.tracking import build_trackers
from {{ cookiecutter.package_name }}.training.optimizer import (
    build_optimizer,
)
from {{ cookiecutter.package_name }}.training.parts import (
    recompute_activations,
)
from {{ cookiecutter.package_name }}.training.schedule import Schedule
from {{ cookiecutter.package_name }}.utils.instantiate import (
    instantiate,
)

from .tiny import configure, start, take_steps, weights


def choices(group: str) -> list[str]:
    return sorted(path.stem for path in (CONFIG_DIR / group).glob("*.yaml"))


def composed(*overrides: str) -> Config:
    with initialize_config_dir(str(CONFIG_DIR), version_base="1.3"):
        return to_config(compose("config", list(overrides)))


@pytest.fixture(scope="module")
def default_data() -> DataSplits:
    """Return the default data set, which needs no download."""
    config = composed()
    data = load_data(config.data, seed=0)
    check_schema(data.source)
    return data


@pytest.mark.parametrize("name", choices("model"))
def test_every_model_builds_learns_and_names_its_blocks(
    name: str, default_data: DataSplits
) -> None:
    torch.manual_seed(0)
    model = build_model(composed(f"model={name}").model, default_data.spec)
    batch = default_data.train.__getitems__([(0, row) for row in range(4)])
    logits = model(batch["inputs"])
    assert logits.shape == (4, len(default_data.spec.class_names))
    logits.sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    recompute_activations(model)
    assert model(batch["inputs"]).requires_grad


@pytest.mark.parametrize("name", choices("optimizer"))
def test_every_optimizer_builds_and_steps(name: str) -> None:
    model = torch.nn.Linear(2, 2)
    optimizer = build_optimizer(composed(f"optimizer={name}").optimizer, model)
    model(torch.ones(1, 2)).sum().backward()
    before = model.weight.detach().clone()
    optimizer.step()
    assert not model.weight.equal(before)


@pytest.mark.parametrize("name", choices("scheduler"))
def test_every_schedule_builds_and_stays_within_its_rate(name: str) -> None:
    node = composed(f"scheduler={name}").scheduler
    schedule = instantiate(node, "scheduler", total_steps=50)
    assert isinstance(schedule, Schedule)
    factors = [schedule.factor(step) for step in range(50)]
    assert max(factors) == pytest.approx(1.0, abs=0.01)
    assert all(0 < factor <= 1 for factor in factors)


@pytest.mark.parametrize("name", choices("tracking"))
def test_every_tracker_builds(name: str) -> None:
    for node in composed(f"tracking={name}").tracking["trackers"]:
        pytest.importorskip(str(node["_target_"]).rpartition(".")[0].rpartition(".")[2])
    build_trackers(composed(f"tracking={name}").tracking)


@pytest.mark.parametrize(
    "override",
    [f"{group}={name}" for group in ("experiment", "debug", "data") for name in choices(group)],
)
def test_every_preset_composes_and_keeps_its_name(override: str) -> None:
    config = composed(override)
    group, _, name = override.partition("=")
    assert config_hash(config)
    assert (config.data.name if group == "data" else config.name) == name


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("training.precision=fp8", "fp8 is not one of auto, fp32, bf16, fp16"),
        ("resume=perhaps", "perhaps is not one of auto, never, must"),
        ("training.batch_size=0", "training.batch_size=0 must be a number of at least 1"),
        ("optimizer.lr=fast", "optimizer.lr=fast must be a number"),
        ("seed=-1", "seed=-1"),
        ("data.num_workers=few", "must be auto or a number"),
        ("training.max_epochs=null", "both are null"),
    ],
)
def test_values_that_make_no_sense_are_refused(run_dir: Path, override: str, named: str) -> None:
    with pytest.raises(UserError, match=r"^config: ") as caught:
        configure(run_dir, override)
    assert named in str(caught.value)


def test_recomputed_activations_change_no_number(run_dir: Path, tmp_path: Path) -> None:
    overrides = ("model.dropout=0.5", "training.ema_decay=0.9", "model.hidden=[8, 8]")
    results = []
    for name in ("false", "true"):
        switch = f"training.activation_checkpointing={name}"
        loop = start(configure(tmp_path / name, *overrides, switch))
        steps = take_steps(loop, 4)
        assert loop.parts.ema is not None
        names = set(loop.parts.model.state_dict())
        results.append((steps, weights(loop.parts), loop.evaluate(), names))
        loop.close("completed")
    plain, recomputed = results
    assert plain[0] == recomputed[0]
    assert plain[1].equal(recomputed[1])
    assert plain[2:] == recomputed[2:]


def test_a_model_without_blocks_can_not_recompute() -> None:
    with pytest.raises(UserError, match=r"Linear has no blocks\(\)"):
        recompute_activations(torch.nn.Linear(1, 1))


@pytest.mark.skipif(not any(map(shutil.which, ("g++", "clang++"))), reason="no C++ compiler")
def test_a_compiled_model_gives_the_same_result_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The graph is captured and differentiated as by the default backend, which would spend the
    # test's time on the compiler instead.
    monkeypatch.setattr("torch.nn.Module.compile", aot_eager)
    results = []
    for name in ("false", "true"):
        loop = start(configure(tmp_path / name, f"training.compile={name}", "model.dropout=0.0"))
        steps = take_steps(loop, 3)
        results.append((steps, weights(loop.parts), set(loop.parts.model.state_dict())))
        loop.close("completed")
    torch._dynamo.reset()
    plain, compiled = results
    assert [s.loss_sum for s in compiled[0]] == pytest.approx([s.loss_sum for s in plain[0]])
    assert torch.allclose(plain[1], compiled[1], atol=1e-5)
    assert plain[2] == compiled[2]


def aot_eager(module: torch.nn.Module) -> None:
    """Compile a module in place with the quick backend."""
    module._compiled_call_impl = torch.compile(module._call_impl, backend="aot_eager")
