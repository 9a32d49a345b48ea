"""The command, run in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mllint.cli import main

Run = Callable[..., tuple[int, str, str]]
LINTER = Path(__file__).parents[3] / "linter"

TRAINING = """import torch

optimizer = torch.optim.SGD([], lr=0.1)
for x in data:
    optimizer.step()
torch.save(optimizer, "o.pt")
"""
UNUSED = "x = 1  # mllint: ignore[MLR001] gone\n"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path) -> Run:
    """Run mllint in this process: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "mllint.toml").write_text("")  # the project ends here, wherever the tests run

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mllint", *arguments])
        status = main()
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


@pytest.fixture
def found(run) -> Callable[..., list[str]]:
    """Run mllint and return the codes of what it found, in order."""

    def command(*arguments: str) -> list[str]:
        status, out, err = run(*arguments, "--output-format", "json")
        assert status < 2, err
        return [finding["code"] for finding in json.loads(out)]

    return command


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process of its own."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    return {**kept, "PYTHONPATH": str(LINTER), **more}


@pytest.fixture
def process(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run mllint as a process of its own."""

    def command(*arguments: str, text: str | None = None, **more: str):
        return subprocess.run(
            [sys.executable, "-m", "mllint", *arguments],
            input=text, capture_output=True, text=True, cwd=tmp_path, env=environment(**more),
            timeout=120, check=False,
        )  # fmt: skip

    return command
