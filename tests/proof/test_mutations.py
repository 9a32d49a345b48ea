"""Each rule, shown by breaking a generated project in one place: that is found, and nothing else.

What is broken, and how, is in mutations.toml; files in additions/ stand for what a project's owner
adds and the template has no place for, such as a comparison with scikit-learn.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mllint.check import check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings
from mllint.finding import Finding
from mllint.rules import all_rules

HERE = Path(__file__).parent
MUTATIONS: list[dict[str, Any]] = tomllib.loads((HERE / "mutations.toml").read_text())["mutation"]
KINDS = ("vision", "tabular")


@pytest.fixture(scope="session")
def generated(scaffold: Callable[..., Path], tmp_path_factory) -> dict[str, Path]:
    """A project of each kind. Never written to."""
    root = tmp_path_factory.mktemp("generated")
    return {kind: scaffold(root / kind, project_kind=kind, package_name="lab") for kind in KINDS}


@pytest.fixture(scope="session")
def facts(tmp_path_factory) -> Path:
    """The linter's cache: what no mutation touches is read once."""
    return tmp_path_factory.mktemp("facts")


@pytest.fixture
def lint(generated, facts, tmp_path):
    """Returns a function that lints a copy of a project with additions and edits."""

    def run(kind: str, additions: list[str], edits: list[dict[str, str]]) -> list[Finding]:
        folder = tmp_path / "project"
        shutil.copytree(generated[kind], folder)
        for name in additions:
            shutil.copy(HERE / "additions" / name, folder / "scripts" / name)
        for edit in edits:
            path = folder / edit["file"]
            text = path.read_text()
            assert text.count(edit["old"]) == 1, f"{edit['file']}: not once there: {edit['old']}"
            path.write_text(text.replace(edit["old"], edit["new"]))
        settings = make_settings(folder, Layer(folder, {"select": ["ALL"]}))
        return check([folder], facts, settings=settings, jobs=1).findings

    return run


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: f"{each['code']} {each['what']}")
def test_what_is_broken_is_found_and_nothing_else(mutation, lint, tmp_path):
    found = lint(mutation["kind"], mutation.get("add", []), mutation["edits"])
    where = [(each.code, each.path.relative_to(tmp_path / "project").as_posix()) for each in found]
    assert where == [(mutation["code"], mutation["in"])], [each.message for each in found]
    if found[0].cell == 0:
        line = found[0].path.read_text().splitlines()[found[0].line - 1]
        assert mutation["at"] in line


@pytest.mark.parametrize("kind", KINDS)
def test_with_all_additions_nothing_is_found(kind, lint):
    additions = sorted(path.name for path in (HERE / "additions").glob("*.py"))
    assert [(each.code, each.path.name, each.message) for each in lint(kind, additions, [])] == []


def test_no_rule_is_forgotten():
    assert {each["code"] for each in MUTATIONS} == {rule.code for rule in all_rules()}
