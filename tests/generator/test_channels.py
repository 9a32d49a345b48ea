"""Every way to scaffold, with the real tools: each gives the same project."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

PRE_COMMIT = ".pre-commit-config.yaml"  # says where the project came from
CRUFT = (sys.executable, "-m", "cruft")


def test_a_project_has_its_parts(reference):
    assert {"pyproject.toml", "README.md", "src/demo/__init__.py"} <= set(reference)


@pytest.mark.parametrize("form", ["template_zip", "template_without_links", "template_repository"])
def test_local_forms_give_the_same_bytes(form, request, user, reference, read_tree):
    template = request.getfixturevalue(form)
    done = user.cookiecutter(template, "--no-input", "project_name=demo")
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "demo") == reference


def test_a_git_address_gives_the_same_bytes_and_pins_the_linter(
    template_repository, user, reference, read_tree
):
    done = user.cookiecutter(f"git+file://{template_repository}", "--no-input", "project_name=demo")
    assert done.returncode == 0, done.stderr
    made = read_tree(user.folder / "demo", without=(PRE_COMMIT,))
    assert made == {k: v for k, v in reference.items() if k != PRE_COMMIT}
    config = (user.folder / "demo" / PRE_COMMIT).read_text()
    commit = user.git("rev-parse", "HEAD", cwd=template_repository)
    assert f'repo: "file://{template_repository}"' in config
    assert f'rev: "{commit}"' in config


def test_a_checkout_is_pinned_to_its_commit(template_repository, user, tmp_path):
    source = tmp_path / "ml-template"
    user.git("clone", "--quiet", template_repository, source, cwd=tmp_path)
    old = user.git("rev-parse", "HEAD", cwd=source)
    user.git("tag", "v1", cwd=source)
    user.git("commit", "--quiet", "--allow-empty", "--message=Newer", cwd=source)
    done = user.cookiecutter(
        f"git+file://{source}", "--checkout", "v1", "--no-input", "project_name=demo"
    )
    assert done.returncode == 0, done.stderr
    assert f'rev: "{old}"' in (user.folder / "demo" / PRE_COMMIT).read_text()


def test_answers_on_the_command_line(template_export, user):
    answers = ["project_name=Tab Two", "package_name=tabtwo", "project_kind=tabular", "notebook=no"]
    done = user.cookiecutter(template_export, "--no-input", *answers)
    assert done.returncode == 0, done.stderr
    assert (user.folder / "tab-two" / "src" / "tabtwo" / "__init__.py").is_file()
    assert not (user.folder / "tab-two" / "notebooks" / "exploration.ipynb").exists()


def test_answers_at_the_prompts(template_export, user, reference, read_tree):
    questions = json.loads((template_export / "cookiecutter.json").read_text())
    count = sum(not key.startswith("_") for key in questions)
    done = user.cookiecutter(template_export, stdin="demo\n" + "\n" * (count - 1))
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "demo") == reference
    assert "Tracker" in done.stdout or "tracker" in done.stdout


def test_replay_gives_the_same_bytes(template_export, user, read_tree):
    assert user.cookiecutter(template_export, "--no-input", "project_name=demo").returncode == 0
    first = read_tree(user.folder / "demo")
    shutil.rmtree(user.folder / "demo")
    done = user.cookiecutter("--replay", template_export)
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "demo") == first


@pytest.mark.parametrize("form", ["template_export", "template_repository"])
def test_without_hooks_the_files_are_the_same(form, request, user, reference, read_tree):
    """Where the link is a link. Answers are not checked then, and no commit is known."""
    template = request.getfixturevalue(form)
    arguments = ("--accept-hooks", "no", "--no-input", "project_name=demo")
    done = user.cookiecutter(template, *arguments)
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "demo") == reference


def test_without_hooks_an_address_still_names_the_linter(template_repository, user):
    done = user.cookiecutter(
        f"git+file://{template_repository}",
        "--accept-hooks",
        "no",
        "--no-input",
        "project_name=demo",
    )
    assert done.returncode == 0, done.stderr
    config = (user.folder / "demo" / PRE_COMMIT).read_text()
    assert f'repo: "file://{template_repository}"\n    rev: "HEAD"' in config


def test_cruft_creates_the_same_bytes(template_repository, user, reference, read_tree):
    context = '{"project_name": "demo"}'
    done = user.run(
        *CRUFT,
        "create",
        f"file://{template_repository}",
        "--no-input",
        "--extra-context",
        context,
    )
    assert done.returncode == 0, done.stderr
    made = read_tree(user.folder / "demo", without=(PRE_COMMIT, ".cruft.json"))
    assert made == {k: v for k, v in reference.items() if k != PRE_COMMIT}


def test_cruft_updates_and_keeps_the_users_edits(template_repository, user, tmp_path):
    source = tmp_path / "ml-template"
    user.git("clone", "--quiet", template_repository, source, cwd=tmp_path)
    done = user.run(
        *CRUFT, "create", source, "--no-input", "--extra-context", '{"project_name": "demo"}'
    )
    assert done.returncode == 0, done.stderr
    project = user.folder / "demo"
    readme = project / "README.md"
    readme.write_text(readme.read_text() + "\nA line of the user's.\n")
    user.git("init", "--quiet", cwd=project)
    user.git("add", "--all", cwd=project)
    user.git("commit", "--quiet", "--message=Start", cwd=project)

    (source / "template" / "NEW.md").write_text("From {{ cookiecutter.project_name }}.\n")
    user.git("add", "--all", cwd=source)
    user.git("commit", "--quiet", "--message=Newer template", cwd=source)
    done = user.run(*CRUFT, "update", "--skip-apply-ask", cwd=project)
    assert done.returncode == 0, done.stderr
    assert (project / "NEW.md").read_text() == "From demo.\n"
    assert readme.read_text().endswith("\nA line of the user's.\n")
    state = json.loads((project / ".cruft.json").read_text())
    assert state["commit"] == user.git("rev-parse", "HEAD", cwd=source)


@pytest.mark.parametrize("form", ["template_export", "template_zip"])
def test_no_path_of_this_machine_lands_in_a_project(form, request, user, read_tree):
    template = request.getfixturevalue(form)
    assert user.cookiecutter(template, "--no-input", "project_name=demo").returncode == 0
    places = {str(user.folder), str(user.home), str(template.parent)}
    for name, content in read_tree(user.folder / "demo").items():
        for place in places:
            assert place.encode() not in content, f"{name} holds {place}"
