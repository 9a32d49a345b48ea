"""What tests of more than one part need."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure, and no database of examples is left in the working directory.
settings.register_profile("repository", deadline=None, database=None)
settings.load_profile("repository")

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that is tested. Never written to."""
    return REPOSITORY


@pytest.fixture(scope="session")
def template_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout's files without what git ignores: cookiecutter copies all of a local template,
    .venv and .git too. Never written to."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    )
    export = tmp_path_factory.mktemp("export") / "ml-template"
    for name in sorted(set(listing.stdout.split("\0")) - {""}):
        source, target = REPOSITORY / name, export / name
        if not source.exists():  # deleted, and not committed so
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        else:
            shutil.copy(source, target)
    return export


@pytest.fixture(scope="session")
def scaffold(repository: Path) -> Callable[..., Path]:
    """Returns a function that writes a project with ``ml-template new`` and returns its folder."""

    def new(folder: Path, **answers: str) -> Path:
        subprocess.run(
            [sys.executable, "-m", "ml_template", "new", str(folder), "--no-input"]
            + [f"{key}={value}" for key, value in answers.items()],
            env=os.environ
            | {"PYTHONPATH": f"{repository / 'generator'}{os.pathsep}{repository / 'linter'}"},
            check=True,
            capture_output=True,
            timeout=120,
        )
        return folder

    return new
