"""A run pays for what it does."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import environment

SLOW = {"libcst", "rich", "ruamel", "yaml", "difflib", "multiprocessing", "cookiecutter", "psutil"}


def imported(tmp_path, *arguments: str) -> set[str]:
    """Return the top-level packages that a run imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mllint", *arguments],
        capture_output=True, text=True, cwd=tmp_path, env=environment(), timeout=120, check=False,
    )  # fmt: skip
    names = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["rules"], ["rule", "MLR001"]])
def test_what_reads_no_code(arguments, tmp_path):
    assert imported(tmp_path, *arguments).isdisjoint(SLOW)


def test_a_run_that_finds_nothing(tmp_path):
    (tmp_path / "mllint.toml").write_text("")
    (tmp_path / "a.py").write_text("import torch\n\nmodel = torch.nn.Linear(2, 1)\n")
    (tmp_path / "b.py").write_text("x = 1  # mllint: ignore\n")
    assert imported(tmp_path, "--no-cache").isdisjoint(SLOW)
    assert imported(tmp_path).isdisjoint(SLOW)
    assert imported(tmp_path).isdisjoint(SLOW)  # from the cache
