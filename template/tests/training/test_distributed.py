"""Two processes give what one gives, and agree when something happens to only one of them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training.distributed import (
    find_device,
    join_world,
)

from .gang import GUARDED, UNEVEN, finish, one_row_to_evaluate
from .tiny import ALONE, FaultyTask, configure, events, outcome, start

TIMEOUT_S = 110


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let two processes play all scenes once; return where they wrote what they saw."""
    folder = tmp_path_factory.mktemp("gang")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tests = Path(__file__).resolve().parents[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    shared["PYTHONPATH"] = os.pathsep.join([str(tests), os.environ["PYTHONPATH"]])
    command = [sys.executable, "-m", "training.gang", str(folder)]
    gang = [
        subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        complaints = [process.communicate(timeout=TIMEOUT_S)[1] for process in gang]
    finally:
        for process in gang:
            process.kill()
    assert [process.returncode for process in gang] == [0, 0], complaints
    return folder


@pytest.fixture
def seen(folder: Path) -> Callable[[str], Any]:
    """Return a function that reads what both processes saw alike."""

    def read(scene: str) -> Any:
        first, second = (json.loads((folder / f"{scene}-{r}.json").read_text()) for r in range(2))
        assert first == second
        return first

    return read


def alone(run_dir: Path, *overrides: str, task: FaultyTask | None = None) -> torch.Tensor:
    """Return the weights that one process comes to."""
    return torch.tensor(finish(start(configure(run_dir, *overrides), task))["weights"])


@pytest.mark.parametrize("scene", ["plain", "cautious", "overlapped"])
def test_two_processes_give_what_one_gives(
    folder: Path, seen: Callable[[str], Any], run_dir: Path, scene: str
) -> None:
    expected = alone(run_dir, *UNEVEN)
    assert seen(scene)["step"] == 12
    assert torch.allclose(torch.tensor(seen(scene)["weights"]), expected, atol=1e-4)
    ours, theirs = (
        [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
        for place in (run_dir, folder / scene)
    )
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(other, rel=2e-3, abs=1e-4)


def test_two_interrupted_processes_end_like_uninterrupted_ones(
    folder: Path, seen: Callable[[str], Any]
) -> None:
    first, second = seen("stopped")
    assert (first["status"], second["status"]) == ("interrupted", "completed")
    assert 0 < first["step"] < second["step"] == 12
    whole, broken = outcome(folder / "noisy"), outcome(folder / "stopped")
    for part in whole:
        assert whole[part] == broken[part], part
    # Each process drops other neurons: their generators are apart.
    assert whole["generators"][0]["torch"] != whole["generators"][1]["torch"]


def test_memory_running_out_on_one_process_is_agreed_by_both(
    folder: Path, seen: Callable[[str], Any], run_dir: Path
) -> None:
    result = seen("out_of_memory")
    assert (result["splits"], result["step"]) == (2, 12)
    assert "out_of_memory" in events(folder / "out_of_memory")
    expected = alone(run_dir, *UNEVEN)
    assert torch.allclose(torch.tensor(result["weights"]), expected, atol=1e-4)


def test_a_note_of_lacking_memory_reaches_both(seen: Callable[[str], Any]) -> None:
    result = seen("note")
    assert result["splits"] == 2
    assert not result["note is left"]


def test_a_loss_that_is_no_number_on_one_process_is_agreed_by_both(
    folder: Path, seen: Callable[[str], Any], run_dir: Path
) -> None:
    result = seen("diverged")
    assert (result["rollbacks"], result["step"]) == (1, 12)
    expected = alone(run_dir, *GUARDED, task=FaultyTask(nan_calls=(5, 7)))
    assert torch.allclose(torch.tensor(result["weights"]), expected, atol=1e-4)
    lines = [json.loads(line) for line in (folder / "diverged/events.jsonl").open()]
    (back,) = [line for line in lines if line["event"] == "roll_back"]
    assert len(back["rows"]) == 4  # step 4 ends the epoch with a batch of 3 and one of 1


def test_a_split_of_one_row_is_evaluated(seen: Callable[[str], Any], run_dir: Path) -> None:
    assert seen("one_row_to_evaluate") == pytest.approx(one_row_to_evaluate(ALONE, run_dir))


def test_a_full_disk_stops_both(seen: Callable[[str], Any]) -> None:
    assert seen("full_disk") == "the disk is full"


def test_devices_are_found_or_missed_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert find_device("auto").type == "cpu"
    with pytest.raises(UserError, match="sees none"):
        find_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert find_device("auto", 1) == torch.device("cuda", 1)
    with pytest.raises(UserError, match="process 2 has no GPU of its own"):
        find_device("auto", 2)


def test_a_strategy_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="torchrun"), join_world("cpu", "ddp"):
        pass
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="2 processes were started"), join_world("cpu", "single"):
        pass
