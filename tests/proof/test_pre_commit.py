"""The hooks of this repository, as pre-commit itself clones, installs and runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
TRAIN = """import torch
from seeds import fix

fix(3)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
log = open("losses.txt", "w")
for x in torch.load("data.pt", map_location="cpu"):
    loss = model(x).mean()
    loss.backward()
    optimizer.step()
    log.write(f"loss {loss.item()}")
torch.save(model.state_dict(), "model.pt")
"""
SEEDS = "import torch\n\n\ndef fix(seed):\n    torch.manual_seed(seed)\n"
FLAGS = """import torch

torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = True
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> Path:
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=All")
    return folder


class Hooks:
    """A user's repository, and the hooks as they are run on it."""

    def __init__(self, source: Path, home: Path, folder: Path) -> None:
        self.source, self.folder = source, folder
        kept = {key: value for key, value in os.environ.items() if "PYTHON" not in key}
        # Git and pre-commit must find nothing of whoever runs the tests.
        self.environment = {**kept, "PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull}

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text)

    def pre_commit(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", command, *arguments, "--color=never", "--verbose"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    def run(self, hook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a hook as a user's config names it; its environment is kept for the next run."""
        return self.pre_commit("run", hook, *arguments)


@pytest.fixture(scope="module")
def source(template_export, tmp_path_factory):
    """A clone of this repository, with what is not committed."""
    clone = tmp_path_factory.mktemp("source") / "ml-template"
    shutil.copytree(template_export, clone, symlinks=True)
    return commit(clone)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where pre-commit keeps environments: what one test installs, the others find."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def hooks(source, home, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_text("torch\n")
    user = Hooks(source, home, folder)
    user.write(train=TRAIN, seeds=SEEDS, flags=FLAGS)
    entry = {"repo": str(source), "rev": "main", "hooks": [{"id": "mllint"}, {"id": "mllint-fix"}]}
    (folder / ".pre-commit-config.yaml").write_text(json.dumps({"repos": [entry]}))
    commit(folder)
    return user


def test_whoever_wonders_can_try_it(hooks):
    done = hooks.pre_commit("try-repo", str(hooks.source), "mllint", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "flags.py:4" in done.stdout
    assert "MLR010" in done.stdout
    assert "Found 1 problem, 3 files checked." in done.stdout


def test_the_environment_is_light(hooks):
    assert hooks.run("mllint", "--all-files").returncode == 1
    home = Path(hooks.environment["PRE_COMMIT_HOME"])
    installed = {path.name for path in home.glob("repo*/py_env-*/lib/python*/site-packages/*")}
    assert {"mllint", "libcst"} <= installed
    assert installed.isdisjoint({"torch", "numpy", "wandb", "hydra", "omegaconf"})


def test_of_the_files_of_a_commit_the_project_is_known(hooks):
    done = hooks.run("mllint", "--files", "train.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All clear: 1 file checked." in done.stdout
    hooks.write(seeds="def fix(seed):\n    return seed\n")
    done = hooks.run("mllint", "--files", "train.py")
    assert done.returncode == 1
    assert "MLR001" in done.stdout


def test_without_files_nothing_is_run(hooks):
    done = hooks.run("mllint", "--files", "requirements.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(no files to check)" in done.stdout


def test_excluded_files_stay_out_though_they_are_named(hooks):
    (hooks.folder / "mllint.toml").write_text('extend-exclude = ["flags.py"]\n')
    done = hooks.run("mllint", "--files", "flags.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_fixing_mends_and_says_so(hooks):
    done = hooks.run("mllint-fix", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert "benchmark = False" in (hooks.folder / "flags.py").read_text()
    git(hooks.folder, "add", "--all")
    assert hooks.run("mllint-fix", "--all-files").returncode == 0
