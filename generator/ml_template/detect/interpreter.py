"""The user's Python, which is seldom the one that runs this tool, and what is installed in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .machine import Interpreter
from .process import Run
from .text import is_executable, one_line

_MARK = "ml-template-inventory:"
_PROGRAMS = ("bin/python3", "bin/python", "Scripts/python.exe", "python.exe")


@dataclass(frozen=True)
class Inventory:
    """An interpreter, and what `inventory.py` found in it; distributions is None when it failed."""

    interpreter: Interpreter | None = None
    distributions: dict[str, str] | None = None
    torch_version_file: str = ""


def environment_folders(env: Mapping[str, str], cwd: Path) -> list[tuple[str, Path]]:
    """Where the user's environment may be, the likeliest first, with what points at it.

    conda's base environment comes last: many shells activate it for everything.
    """
    folders: list[tuple[str, Path]] = []
    if env.get("VIRTUAL_ENV"):
        folders.append(("VIRTUAL_ENV", Path(env["VIRTUAL_ENV"])))
    conda = [("CONDA_PREFIX", Path(env["CONDA_PREFIX"]))] if env.get("CONDA_PREFIX") else []
    local = [(".venv", cwd / ".venv")]
    base = env.get("CONDA_DEFAULT_ENV") == "base"
    return folders + (local + conda if base else conda + local)


def find_interpreter(env: Mapping[str, str], cwd: Path) -> Interpreter | None:
    """The Python of VIRTUAL_ENV, CONDA_PREFIX, ./.venv or, failing these, the first on PATH."""
    for source, folder in environment_folders(env, cwd):
        for name in _PROGRAMS:
            if is_executable(folder / name):
                return Interpreter(str(folder / name), source)
    for name in ("python3", "python"):
        found = shutil.which(name, path=env.get("PATH") or os.devnull)
        if found:
            return Interpreter(found, "PATH")
    return None


def take_inventory(run: Run, env: Mapping[str, str], cwd: Path) -> Inventory:
    """Ask the user's Python for its version and distributions, without importing any of them."""
    interpreter = find_interpreter(env, cwd)
    if interpreter is None:
        return Inventory()
    script = Path(__file__).with_name("inventory.py").read_text(encoding="utf-8")
    output = run([interpreter.executable, "-c", script])
    facts = parse_inventory(output.stdout)
    if facts is None:
        problem = output.complaint or "gave no answer"
        return Inventory(Interpreter(interpreter.executable, interpreter.found_by, problem=problem))
    found = Interpreter(
        interpreter.executable,
        interpreter.found_by,
        version=_text(facts.get("version")),
        architecture=_text(facts.get("architecture")),
    )
    distributions = facts.get("distributions")
    versions = distributions if isinstance(distributions, dict) else {}
    torch = facts.get("torch")
    return Inventory(
        found,
        {one_line(str(name)): one_line(str(version)) for name, version in versions.items()},
        torch if isinstance(torch, str) else "",
    )


def parse_inventory(text: str) -> dict[str, object] | None:
    """The marked line of the answer, whatever a start-up file printed around it."""
    for line in reversed(text.splitlines()):
        if line.startswith(_MARK):
            try:
                facts = json.loads(line.removeprefix(_MARK))
            except (ValueError, RecursionError):
                return None
            return facts if isinstance(facts, dict) else None
    return None


def _text(value: object) -> str | None:
    return one_line(value) or None if isinstance(value, str) else None
