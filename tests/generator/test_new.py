"""``ml-template new``: the same bytes as cookiecutter, and better manners."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

DEMO = ("project_name=demo", "--no-input")


def test_same_bytes_as_cookiecutter(user, reference, read_tree):
    done = user.ml_template("new", *DEMO)
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "demo") == reference


def test_same_bytes_for_other_answers(user, template_export, read_tree):
    answers = ["project_name=Tab 2", "project_kind=tabular", "tracker=none", "launcher=slurm"]
    answers += ["ci=none", "agent_docs=no", "notebook=no", "license=Proprietary"]
    assert user.cookiecutter(template_export, "--no-input", *answers).returncode == 0
    done = user.ml_template("new", "elsewhere/deep", *answers, "--no-input")
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "elsewhere" / "deep") == read_tree(user.folder / "tab-2")


def test_same_bytes_at_the_prompts(user, reference, read_tree, template_export):
    questions = json.loads((template_export / "cookiecutter.json").read_text())
    count = sum(not key.startswith("_") for key in questions)
    done = user.ml_template("new", stdin="demo\n" + "\n" * (count - 1))
    assert done.returncode == 0, done.stderr
    assert read_tree(user.folder / "demo") == reference
    assert f" 1/{count}" in done.stdout


def test_prompts_ask_again_and_take_numbers_and_names(user):
    answers = ["../x", "ok-name", "torch", "ok_name", "", "", "no mail", "a@b.org", "9", "bsd", ""]
    answers += ["2", "tensor", "", "", "", ""]
    done = user.ml_template("new", "project_name=Fine", stdin="\n".join(answers) + "\n")
    assert done.returncode == 0, done.stderr + done.stdout
    for said in ("is a path", "hides a library", "no e-mail address", "Choose 1 to 4"):
        assert said in done.stdout
    project = (user.folder / "ok-name" / "pyproject.toml").read_text()
    assert '"BSD-3-Clause"' in project
    assert (user.folder / "ok-name" / "src" / "ok_name").is_dir()


def test_the_folder_names_the_project(user):
    done = user.ml_template("new", "churn-model", "--no-input")
    assert done.returncode == 0, done.stderr
    assert 'name = "churn-model"' in (user.folder / "churn-model" / "pyproject.toml").read_text()
    assert "Churn Model" in (user.folder / "churn-model" / "README.md").read_text()


def test_an_empty_folder_is_filled_in_place(user, reference, read_tree):
    empty = user.folder / "empty"
    empty.mkdir()
    inode = empty.stat().st_ino
    done = user.ml_template("new", ".", *DEMO, cwd=empty)
    assert done.returncode == 0, done.stderr
    assert empty.stat().st_ino == inode
    assert read_tree(empty) == reference


def test_it_ends_with_three_commands(user):
    lines = user.ml_template("new", "a b", *DEMO).stdout.splitlines()
    commands = lines[lines.index("Next:") + 1 :]
    assert [line.split("  ")[1] for line in commands] == ["cd 'a b'", "make train", "make evaluate"]


def test_the_machine_is_shown_with_its_alerts(user):
    done = user.ml_template("new", *DEMO, environment={"ML_TEMPLATE_DETECT": ""})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("This machine: ")


def test_cookiecutters_own_configuration_counts(user):
    (user.home / ".cookiecutterrc").write_text(
        "default_context:\n  author_name: Ada\n  license: Apache-2.0\n  tracker: abacus\n"
    )
    done = user.ml_template("new", *DEMO)
    assert done.returncode == 0, done.stderr
    project = (user.folder / "demo" / "pyproject.toml").read_text()
    assert '"Ada"' in project
    assert '"Apache-2.0"' in project


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trakcer=none"], "did you mean 'tracker'?"),
        (["zzzz=1"], "choose from project_name"),
        (["_template=x"], "no question is called '_template'"),
        (["tracker=wandbb"], "did you mean 'wandb'?"),
        (["tracker=none", "tracker=wandb"], "given twice"),
        (["package_name=torch"], "hides a library"),
        (["project_name={{ 7*7 }}"], "template syntax"),
        (["a", "b"], "one folder at a time"),
        ([""], "empty"),
        (["torch"], "pip would take one"),
        (["{{x}}", "project_name=demo"], "template syntax"),
    ],
)
def test_mistakes_are_one_sentence(arguments, said, user):
    done = user.ml_template("new", *arguments, "--no-input")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.startswith("ml-template: ")
    assert len(done.stderr.splitlines()) == 1
    assert user.leftovers() == []


def test_a_folder_with_something_in_it_is_never_written_into(user):
    folder = user.folder / "full"
    folder.mkdir()
    (folder / "mine.txt").write_text("x")
    (user.folder / "file").write_text("x")
    (user.folder / "demo").mkdir()
    (user.folder / "demo" / ".hidden").write_text("x")
    before = user.leftovers()
    for arguments in (["full", *DEMO], ["file", *DEMO], ["file/below", *DEMO], [*DEMO]):
        done = user.ml_template("new", *arguments)
        assert done.returncode == 2, arguments
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert user.leftovers() == before


def test_no_more_input_is_one_sentence(user):
    done = user.ml_template("new")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("add --no-input to take the defaults.")
    assert user.leftovers() == []


def start_new(user, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "ml_template", "new", *arguments],
        cwd=user.folder,
        env=user.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["asking", "rendering"])
def test_stopping_leaves_nothing(sent, moment, user):
    process = start_new(user, "deep/demo", *(DEMO if moment == "rendering" else ()))
    if moment == "asking":
        assert process.stdout is not None
        process.stdout.readline()
    else:
        deadline = time.monotonic() + 30
        while not any(user.folder.glob(".ml-template-*")) and time.monotonic() < deadline:
            time.sleep(0.001)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == "ml-template: stopped; nothing was written."
    assert user.leftovers() == []


def test_a_full_or_forbidden_disk_is_one_sentence(monkeypatch, tmp_path):
    from ml_template import rendering
    from ml_template.errors import UserError
    from ml_template.source import TemplateSource, find_template

    def fail(self, folder):
        folder.mkdir()
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(TemplateSource, "copy_to", fail)
    with pytest.raises(UserError, match="No space left on device"):
        rendering.render_project(find_template(), {}, tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_question_and_choice(user, template_export):
    text = user.ml_template("new", "--help").stdout
    for key, question in json.loads((template_export / "cookiecutter.json").read_text()).items():
        if not key.startswith("_"):
            assert key in text
            for choice in question if isinstance(question, list) else []:
                assert choice in text
    assert "\b" not in text


def test_help_and_version_answer_at_once(user):
    assert "detect" in user.ml_template("--help").stdout
    assert user.ml_template("--version").stdout.startswith("ml-template 0.")
    slow = "import sys, ml_template.cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = user.run(sys.executable, "-c", slow).stdout
    for heavy in ("cookiecutter", "jinja2", "rich", "requests", "libcst", "yaml", "psutil"):
        assert f"'{heavy}'" not in loaded


def test_detect_writes_json(user):
    done = user.ml_template("detect", "--json")
    assert done.returncode == 0, done.stderr
    assert "gpus" in json.loads(done.stdout)
