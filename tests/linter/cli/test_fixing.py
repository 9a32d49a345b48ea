"""``--fix`` and what belongs to it: files are changed when that is asked for, and only then."""

from __future__ import annotations

import json
import stat

import pytest

from .conftest import UNUSED

FIXED = "x = 1\n"


@pytest.fixture(autouse=True)
def files(tmp_path):
    (tmp_path / "a.py").write_text(UNUSED)
    (tmp_path / "b.py").write_text("y = 2\n")


def test_nothing_is_changed_unasked(run, tmp_path):
    status, out, _ = run("--output-format", "concise")
    assert status == 1
    assert "a.py:1:8: MLX001 [*] This comment suppresses nothing" in out
    assert "[*] 1 fixable with the `--fix` option." in out
    assert (tmp_path / "a.py").read_text() == UNUSED


def test_fix(run, tmp_path):
    (tmp_path / "a.py").chmod(0o640)
    status, out, _ = run("--fix")
    assert (status, out) == (0, "Found 1 problem (1 fixed, 0 remaining), 2 files checked.\n")
    assert (tmp_path / "a.py").read_text() == FIXED
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == 0o640
    assert run("--fix")[1] == "All clear: 2 files checked.\n"


def test_what_is_left_is_reported(run, tmp_path):
    (tmp_path / "b.py").write_text("y = (\n")
    status, out, _ = run("--fix", "--output-format", "concise")
    assert status == 1
    assert out.startswith("b.py:1:5: MLX002")
    assert "Found 2 problems (1 fixed, 1 remaining), 2 files checked." in out
    assert run("--fix", "--exit-zero")[0] == 0


def test_show_fixes(run):
    _, out, _ = run("--fix", "--show-fixes")
    assert out.startswith("Fixed 1 problem:\n- a.py:\n    1 x MLX001 (unused-suppression)\n")


def test_exit_non_zero_on_fix(run):
    assert run("--fix", "--exit-non-zero-on-fix")[0] == 1
    assert run("--fix", "--exit-non-zero-on-fix")[0] == 0


def test_diff(run, tmp_path):
    status, out, err = run("--diff")
    assert status == 1
    assert out.splitlines() == ["--- a.py", "+++ a.py", "@@ -1 +1 @@", f"-{UNUSED}"[:-1], "+x = 1"]
    assert err == "Would fix 1 problem.\n"
    assert (tmp_path / "a.py").read_text() == UNUSED
    assert run("--diff", "--exit-zero")[0] == 0
    assert run("b.py", "--diff") == (0, "", "Nothing to fix.\n")


def test_a_file_that_can_not_be_written_is_said(run, tmp_path, monkeypatch):
    (tmp_path / "a.py").chmod(0o400)
    # As a user without rights; the super-user may write all.
    monkeypatch.setattr("os.access", lambda *_: False)
    status, out, err = run("--fix", "--output-format", "concise")
    assert status == 2
    assert err.startswith("mllint: a.py: not fixed")
    assert out.startswith("a.py:1:8: MLX001 [*]")
    assert "Found 1 problem, 2 files checked." in out
    assert (tmp_path / "a.py").read_text() == UNUSED


def test_standard_input(process, tmp_path):
    done = process("-", text=UNUSED)
    assert (done.returncode, done.stderr) == (1, "")
    assert "--> -:1:8" in done.stdout
    done = process("--stdin-filename", "a/new.py", "--output-format", "json", text=UNUSED)
    (finding,) = json.loads(done.stdout)
    assert finding["filename"] == str(tmp_path / "a" / "new.py")
    done = process("-", "--stdin-filename", "a.py", "--fix", text=UNUSED)
    assert (done.returncode, done.stdout) == (0, FIXED)
    assert "1 fixed" in done.stderr
    assert (tmp_path / "a.py").read_text() == UNUSED
    done = process("-", "--diff", text=UNUSED)
    assert "+x = 1" in done.stdout
    assert process("-", "--fix", text=FIXED).stdout == FIXED


def test_standard_input_stands_for_the_file_of_its_name(process, tmp_path):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "train.py").write_text("import seeds, torch\ntorch.optim.SGD([]).step()\n")
    text = "import torch\n\ndef fix():\n    torch.manual_seed(0)\n\nx = (1\n"
    done = process("-", "--stdin-filename", "seeds.py", "--output-format", "concise", text=text)
    assert done.stdout.startswith("seeds.py:6:5: MLX002")


def test_a_notebook_on_standard_input(process):
    cells = [{"cell_type": "code", "source": ["x = 1\n", "# mllint: ignore[MLC001]"]}]
    text = json.dumps({"cells": cells})
    done = process("--stdin-filename", "n.ipynb", "--output-format", "concise", text=text)
    assert done.stdout.startswith("n.ipynb:cell 1:2:1: MLX001")
    done = process("--stdin-filename", "n.ipynb", "--fix", text=text)
    assert json.loads(done.stdout)["cells"][0]["source"] == ["x = 1"]
