"""Findings of all kinds, in a folder of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mllint.check import check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings
from mllint.output.listing import Listing

TRAIN = """import torch
from fitting import fit

fit(torch.optim.SGD([], lr=0.1))
x = "ünï\t<&>"  # mllint: ignore[MLC001] <gone> & "away"
"""
FITTING = """def fit(optimizer):
    for batch in data:
        optimizer.step()
    save(optimizer)
"""
CELLS = [
    {"cell_type": "markdown", "source": "text"},
    {"cell_type": "code", "source": "%matplotlib inline\ny = 1\nz = 2  # mllint: ignore[MLR001]\n"},
]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A project with an error, warnings and evidence in another file, and a notebook."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mllint.toml").write_text("")
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "fitting.py").write_text(FITTING)
    (tmp_path / "sub dir").mkdir()
    (tmp_path / "sub dir" / "broken.py").write_text("a = 1\nb = (\n")
    (tmp_path / "notes.ipynb").write_text(json.dumps({"cells": CELLS}))
    return tmp_path


def listed(folder: Path) -> Listing:
    """Return what is found in a folder."""
    settings = make_settings(folder, Layer(folder, {"select": ["MLX", "MLR001", "MLC001"]}))
    outcome = check([folder], use_cache=False, settings=settings)
    return Listing(outcome.findings, outcome.files, outcome.program)


@pytest.fixture
def listing(folder) -> Listing:
    """What is found there."""
    return listed(folder)
