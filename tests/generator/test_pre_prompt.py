"""The hook that prepares cookiecutter's copy of the template: useful, and never in the way."""

from __future__ import annotations

import json
import shutil
import sys
import time

import pytest

LINK = "{{cookiecutter.project_slug}}"


@pytest.fixture
def copy(repository, tmp_path):
    """A small template, as cookiecutter hands it to the hook."""
    root = tmp_path / "copy"
    (root / "template").mkdir(parents=True)
    (root / "template" / "README.md").write_text("x")
    shutil.copy(repository / "cookiecutter.json", root)
    return root


def run_hook(user, repository, copy, **environment):
    done = user.run(
        sys.executable,
        repository / "hooks" / "pre_prompt.py",
        cwd=copy,
        environment={"ML_TEMPLATE_DETECT": "", **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads((copy / "cookiecutter.json").read_text(encoding="utf-8"))


def test_a_text_file_becomes_the_folder(user, repository, copy):
    (copy / LINK).write_text("template")
    run_hook(user, repository, copy)
    assert (copy / LINK / "README.md").read_text() == "x"


def test_a_missing_or_dangling_link_becomes_the_folder(user, repository, copy):
    (copy / LINK).symlink_to("elsewhere")
    run_hook(user, repository, copy)
    assert (copy / LINK / "README.md").read_text() == "x"


def test_a_folder_stays(user, repository, copy):
    (copy / LINK).mkdir()
    run_hook(user, repository, copy)
    assert not any((copy / LINK).iterdir())
    assert (copy / "template").is_dir()


def test_the_author_and_python_are_found(user, repository, copy):
    user.git("config", "--global", "user.name", 'Ada "Countess" Lovelace', cwd=copy)
    user.git("config", "--global", "user.email", "ada@example.com", cwd=copy)
    questions = run_hook(user, repository, copy)
    assert questions["author_name"] == 'Ada "Countess" Lovelace'
    assert questions["author_email"] == "ada@example.com"
    assert questions["python_version"][0] == f"3.{sys.version_info.minor}"
    assert sorted(questions["python_version"]) == ["3.11", "3.12", "3.13"]
    assert questions["_commit"] == ""


def test_a_name_with_template_syntax_is_passed_over(user, repository, copy):
    user.git("config", "--global", "user.name", "{{ 7*7 }}", cwd=copy)
    assert run_hook(user, repository, copy)["author_name"] == "Your Name"


def test_off_and_fed(user, repository, copy):
    before = json.loads((repository / "cookiecutter.json").read_text())
    assert run_hook(user, repository, copy, ML_TEMPLATE_DETECT="off") == before
    fed = {"python_version": "3.13", "tracker": "abacus", "nonsense": "x", "_commit": "y"}
    questions = run_hook(user, repository, copy, ML_TEMPLATE_DETECT=json.dumps(fed))
    assert questions == {**before, "python_version": ["3.13", "3.11", "3.12"]}


def test_garbage_changes_nothing(user, repository, copy):
    before = json.loads((repository / "cookiecutter.json").read_text())
    assert run_hook(user, repository, copy, ML_TEMPLATE_DETECT="{not json") == before
    (copy / "cookiecutter.json").write_text("{broken")
    done = user.run(sys.executable, repository / "hooks" / "pre_prompt.py", cwd=copy)
    assert done.returncode == 0


def test_a_git_that_hangs_costs_two_seconds(user, repository, copy, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tools / "git").chmod(0o755)
    (copy / ".git").mkdir()
    start = time.monotonic()
    path = f"{tools}:{user.environment['PATH']}"
    questions = run_hook(user, repository, copy, PATH=path)
    assert time.monotonic() - start < 60
    assert questions["author_name"] == "Your Name"


def test_no_git_at_all(user, repository, copy, tmp_path):
    (copy / ".git").mkdir()
    questions = run_hook(user, repository, copy, PATH=str(tmp_path))
    assert questions["author_name"] == "Your Name"
    assert questions["_commit"] == ""


def test_a_repository_around_the_copy_is_not_asked(user, repository, copy, tmp_path):
    user.git("init", "--quiet", cwd=tmp_path)
    user.git("commit", "--quiet", "--allow-empty", "--message=x", cwd=tmp_path)
    assert run_hook(user, repository, copy)["_commit"] == ""
