"""The command, as its user meets it."""

from __future__ import annotations

import gc
import json

import pytest

from mllint import __version__
from mllint.cli import main


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run mllint in a folder of its own: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mllint", *arguments])
        status = main()
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


def test_clean(run, tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("")
    assert run() == (0, "All clear: 2 files checked.\n", "")
    assert run("a.py") == (0, "All clear: 1 file checked.\n", "")


def test_a_broken_file_is_found_where_it_breaks(run, tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "bad.py").write_text("x = 1\ndef f(:\n    pass\n")
    status, out, _ = run("pkg")
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
    status, out, _ = run()
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


def test_version_and_honest_help(run):
    assert run("--version")[1] == f"mllint {__version__}\n"
    _, out, _ = run("--help")
    assert "MLX002" in out
    assert "not in it yet" in out


def test_the_garbage_collector_is_left_as_it_was(run, tmp_path):
    (tmp_path / "x.py").write_text("x = (\n")
    assert gc.isenabled()
    run()
    assert gc.isenabled()
