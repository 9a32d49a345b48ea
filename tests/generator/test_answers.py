"""Hostile answers are refused by one sentence or land quoted. Nothing half-written stays."""

from __future__ import annotations

import ast
import json
import keyword
import string
import sys
import tomllib
from pathlib import Path

import pytest
from cookiecutter.utils import create_env_with_context
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ml_template.source import find_template

SOURCE = find_template()
HOOK = SOURCE.load_hook("pre_gen_project")

REFUSED = [
    ("project_name={{ 7*7 }}", "template syntax"),
    ("project_name={% raw %}", "template syntax"),
    ("project_name=", "empty"),
    ("project_name=two\nlines", "line break"),
    ("project_name=" + "x" * 300, "300 characters"),
    ("project_name=🚀", "no letter or digit"),
    ("project_name=☃☃", "no letter or digit"),
    ("project_name=numpy", "numpy-project"),
    ("project_slug=a/b/c", "is a path"),
    ("project_slug=../up/and/away", "is a path"),
    ("project_slug=back\\slash", "is a path"),
    ("project_slug=-rf", "letter or digit at both ends"),
    ("project_slug=my.project", "letters a-z"),
    ("project_slug=naïve", "letters a-z"),
    ("project_slug=NUL", "Windows"),
    ("project_slug=Hydra_Core", "pip"),
    ("package_name=torch", "hides a library"),
    ("package_name=Torch", "hides a library"),
    ("package_name=json", "standard library"),
    ("package_name=class", "keyword"),
    ("package_name=match", "keyword"),
    ("package_name=my-package", "'my_package'"),
    ("package_name=3d", "'project_3d'"),
    ("package_name=tests", "folder of the project"),
    ("package_name=aux", "Windows"),
    ("package_name=données", "letters a-z"),
    ("author_email=a@b.c\nx", "line break"),
    ("author_email=nobody", "e-mail"),
    ("author_name=\u202eevil", "reorders"),
    ("description=bell\x07", "control character"),
]

END_TO_END = {
    "project_name={{ 7*7 }}",
    "project_name=two\nlines",
    "project_name=🚀",
    "project_slug=a/b/c",
    "project_slug=../up/and/away",
    "package_name=torch",
    "author_email=a@b.c\nx",
}


# One for each way through cookiecutter; the function behind them is tested with all.
@pytest.mark.parametrize(
    ("answer", "said"),
    [pair for pair in REFUSED if pair[0][:40] in END_TO_END or "x" * 300 in pair[0]],
    ids=lambda text: ascii(text)[:40],
)
def test_cookiecutter_refuses_and_leaves_nothing(answer, said, template_export, user):
    done = user.cookiecutter(template_export, "--no-input", answer)
    assert done.returncode != 0
    first, *_ = done.stderr.splitlines()
    assert first.startswith("ml-template: nothing was written: ")
    assert said in first
    assert user.leftovers() == []


@pytest.mark.parametrize(("answer", "said"), REFUSED, ids=lambda text: ascii(text)[:40])
def test_the_function_refuses_in_one_sentence(answer, said):
    key, _, value = answer.partition("=")
    questions = {k: v for k, v in SOURCE.questions.items() if k == key}
    answers = {key: value}
    if key == "project_name":
        from ml_template.answers import render_default

        answers["project_slug"] = render_default(SOURCE.questions, "project_slug", answers)
    problem = HOOK.check_answers(answers, {}, questions)
    assert problem is not None
    assert said in problem
    assert "\n" not in problem
    assert problem.endswith(".")


@pytest.mark.parametrize("slug", ["..", ".", "", "x" * 300])
def test_names_that_cookiecutter_stops_at_leave_nothing(slug, template_export, user):
    done = user.cookiecutter(template_export, "--no-input", f"project_slug={slug}")
    assert done.returncode != 0
    assert user.leftovers() == []


def test_an_existing_parent_stays(template_export, user):
    (user.folder / "a").mkdir()
    (user.folder / "a" / "mine.txt").write_text("x")
    done = user.cookiecutter(template_export, "--no-input", "project_slug=a/b/c")
    assert done.returncode != 0
    assert user.leftovers() == ["a", "a/mine.txt"]


