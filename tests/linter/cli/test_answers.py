"""A run that was made before is answered from what was kept, and only then."""

from __future__ import annotations

import pytest

from .conftest import TRAINING


@pytest.fixture
def unread(monkeypatch):
    """Refuse to link a program: what is answered then was kept."""

    def refuse() -> None:
        def no_program(*_: object, **__: object) -> None:
            raise AssertionError("checked again")

        monkeypatch.setattr("mllint.check.Program", no_program)

    return refuse


@pytest.fixture
def project(tmp_path):
    (tmp_path / "train.py").write_text(TRAINING)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "model.yaml").write_text("_target_: net.Net\n")
    return tmp_path


FORMATS = ["full", "concise", "json", "sarif", "junit"]


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_question_has_the_same_answer(run, project, unread, form):
    first = run("--output-format", form)
    unread()
    assert first[0] == 1
    assert first[1]
    assert run("--output-format", form) == first


def test_where_the_report_goes_does_not_matter(run, project, unread):
    _, text, _ = run("--output-format", "json")
    unread()
    assert run("--output-format", "json", "--output-file", "report.json", "--jobs", "1")[0] == 1
    assert (project / "report.json").read_text() == text


CHANGES = {
    "a file": lambda folder: (folder / "train.py").write_text("import torch\n"),
    "a new file": lambda folder: (folder / "more.py").write_text(TRAINING),
    "a config": lambda folder: (folder / "conf" / "model.yaml").write_text("_target_: net.Other\n"),
    "the settings": lambda folder: (folder / "mllint.toml").write_text('ignore = ["MLR001"]\n'),
    "the project": lambda folder: (folder / "pyproject.toml").write_text("[project]\n"),
    "a pin": lambda folder: (folder / "requirements.txt").write_text("torch==1.8\n"),
    "what git ignores": lambda folder: (folder / ".gitignore").write_text("train.py\n"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_is_checked_again(run, project, unread, what):
    run()
    CHANGES[what](project)
    fresh = run("--no-cache")
    assert run() == fresh
    unread()
    assert run() == fresh


def test_a_file_that_goes_is_gone(run, project):
    run()
    (project / "train.py").unlink()
    (project / "other.py").write_text("")
    assert run() == (0, "All clear: 1 file checked.\n", "")


@pytest.mark.parametrize("options", [["--select", "MLC"], ["conf"], ["--exit-zero"]])
def test_another_question_is_another(run, project, options):
    run()
    assert run(*options) == run(*options, "--no-cache")


def kept(project):
    return list(project.glob(".mllint_cache/*/answers/*"))


def test_what_is_cut_or_forged_counts_as_none(run, project):
    honest = run()
    (answer,) = kept(project)
    whole = answer.read_bytes()
    for broken in (b"", whole[:-3], whole.replace(b"MLR001", b"MLR002"), b"\xff\xfe", b"x\n7\n"):
        answer.write_bytes(broken)
        assert run() == honest


def test_a_file_that_changes_meanwhile_is_not_answered_for(run, project, monkeypatch):
    from mllint.program.program import Program

    def changing(*arguments: object, **named: object) -> Program:
        program = Program(*arguments, **named)  # type: ignore[arg-type]
        (project / "conf" / "model.yaml").write_text("_target_: net.Late\n")
        return program

    monkeypatch.setattr("mllint.check.Program", changing)
    run()
    assert not kept(project)


def test_old_answers_go(run, project):
    from mllint.cli.answers import KEPT

    for number in range(KEPT + 5):
        (project / "train.py").write_text(f"{TRAINING}# {number}\n")
        run()
    assert len(kept(project)) == KEPT
