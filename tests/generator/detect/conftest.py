"""A machine made of files: programs on a PATH of their own, a tree for /proc and /sys, a home."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ml_template.detect import Machine, detect_machine

RECORDED = Path(__file__).parent / "recorded"


@dataclass
class FakeMachine:
    root: Path
    programs: Path
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def program(self, name: str, body: str) -> Path:
        """Put a real shell script on the PATH."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def prints(self, name: str, recorded: str) -> Path:
        return self.program(name, f"/bin/cat {shlex.quote(str(RECORDED / recorded))}")

    def nvidia_smi(self, case: str, summary: str | None = None) -> None:
        """nvidia-smi with the recorded query, list and summary of one machine."""
        folder = shlex.quote(str(RECORDED / "nvidia-smi"))
        head = summary or case
        self.program(
            "nvidia-smi",
            f'case "$*" in --query-gpu=*) /bin/cat {folder}/{case}.csv;;'
            f' -L) /bin/cat {folder}/{head}.list;; "") /bin/cat {folder}/{head}.summary;; esac',
        )

    def file(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def detect(self, system: str = "Linux") -> Machine:
        return detect_machine(root=self.root, env=self.env, cwd=self.home, system=system)


@pytest.fixture
def fake(tmp_path: Path) -> FakeMachine:
    folders = [tmp_path / name for name in ("root", "programs", "home")]
    for folder in folders:
        folder.mkdir()
    return FakeMachine(*folders, env={"PATH": str(folders[1])})
