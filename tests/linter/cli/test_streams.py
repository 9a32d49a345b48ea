"""Where the report goes: a closed stream, a reader that has enough."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import TRAINING, environment


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which ``mllint`` is the command, on a file with a finding."""
    (folder / "mllint.toml").write_text("")
    (folder / "train.py").write_text(TRAINING)
    command = line.replace("mllint", f"{sys.executable} -m mllint . --no-cache")
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")


def test_closed_output_leaves_the_status(tmp_path):
    ended = shell("mllint >&-", tmp_path)

    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


def test_reader_that_has_enough_hears_no_complaint(tmp_path):
    ended = shell("mllint | head -n 1", tmp_path)

    assert ended.stderr == ""
    assert ended.stdout.startswith("warning[")


def test_what_is_written_is_there_when_the_process_has_ended(tmp_path):
    ended = shell("mllint --output-format concise > report.txt", tmp_path)

    assert ended.returncode == 1
    assert (tmp_path / "report.txt").read_text().startswith("train.py:")
