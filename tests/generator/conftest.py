"""A user with a home of their own, and the template in every form that it can be had in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

Tree = dict[str, bytes]


@dataclass
class User:
    """Runs commands as somebody with an empty home, in an empty folder, without a network."""

    home: Path
    folder: Path
    environment: dict[str, str]

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        stdin: str = "",
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the user's folder."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd or self.folder,
            env={**self.environment, **(environment or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def cookiecutter(
        self, *arguments: str | Path, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run ``cookiecutter``."""
        return self.run(sys.executable, "-m", "cookiecutter", *arguments, **options)  # type: ignore[arg-type]

    def ml_template(
        self, *arguments: str | Path, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run ``ml-template`` from the exported files."""
        return self.run(sys.executable, "-m", "ml_template", *arguments, **options)  # type: ignore[arg-type]

    def git(self, *arguments: str | Path, cwd: Path) -> str:
        """Run git, and return what it prints."""
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        done = self.run("git", *identity, *arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def leftovers(self) -> list[str]:
        """What stands in the user's folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))


def make_user(root: Path, code: Path) -> User:
    home, folder, temporary = root / "home", root / "work", root / "tmp"
    for path in (home, folder, temporary):
        path.mkdir()
    nowhere = "http://127.0.0.1:9"
    kept = {"PATH", "SYSTEMROOT", "LANG", "LC_ALL"}
    environment = {name: value for name, value in os.environ.items() if name in kept}
    environment |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "TMPDIR": str(temporary),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(root),
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        "ML_TEMPLATE_DETECT": "off",
        "PYTHONPATH": f"{code / 'generator'}{os.pathsep}{code / 'linter'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    return User(home, folder, environment)


@pytest.fixture
def user(tmp_path: Path, template_export: Path) -> User:
    """Somebody with an empty home."""
    return make_user(tmp_path, template_export)


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory, template_export: Path) -> User:
    """Makes what tests share."""
    return make_user(tmp_path_factory.mktemp("builder"), template_export)


@pytest.fixture(scope="session")
def read_tree() -> Callable[..., Tree]:
    """Returns the bytes of all files below a folder, by path."""

    def read(folder: Path, without: tuple[str, ...] = ()) -> Tree:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
            and path.relative_to(folder).parts[0] != ".git"
            and path.relative_to(folder).as_posix() not in without
        }

    return read


@pytest.fixture(scope="session")
def template_repository(builder: User, template_export: Path) -> Path:
    """The template as a git repository with one commit. Never written to."""
    clone = builder.folder / "ml-template"
    builder.run("cp", "-a", template_export, clone)
    builder.git("init", "--quiet", "--initial-branch=main", cwd=clone)
    builder.git("add", "--all", cwd=clone)
    builder.git("commit", "--quiet", "--message=Template", cwd=clone)
    return clone


@pytest.fixture(scope="session")
def template_zip(builder: User, template_repository: Path) -> Path:
    """The template as an archive, as GitHub makes them: the link has become a text file in it."""
    archive = builder.folder / "ml-template-main.zip"
    builder.git(
        "archive",
        "--prefix=ml-template-main/",
        f"--output={archive}",
        "HEAD",
        cwd=template_repository,
    )
    return archive


@pytest.fixture(scope="session")
def template_without_links(builder: User, template_repository: Path) -> Path:
    """A clone as Windows makes them: the link is a text file."""
    clone = builder.folder / "windows" / "ml-template"
    clone.parent.mkdir()
    builder.git(
        "-c",
        "core.symlinks=false",
        "clone",
        "--quiet",
        template_repository,
        clone,
        cwd=builder.folder,
    )
    assert not (clone / "{{cookiecutter.project_slug}}").is_dir()
    return clone


@pytest.fixture(scope="session")
def reference(builder: User, template_export: Path, read_tree: Callable[..., Tree]) -> Tree:
    """What plain cookiecutter makes of a local folder for ``project_name=demo``."""
    done = builder.cookiecutter(template_export, "--no-input", "project_name=demo")
    assert done.returncode == 0, done.stderr
    return read_tree(builder.folder / "demo")
