"""Checkpoints: damaged ones are passed over, leftovers are cleaned, a full disk costs nothing."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training.checkpoint import (
    FORMAT,
    Checkpoint,
    DamagedCheckpointError,
    load_optimizer,
    load_weights,
    read_checkpoint,
)
from {{ cookiecutter.package_name }}.training.store import (
    CheckpointStore,
)

FILES = ("model.safetensors", "optimizer.pt", "state.json", "MANIFEST.sha256")
CPU = torch.device("cpu")


def content(step: int, score: float | None = None, best_step: int | None = None) -> dict[str, Any]:
    train = {"step": step, "score": score, "best_step": best_step}
    return {"format": FORMAT, "train": train}


def linear(value: float = 0.0) -> tuple[nn.Module, torch.optim.Optimizer]:
    model = nn.Linear(3, 2)
    nn.init.constant_(model.weight, value)
    return model, torch.optim.AdamW(model.parameters())


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    """Return a store that holds steps 1 to 3, whose weights are the step; step 2 is the best."""
    store = CheckpointStore(tmp_path)
    for step in (1, 2, 3):
        store.save(content(step, best_step=min(step, 2)), *linear(step), is_best=step == 2)
    return store


def newest(store: CheckpointStore) -> Checkpoint:
    found = store.newest_good()
    assert found is not None
    return found


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def drop_last_line(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_what_is_saved_comes_back(store: CheckpointStore) -> None:
    found = newest(store)
    assert (found.step, found.path.name) == (3, "step-00000003")
    model, optimizer = linear()
    load_weights(found.path / "model.safetensors", model)
    load_optimizer(found.path / "optimizer.pt", optimizer, CPU, ())
    assert model.state_dict()["weight"].eq(3).all()
    assert sorted(path.name for path in found.path.iterdir()) == sorted(FILES)


def test_the_links_point_at_last_and_best(store: CheckpointStore) -> None:
    assert (store.root / "last").resolve().name == "step-00000003"
    assert (store.root / "best").resolve().name == "step-00000002"


def test_nothing_is_found_where_nothing_was_saved(tmp_path: Path) -> None:
    assert CheckpointStore(tmp_path / "absent").newest_good() is None


@pytest.mark.parametrize("damage", [flip_a_byte, cut_short, empty, Path.unlink])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(
    store: CheckpointStore,
    name: str,
    damage: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage(store.root / "step-00000003" / name)
    found = newest(store)
    assert found.step == 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "step-00000003" in caplog.text
    # The run goes on from there, and the damaged one is neither `last` nor in the way.
    store.forget_after(found)
    assert (store.root / "last").resolve().name == "step-00000002"
    assert not (store.root / "step-00000003").exists()


def test_a_manifest_that_lost_a_line_is_damaged(store: CheckpointStore) -> None:
    drop_last_line(store.root / "step-00000003" / "MANIFEST.sha256")
    with pytest.raises(DamagedCheckpointError, match="cut short"):
        read_checkpoint(store.root / "step-00000003")


def test_when_all_are_damaged_it_is_one_clear_line(store: CheckpointStore) -> None:
    for step in (1, 2, 3):
        flip_a_byte(store.root / f"step-0000000{step}" / "model.safetensors")
    with pytest.raises(UserError, match=r"every checkpoint in .* is damaged") as caught:
        store.newest_good()
    assert "step-00000003/model.safetensors" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_format_is_refused(store: CheckpointStore) -> None:
    store.save({**content(4), "format": FORMAT + 1}, *linear())
    with pytest.raises(UserError, match=f"format {FORMAT + 1}, not {FORMAT}"):
        store.newest_good()


def test_what_a_killed_write_left_is_cleaned(store: CheckpointStore) -> None:
    before = snapshot(store.root)
    half = store.root / ".writing-step-00000004"
    shutil.copytree(store.root / "step-00000003", half)
    (half / "MANIFEST.sha256").unlink()
    shutil.copytree(store.root / "step-00000001", store.root / ".deleting-step-00000000")
    (store.root / ".writing-last").symlink_to("step-00000002")
    store.clean()
    assert snapshot(store.root) == before
    assert not [path for path in store.root.iterdir() if path.name.startswith(".")]


def test_a_kill_while_a_checkpoint_is_replaced_loses_none(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(content(1), *linear(1))
    # As after the old one was moved out of the way and before the new one took its name.
    shutil.copytree(store.root / "step-00000001", store.root / ".writing-step-00000001")
    (store.root / "step-00000001").rename(store.root / ".deleting-step-00000001")
    store.clean()
    assert newest(store).step == 1
    assert not [path for path in store.root.iterdir() if path.name.startswith(".")]


def test_saving_the_same_step_again_replaces_it(store: CheckpointStore) -> None:
    store.save(content(3, best_step=2), *linear(7))
    model, _ = linear()
    load_weights(newest(store).path / "model.safetensors", model)
    assert model.state_dict()["weight"].eq(7).all()
    assert (store.root / "best").resolve().name == "step-00000002"


def test_the_last_and_the_best_are_kept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep_last=2, keep_best=2)
    scores = [0.9, 0.1, 0.5, 0.3, 0.8, 0.7]
    for step, score in enumerate(scores, start=1):
        best = scores.index(min(scores[:step])) + 1
        store.save(content(step, score, best), *linear(), is_best=best == step)
    kept = sorted(int(path.name[5:]) for path in store.root.glob("step-*"))
    assert kept == [2, 4, 5, 6]  # the two best are 2 and 4, the two last 5 and 6
    assert (store.root / "best").resolve().name == "step-00000002"


def test_weights_of_another_model_are_one_clear_line(store: CheckpointStore) -> None:
    for model in (nn.Linear(4, 2), nn.Linear(3, 2, bias=False), nn.Sequential(nn.Linear(3, 2))):
        with pytest.raises(UserError, match="does not fit the model") as caught:
            load_weights(store.root / "last" / "model.safetensors", model)
        assert "\n" not in str(caught.value)


def test_nothing_in_a_checkpoint_can_run_code(store: CheckpointStore) -> None:
    torch.load(store.root / "last" / "optimizer.pt", weights_only=True)
    json.loads((store.root / "last" / "state.json").read_text())


FULL_DISK = """
import resource, sys
from pathlib import Path
import torch
from PACKAGE.errors import UserError
from PACKAGE.training.store import CheckpointStore
store = CheckpointStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
# With 500 inputs the weights fit and the optimizer's moments don't; with 2000 neither does.
for inputs in (500, 2000):
    model = torch.nn.Linear(inputs, 64)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, inputs)).sum().backward()
    optimizer.step()
    try:
        store.save(dict(format=1, train=dict(step=4)), model, optimizer)
    except UserError as error:
        print(error)
"""


def test_a_full_disk_leaves_earlier_checkpoints_alone(store: CheckpointStore, package: str) -> None:
    pytest.importorskip("resource")
    before = snapshot(store.root)
    script = FULL_DISK.replace("PACKAGE", package)
    command = [sys.executable, "-c", script, str(store.root.parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all("step-00000004: could not be written" in line for line in lines)
    assert all("earlier checkpoints are intact" in line for line in lines)
    assert snapshot(store.root) == before
    assert newest(store).step == 3
