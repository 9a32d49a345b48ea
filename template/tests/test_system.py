"""The system report holds on any machine, and each alert speaks when it should."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from {{ cookiecutter.package_name }}.utils import ending, hardware, system
from {{ cookiecutter.package_name }}.utils.alerts import (
    REQUIRED,
    alerts,
    checkpoint_bytes,
    obstacles,
)
from {{ cookiecutter.package_name }}.utils.gpu import GpuSampler

GB = 10**9
TRACKED = SimpleNamespace(
    seed=0,
    run_dir=None,
    training=SimpleNamespace(deterministic=False),
    tracking={"trackers": [{"_target_": "elsewhere.Tracker"}]},
)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def report(**gpu: Any) -> dict[str, Any]:
    """A healthy machine with two GPUs, one of them small."""
    devices = [
        {"name": "A", "memory": 80 * GB, "capability": "9.0"},
        {"name": "B", "memory": 8 * GB, "capability": "8.6"},
    ]
    found = {"cuda_available": True, "mps": False, "note": None, "seen_by_driver": 2}
    return {
        "gpu": {**found, "devices": devices, **gpu},
        "memory": {"available": 16 * GB, "usable": 32 * GB},
        "packages": dict.fromkeys(REQUIRED, "1.0"),
        "disk": {"path": "outputs", "free": 100 * GB, "total": 200 * GB, "writable": True},
    }


def test_the_report_is_json_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "k3y-of-someone")
    started = time.monotonic()
    text = json.dumps(system.system_report())
    assert time.monotonic() - started < 60
    assert "k3y-of-someone" not in text
    found = json.loads(text)
    assert found["packages"]["torch"] == torch.__version__
    assert 1 <= found["cpu"]["usable"] <= found["cpu"]["logical"]
    assert found["memory"]["usable"] > 0
    assert found["disk"]["free"] > 0


def test_the_report_imports_no_framework() -> None:
    before = set(sys.modules)
    system.system_report()
    assert not {"tensorflow", "jax", "wandb", "mlflow"} & (set(sys.modules) - before)


def test_a_machine_without_tools_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    found = system.system_report()
    assert found["git"] == {"commit": None, "branch": None, "dirty": None}
    assert found["memory"]["total"] is None or found["memory"]["total"] > 0
    assert found["gpu"]["driver"] is None


def test_what_hangs_or_raises_gives_the_default() -> None:
    never = threading.Event()
    started = time.monotonic()
    assert hardware.answer_within(0.1, lambda: never.wait(20), False) is False
    assert time.monotonic() - started < 60
    never.set()
    assert hardware.answer_within(5, lambda: 1 // 0, -1) == -1
    assert hardware.answer_within(5, lambda: 42, -1) == 42


def test_a_process_that_ends_at_once_does_what_is_registered_and_keeps_its_status() -> None:
    code = (
        "import atexit, importlib, sys, threading, time\n"
        "atexit.register(print, 'registered')\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "print('written')\n"
        "importlib.import_module(sys.argv[1]).end_at_once(3)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, ending.__name__],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (3, "written\nregistered\n")


def test_git_state(tmp_path: Path) -> None:
    assert system.git_state(tmp_path)["commit"] is None
    if hardware.run_tool("git", "--version") is None:
        pytest.skip("git is not installed")

    def git(*arguments: str) -> None:
        author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *author, *arguments], cwd=tmp_path, check=True, timeout=20)

    git("init", "-q")
    (tmp_path / "a.py").write_text("1\n")
    git("add", "a.py")
    git("commit", "-q", "-m", "first")
    clean = system.git_state(tmp_path)
    assert len(clean["commit"]) == 40
    assert clean["dirty"] is False
    (tmp_path / "a.py").write_text("2\n")
    assert system.git_state(tmp_path) == {**clean, "dirty": True}


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


def test_cgroup_v2_takes_the_tightest_limit_on_the_way_up(tmp_path: Path) -> None:
    membership = tmp_path / "self"
    membership.write_text("0::/slurm/job_7/step_0\n")
    root = tmp_path / "cgroup"
    write(root / "slurm/job_7/step_0", memory__max="max", cpu__max="max 100000")
    write(root / "slurm/job_7", memory__max="8000000000", cpu__max="350000 100000")
    write(root / "slurm", memory__max="16000000000", cpu__max="max 100000")
    assert hardware.cgroup_limits(root, membership) == {"memory": 8_000_000_000, "cpus": 3.5}


def test_cgroup_v1_inside_a_container(tmp_path: Path) -> None:
    membership = tmp_path / "self"
    membership.write_text("9:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n")
    root = tmp_path / "cgroup"
    write(root / "memory", memory__limit_in_bytes="4000000000")
    write(root / "cpu,cpuacct", cpu__cfs_quota_us="200000", cpu__cfs_period_us="100000")
    assert hardware.cgroup_limits(root, membership) == {"memory": 4_000_000_000, "cpus": 2.0}
    write(root / "memory", memory__limit_in_bytes="9223372036854771712")
    write(root / "cpu,cpuacct", cpu__cfs_quota_us="-1")
    assert hardware.cgroup_limits(root, membership) == {"memory": None, "cpus": None}


def test_no_cgroup_and_no_limit(tmp_path: Path) -> None:
    assert hardware.cgroup_limits(tmp_path, tmp_path / "none") == {"memory": None, "cpus": None}


def test_a_healthy_machine_has_no_alert(tmp_path: Path) -> None:
    assert alerts(report(), TRACKED, outputs=tmp_path) == []
    assert obstacles(report(), TRACKED) == []


def test_each_alert(tmp_path: Path) -> None:
    run = tmp_path / "2026-01-01" / "checkpoints" / "last"
    run.mkdir(parents=True)
    with (run / "model.safetensors").open("wb") as file:
        file.truncate(15 * GB)  # sparse: takes no room
    (tmp_path / "2026-01-01" / "metrics.jsonl").write_text("{}\n")
    assert checkpoint_bytes(tmp_path) == 15 * GB
    found = report(cuda_available=False, devices=[], seen_by_driver=0)
    found["packages"] |= {"tensorflow": "2.20"}
    cfg = SimpleNamespace(
        seed=None, training=SimpleNamespace(deterministic=True), tracking={"trackers": []}
    )
    said = alerts(found, cfg, memory_estimate=20 * GB, shared_samples=3, outputs=tmp_path)
    expected = [
        "No GPU detected. Training will run on CPU and be significantly slower.",
        "Model (~20.0 GB) may not fit in memory (~16.0 GB). Consider reducing batch size or "
        "enabling gradient checkpointing.",
        "No random seeds set. Results will not be reproducible. Add seed setting?",
        "WARNING: Test data IDs found in training set. This will invalidate your results.",
        "Both PyTorch and TensorFlow detected. Which is the primary framework for this project?",
        "Enabling deterministic mode for reproducibility. Note: This may slow training by ~10%.",
        f"Found 15GB of checkpoints in {tmp_path}/. Clean up old checkpoints?",
        "No experiment tracking detected. Set up W&B or MLflow for proper logging?",
    ]
    assert len(said) == len(expected)
    for line, start in zip(said, expected, strict=True):
        assert line.startswith(start)


def test_the_smallest_gpu_decides(tmp_path: Path) -> None:
    fits = alerts(report(), TRACKED, memory_estimate=7 * GB, outputs=tmp_path)
    (said,) = alerts(report(), TRACKED, memory_estimate=9 * GB, outputs=tmp_path)
    assert fits == []
    assert said.startswith("Model (~9.0 GB) may not fit in GPU (~8.0 GB).")


def test_a_cpu_build_beside_a_gpu_is_explained(tmp_path: Path) -> None:
    found = report(cuda_available=False, devices=[], seen_by_driver=1)
    (said,) = alerts(found, TRACKED, outputs=tmp_path)
    assert "install a CUDA build" in said


def test_what_makes_training_impossible() -> None:
    found = report()
    found["packages"]["safetensors"] = None
    found["disk"] |= {"free": 10**6, "writable": False}
    missing, unwritable, full = obstacles(found, TRACKED)
    assert "safetensors" in missing
    assert "cannot be written" in unwritable
    assert "full" in full


def test_a_tracker_that_is_not_installed_is_an_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    cfg = SimpleNamespace(tracking={"trackers": [{"_target_": "p.tracking.wandb.WandbTracker"}]})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (said,) = obstacles(report(), cfg)
    assert "pip install -e '.[wandb]'" in said


def test_doctor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cfg = SimpleNamespace(**{**vars(TRACKED), "run_dir": str(tmp_path / "run")})
    monkeypatch.setattr(system, "_shared_samples", lambda cfg: 2)
    assert system.main(cfg) == 0
    shown = capsys.readouterr().out
    assert "torch" in shown
    assert "Test data IDs found in training set." in shown
    assert "Training can start." in shown
    monkeypatch.setattr(system, "disk_report", lambda path: {**report()["disk"], "free": 0})
    assert system.main(cfg) == 1
    assert "is full" in capsys.readouterr().out


class FakeNvml:
    """Answers like nvidia-ml-py on a machine with one GPU."""

    lost = False

    def nvmlInit(self) -> None:  # noqa: N802
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        return uuid

    def nvmlDeviceGetUtilizationRates(self, handle: str) -> SimpleNamespace:  # noqa: N802
        if self.lost:
            raise RuntimeError("GPU is lost")
        assert handle == "GPU-1234"
        return SimpleNamespace(gpu=87, memory=40)

    def nvmlDeviceGetMemoryInfo(self, handle: str) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(used=3 * 2**30)


def test_gpu_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    properties = SimpleNamespace(uuid="1234")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    sampler = GpuSampler(torch.device("cuda", 0))
    assert sampler.sample() == {"perf/gpu_utilization": 87.0, "perf/gpu_memory_used_gib": 3.0}
    nvml.lost = True
    assert sampler.sample() == {}
    assert sampler.sample() == {}


def test_gpu_sampler_without_gpu_or_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    assert GpuSampler(torch.device("cpu")).sample() == {}
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert GpuSampler(torch.device("cuda", 0)).sample() == {}
