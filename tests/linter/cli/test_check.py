"""The command, as its user meets it."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mllint import __version__
from mllint.check import check

from .conftest import environment


def test_clean(run, tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("")
    assert run() == (0, "All clear: 2 files checked.\n", "")
    assert run("a.py") == (0, "All clear: 1 file checked.\n", "")


def test_a_broken_file_is_found_where_it_breaks(run, tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "bad.py").write_text("x = 1\ndef f(:\n    pass\n")
    status, out, _ = run("pkg", "--output-format", "concise")
    first, last = out.splitlines()
    assert status == 1
    assert first.startswith("pkg/bad.py:2:7: MLX002 File not checked, syntax error: ")
    assert last == "Found 1 problem, 1 file checked."


def test_a_notebook_says_cell_and_line(run, tmp_path):
    cells = [
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": "x = 1"},
        {"cell_type": "code", "source": "%matplotlib inline\ny = (1,\n"},
    ]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    status, out, _ = run("--output-format", "concise")
    assert status == 1
    assert out.startswith("n.ipynb:cell 3:")


@pytest.mark.parametrize(
    "content",
    [b"x = '\xe9'\n", b"x = (\n", b"print 'two'\n", b"x = 1\x00\n", b"if x:\npass\n", b"x = 1 +\n"],
)
def test_nothing_broken_is_silently_clean(content, run, tmp_path):
    (tmp_path / "x.py").write_bytes(content)
    status, out, err = run()
    assert status == 1
    assert "x.py:" in out
    assert "MLX002" in out
    assert "Traceback" not in out + err


@pytest.mark.parametrize("content", ["(" * 3000 + "1" + ")" * 3000, "[" * 100_000])
def test_deep_nesting_is_a_finding_and_no_crash(content, run, tmp_path):
    (tmp_path / "x.py").write_text(f"y = 1\nx = {content}\n")
    status, out, _ = run()
    assert status == 1
    assert "x.py:2:" in out
    assert "too many nested parentheses" in out


def test_brackets_in_strings_are_no_nesting(run, tmp_path):
    (tmp_path / "x.py").write_text(f"x = '{'(' * 3000}'\n")
    assert run()[0] == 0


def test_mistakes_give_two(run):
    status, out, err = run("nowhere")
    assert (status, out) == (2, "")
    assert err == "mllint: nowhere: no such file or folder; check the path.\n"
    assert run("--nonsense")[0] == 2


def test_nothing_to_lint_is_said(run):
    assert run() == (0, "", "No Python files or notebooks found.\n")


def test_version_and_help(run):
    assert run("--version")[1] == f"mllint {__version__}\n"
    for arguments in (["--help"], ["-h"]):
        status, out, _ = run(*arguments)
        assert status == 0
        assert "mllint check PATH" in out.replace("\n", " ").replace("  ", " ")
    status, out, _ = run("check", "--help")
    assert status == 0
    for section in ("Rule selection:", "Fixing:", "Output:", "File selection:"):
        assert section in out
    assert "--per-file-ignores" in out
    assert "seeds" in out


def test_check_may_be_left_out(run, tmp_path):
    (tmp_path / "bad.py").write_text("x = (\n")
    assert run("check", "bad.py") == run("bad.py")
    assert run("check") == run() == run("--no-cache")


MISTAKES = [
    (["--selct", "MLR"], "there is no option --selct; did you mean --select?"),
    (["--xyzzy"], "there is no option --xyzzy; `mllint check --help` lists them all."),
    (["--select", "MLR0001"], "--select: no rule has the code or name 'MLR0001'; did you mean"),
    (["--ignore", "unseeded-trainig-run"], "did you mean 'unseeded-training-run'?"),
    (["--extend-select", "?"], "--extend-select: no rule has the code or name '?'; `mllint rules`"),
    (["--output-format", "xml"], "'xml' is not one of 'full', 'concise', 'json'"),
    (["--config", "selekt = []"], "--config: unknown key 'selekt'; did you mean 'select'?"),
    (["--config", "select = ["], "--config: 'select = [' is not a line of TOML"),
    (["--config", "nowhere.toml"], "--config: 'nowhere.toml' is not a file that exists."),
    (["--per-file-ignores", "MLR001"], "--per-file-ignores: 'MLR001' is no pattern and rule"),
    (["--per-file-ignores", "a.py:MLR9999"], "no rule has the code or name 'MLR9999'"),
    (["--jobs", "0"], "0 is not in the range x>=1"),
    (["--output-file", "no/such/folder.txt"], "no/such/folder.txt: it can't be written"),
    (["-", "a.py"], "`-` stands alone"),
    (["--stdin-filename", "a.py", "b.py"], "no other path may be given"),
    (["--coverage", "--fix"], "--coverage changes nothing"),
    (["--coverage", "--output-format", "sarif"], "--coverage can't be written as sarif"),
    (["--statistics", "--output-format", "junit"], "--statistics can't be written as junit"),
    (["--cache-dir", "~nobody-of-this-name/x"], "begins at a home that is not known"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda value: str(value)[:30])
def test_a_mistake_is_one_line_with_what_was_meant(arguments, message, run, tmp_path):
    (tmp_path / "x.py").write_text("x = 1\n")
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("mllint: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_name_of_any_length_is_no_crash(run, tmp_path):
    (tmp_path / "x.py").write_text("x = 1\n")
    rules = ", ".join(['"MLR001"'] * 300)
    assert run("x.py", "--config", f"ignore = [{rules}]")[0] == 0
    status, out, err = run("a" * 5000, "x.py", "--output-format", "concise")
    assert (status, err) == (1, "")
    assert ":1:1: MLX002 File not checked, the file can't be read: File name too long" in out


def test_an_empty_configuration_may_be_asked_for(run, tmp_path):
    (tmp_path / "mllint.toml").write_text('ignore = ["MLX002"]\n')
    (tmp_path / "x.py").write_text("x = (\n")
    assert run()[0] == 0
    assert run("--config", os.devnull)[0] == 1


@pytest.fixture
def defective(monkeypatch):
    """Let one rule break off."""

    def check(self: object, program: object) -> None:
        raise KeyError("lost\nand found")

    monkeypatch.setattr("mllint.rules.reproducibility.unseeded_training_run.UnseededTrainingRun"
                        ".check", check)  # fmt: skip


@pytest.mark.usefixtures("defective")
def test_a_rule_that_breaks_off_leaves_the_others_be(run, tmp_path):
    (tmp_path / "x.py").write_text("x = (\n")
    for _ in range(2):  # and its silence is not kept for the next run
        status, out, err = run("--output-format", "concise")
        assert status == 2
        assert out.startswith("x.py:1:5: MLX002")
        assert err.startswith("mllint: MLR001 could not be checked (KeyError: 'lost\\nand found', ")
        assert err.count("\n") == 1
    assert "Traceback" in run("--verbose")[2]
    assert run("--ignore", "MLR001", "--exit-zero")[0] == 0
    assert run("--exit-zero")[0] == run("--fix")[0] == run("--diff")[0] == 2


@pytest.mark.usefixtures("defective")
def test_who_calls_the_linter_hears_of_a_defect(tmp_path):
    (tmp_path / "x.py").write_text("x = 1\n")
    with pytest.raises(KeyError):
        check([tmp_path], use_cache=False)


def test_whatever_breaks_off_is_one_line(run, monkeypatch):
    def find(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("mllint.project.find_root", find)
    status, out, err = run()
    assert (status, out) == (2, "")
    assert err.startswith("mllint: the run broke off (RecursionError: too deep, project.py:")
    assert err.count("\n") == 1
    assert "Traceback" in run("-v")[2]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [[], ["rules"], ["rule", "MLR001"]], ids=str)
def test_a_full_disk_is_said(arguments, tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mllint", *arguments], cwd=tmp_path, env=environment(),
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.endswith("mllint: the report can't be written: No space left on device.\n")


def test_the_garbage_collector_is_left_as_it_was(run, tmp_path):
    (tmp_path / "x.py").write_text("x = (\n")
    assert gc.isenabled()
    run()
    assert gc.isenabled()


def test_what_python_thinks_of_a_file_is_not_said(process, tmp_path):
    text = "x = 1if y else 3\nz = '\\d' + f'\\d{x}'  # mllint: ignore[MLR001]\n"
    (tmp_path / "a.py").write_text(text)
    (tmp_path / "b.py").write_text(f"{text}w = (\n")
    cells = [{"cell_type": "code", "source": f"!ls\n{text}"}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    done = process("--fix", "--no-cache", "--output-format", "concise")
    assert done.stderr == ""
    assert done.stdout.startswith("b.py:3:5: MLX002")
