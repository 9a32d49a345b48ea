"""What training's tests start from: nothing of one run reaches the next, and no git is asked."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from {{ cookiecutter.package_name }}.training import provenance


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Keep log handlers, generators, switches and outputs of one test away from the next."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.chdir(tmp_path)
    # Reports of machine and repository have tests of their own, and take longer than a run here.
    monkeypatch.setattr(provenance, "system_report", dict)
    monkeypatch.setattr(provenance, "git_state", lambda path: {})
    level, state = root.level, torch.get_rng_state()
    yield
    root.setLevel(level)
    logging.captureWarnings(False)
    torch.set_rng_state(state)
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """Return where a run is to live."""
    return tmp_path / "run"
