"""Every kind of project with each option: it compiles, it is clean, and its own tests pass."""

from __future__ import annotations

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from allpairspy import AllPairs
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).resolve().parents[2]
QUESTIONS = json.loads((REPOSITORY / "cookiecutter.json").read_text())
CHOICES = {
    key: value
    for key, value in QUESTIONS.items()
    if isinstance(value, list) and not key.startswith("_")
}
# These change no code that runs here.
TEXT_ONLY = {"license", "python_version", "ci"}
# GitHub's own expressions are written ${{ … }}; everything else in braces like these is ours.
LEFTOVER = re.compile(r"(?<!\$)\{\{|\{%|\{#|cookiecutter\.(?!readthedocs)")
Answers = dict[str, str]


def each_option_flipped() -> Iterator[Answers]:
    """Yield, for each kind, the defaults, and the defaults with one other choice."""
    for kind in CHOICES["project_kind"]:
        yield {"project_kind": kind}
        for key, choices in CHOICES.items():
            if key != "project_kind":
                for choice in choices[1:]:
                    yield {"project_kind": kind, key: choice}


def pairwise() -> Iterator[Answers]:
    """Yield answers in which every two choices of two questions meet."""
    # The longest list last: so the fewest rows are found.
    tested = sorted(CHOICES.keys() - TEXT_ONLY, key=lambda key: (len(CHOICES[key]), key))
    for row in AllPairs([CHOICES[key] for key in tested]):
        yield dict(zip(tested, row, strict=True))


def name(answers: Answers) -> str:
    return "-".join(answers.values())


@pytest.fixture
def project(
    request: pytest.FixtureRequest, tmp_path: Path, scaffold: Callable[..., Path]
) -> Iterator[Path]:
    # Long and short names in turn: neither may break a line that a formatter then joins or cuts.
    package = "p" if "license" in request.param else f"a_{'long_' * 10}name"
    folder = scaffold(tmp_path / "a-project", package_name=package, **request.param)
    yield folder
    shutil.rmtree(folder)  # dozens of these would fill a small disk


@pytest.mark.parametrize("project", list(each_option_flipped()), ids=name, indirect=True)
def test_is_whole_and_clean(project: Path) -> None:
    folders = [path for path in project.rglob("*") if path.is_dir()]
    files = [path for path in project.rglob("*") if path.is_file()]
    assert not [path for path in folders if not any(path.iterdir())], "empty folders"
    for path in files:
        text = path.read_text(encoding="utf-8")
        if match := LEFTOVER.search(text):
            pytest.fail(f"{path}: {match.group()!r} is left of the template's language")
        assert not path.name.startswith("{"), path
        if path.suffix in (".yaml", ".yml"):
            YAML(typ="safe").load(text)
        elif path.suffix == ".toml":
            tomllib.loads(text)
        elif path.suffix in (".json", ".ipynb"):
            json.loads(text)
    assert compileall.compile_dir(project, quiet=1, legacy=True)
    run(project, "ruff", "check", "--no-cache", ".")
    run(project, "ruff", "format", "--no-cache", "--check", ".")
    assert "All clear" in run(project, "mllint", ".", "--select", "ALL"), "not even a note"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("project", list(pairwise()), ids=name, indirect=True)
def test_its_own_tests_and_types_pass(project: Path, worker_id: str) -> None:
    before = listing(project)
    run(project, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    assert listing(project) == before, "its tests left files behind"
    # One cache for all projects of a worker: torch's types are read once.
    cache = project.parents[1] / f"mypy-{worker_id}"
    run(project, "mypy", "--cache-dir", str(cache))


def run(project: Path, *arguments: str) -> str:
    """Run a module in a project as its owner would; fail with what it printed, or return that."""
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout[-8000:]}{done.stderr[-4000:]}"
    return done.stdout


def listing(project: Path) -> set[str]:
    paths = (path for path in project.rglob("*") if "__pycache__" not in path.parts)
    return {str(path.relative_to(project)) for path in paths}
