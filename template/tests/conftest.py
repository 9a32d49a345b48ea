"""What every test starts from: few threads, no network, no display, a scratch folder."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# Set before torch and the trackers are imported: they read these once. Two cores are shared by
# pytest's workers; sums over other numbers of threads also differ in the last bit.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"
# What hypothesis remembers of one session is of no use to the next.
HYPOTHESIS_FOLDER = tempfile.TemporaryDirectory(prefix="hypothesis-")
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = HYPOTHESIS_FOLDER.name
# The tests start processes, torchrun's too, which must find the package as pytest does.
PROJECT = Path(__file__).resolve().parents[1]
os.environ["PYTHONPATH"] = os.pathsep.join(
    path for path in (str(PROJECT / "src"), os.environ.get("PYTHONPATH")) if path
)
# A run started by a test is no part of the job that the tests may run in.
for name in ("SLURM_JOB_ID", "TORCHELASTIC_RUN_ID", "RANK", "LOCAL_RANK", "WORLD_SIZE"):
    os.environ.pop(name, None)

import pytest  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the root of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def package() -> str:
    """Return the name of the project's package."""
    return "{{ cookiecutter.package_name }}"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change into an empty folder, so that outputs/ and wandb/ land there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_command(scratch: Path, package: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs `python -m <package> …` in the scratch folder."""

    def run(*arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", package, *arguments]
        return subprocess.run(
            command, cwd=scratch, capture_output=True, text=True, timeout=timeout_s, check=False
        )

    return run