def test_a_replay_file_is_checked_too(template_export, user):
    assert user.cookiecutter(template_export, "--no-input", "project_name=demo").returncode == 0
    replay = user.home / ".cookiecutter_replay" / "ml-template.json"
    context = json.loads(replay.read_text())
    for key, value, said in [
        ("package_name", "torch", "hides a library"),
        ("project_kind", "nonsense", "choose from vision"),
        ("description", "{{ 7*7 }}", "template syntax"),
        ("author_name", ["a", "list"], "must be a text"),
    ]:
        hostile = {**context["cookiecutter"], "project_slug": "replayed", key: value}
        replay.write_text(json.dumps({**context, "cookiecutter": hostile}))
        done = user.cookiecutter("--replay", template_export)
        assert done.returncode != 0
        assert said in done.stderr.splitlines()[0]
        assert not (user.folder / "replayed").exists()


def test_cruft_leaves_nothing_after_a_refusal(template_repository, user):
    context = json.dumps({"project_name": "demo", "package_name": "torch"})
    done = user.run(
        sys.executable,
        "-m",
        "cruft",
        "create",
        f"file://{template_repository}",
        "--no-input",
        "--extra-context",
        context,
    )
    assert done.returncode != 0
    assert "hides a library" in done.stderr
    assert user.leftovers() == []


def check_readable(project: Path) -> None:
    """Parse every file of a known format."""
    for path in project.rglob("*"):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if path.suffix == ".py":
            ast.parse(text)
        elif path.suffix == ".toml":
            tomllib.loads(text)
        elif path.suffix in {".yaml", ".yml"}:
            list(YAML(typ="safe").load_all(text))
        elif path.suffix in {".json", ".ipynb"}:
            json.loads(text)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("vision", """O'Brien "Ace" \\ {braces} [x](y) $HOME `id` #1 %d"""),
        ("tabular", "Étude 日本語 🚀 naïve: - yes"),
        ("vision", "</script> <b> & ]]> --- ''' :"),
    ],
)
def test_odd_words_land_quoted(kind, words, template_export, user):
    answers = {
        "project_name": words,
        "project_slug": "demo",
        "package_name": "demo",
        "description": words,
        "author_name": words,
        "project_kind": kind,
        "launcher": "slurm",
    }
    pairs = [f"{key}={value}" for key, value in answers.items()]
    done = user.cookiecutter(template_export, "--no-input", *pairs)
    assert done.returncode == 0, done.stderr
    check_readable(user.folder / "demo")
    project = tomllib.loads((user.folder / "demo" / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["description"] == words
    assert project["project"]["authors"][0]["name"] == words


@given(st.text(max_size=70) | st.text(string.ascii_letters + string.digits + "_", max_size=20))
def test_a_package_that_passes_can_be_imported(name):
    if HOOK.check_answer("package_name", name) is None:
        ast.parse(f"import {name}")
        assert name.isascii()
        assert not keyword.iskeyword(name)
        assert name.lower() not in sys.stdlib_module_names


@given(st.text(max_size=120) | st.text("ab.-_/\\ ~:", max_size=12))
def test_a_slug_that_passes_is_one_new_folder(slug):
    if HOOK.check_answer("project_slug", slug) is None:
        assert Path("parent", slug).parent == Path("parent")
        assert slug.isascii()
        assert not slug.startswith((".", "-"))
        tomllib.loads(f'{slug} = "a"')


@given(st.text(max_size=600), st.sampled_from(["project_name", "description", "author_name"]))
def test_a_text_that_passes_is_one_plain_line(text, key):
    if HOOK.check_answer(key, text) is None:
        assert len(text.splitlines()) <= 1
        assert not any(mark in text for mark in ("{{", "{%", "{#"))
        text.encode("utf-8")


@given(st.dictionaries(st.sampled_from(sorted(SOURCE.questions)), st.text()))
def test_no_answer_becomes_code_in_the_hook(answers):
    text = (SOURCE.root / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
    context = {"cookiecutter": answers}
    rendered = create_env_with_context(context).from_string(text).render(**context)
    tree = ast.parse(rendered)
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in {"_ANSWERS", "_GIVEN"}
    }
    assert json.loads(values["_ANSWERS"]) == answers
    assert json.loads(values["_GIVEN"]) == {}
