"""Small projects, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mllint.cache import Cache
from mllint.load import load_sources
from mllint.program.program import Program
from mllint.project import open_project

MakeProgram = Callable[[dict[str, str]], Program]


def write_files(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def program(tmp_path) -> MakeProgram:
    """Link some files, given by name."""

    def make(files: dict[str, str]) -> Program:
        write_files(tmp_path, files)
        project = open_project([tmp_path])
        return Program(project, load_sources(project.files, Cache(None), 1))

    return make
