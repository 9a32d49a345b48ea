"""The project that files belong to: its folder, all its files, and what it says of itself."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from .discovery import EVERYTHING, Filter, discover, walk_project
from .presence import is_folder, is_there

MARKS = (
    *("pyproject.toml", "mllint.toml", ".git", "setup.py", "setup.cfg", "requirements.txt"),
    *("environment.yml", "environment.yaml", "Pipfile", ".hg"),
)
PINNING = ("requirements.txt", "requirements.lock", "constraints.txt")
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
# Where the older files list console scripts, and how they write one.
SETUP_SCRIPTS = {
    "setup.py": re.compile(r"""["'](?:console|gui)_scripts["']\s*:\s*\[([^]]*)"""),
    "setup.cfg": re.compile(r"(?m)^(?:console|gui)_scripts\s*=((?:.*\n)(?:[ \t]+.*\n?)*)"),
}
# All that is read of a project beside its code and configs.
INPUTS = ("pyproject.toml", *SETUP_SCRIPTS, *PINNING, *LOCKS)
SCRIPT = re.compile(r"([\w.-]+)\s*=\s*([\w.]+\s*:\s*[\w.]+)")


class Command(NamedTuple):
    """A console script: the ``package.module:function`` that it runs, and which file says so."""

    target: str
    file: str


def common_folder(paths: Iterable[Path]) -> Path:
    """Return the nearest folder, absolute, that holds all paths; for none, the current one."""
    folders = [
        path if is_folder(path) else path.parent
        for path in (Path(os.path.abspath(path)) for path in paths)  # noqa: PTH100 (links stay)
    ]
    return Path(os.path.commonpath(folders)) if folders else Path.cwd()


def find_root(paths: Iterable[Path]) -> Path:
    """Return the folder of the project that paths belong to.

    It is the nearest folder above them all with a mark of a project (`MARKS`); without any, the
    nearest folder that holds them all.
    """
    common = common_folder(paths)
    for folder in (common, *common.parents):
        if any(is_there(folder / mark) for mark in MARKS):
            return folder
    return common


@dataclass
class Project:
    """A project.

    Attributes:
        root: Its folder.
        checked: The files to report on.
        files: All its Python files and notebooks, those to report on among them.
        configs: Its YAML files.
    """

    root: Path
    checked: list[Path]
    files: list[Path]
    configs: list[Path] = field(default_factory=list)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What pyproject.toml says; nothing if it can't be read."""
        try:
            return tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            return {}

    @cached_property
    def commands(self) -> dict[str, Command]:
        """Console scripts, by name."""
        found = dict(self._read_commands())
        tables = (
            self.settings.get("project", {}),
            self.settings.get("tool", {}).get("poetry", {}),
        )
        for table in tables:
            for section in ("scripts", "gui-scripts"):
                scripts = table.get(section, {}) if isinstance(table, dict) else {}
                if isinstance(scripts, dict):
                    found |= {
                        name: Command(target, "pyproject.toml")
                        for name, target in scripts.items()
                        if isinstance(target, str)
                    }
        return found

    def _read_commands(self) -> Iterator[tuple[str, Command]]:
        """Yield the console scripts that setup.cfg and setup.py list."""
        for file, section in SETUP_SCRIPTS.items():
            try:
                text = (self.root / file).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            for listed in section.finditer(text):
                for script in SCRIPT.finditer(listed[1]):
                    yield script[1], Command(script[2], file)

    @cached_property
    def pins(self) -> dict[str, str]:
        """Versions of libraries that requirements and lock files fix, by lower-case name."""
        return dict(self._read_pins())

    def pinned_below(self, library: str, *version: int) -> str:
        """Return the version that a library is pinned to, if it is older than one; else nothing."""
        pin = self.pins.get(library, "")
        known = tuple(int(part) for part in re.findall(r"\d+", pin.partition("+")[0])[:3])
        return pin if known and known < version else ""

    def _read_pins(self) -> Iterator[tuple[str, str]]:
        for name in PINNING:
            try:
                text = (self.root / name).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            for pin in re.finditer(r"(?m)^\s*([\w.-]+)\s*==\s*([\w.+!]+)", text):
                yield pin[1].lower().replace("_", "-"), pin[2]
        for name in LOCKS:
            try:
                lock = tomllib.loads((self.root / name).read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
                continue
            for package in lock.get("package", ()):
                if isinstance(package, dict) and {"name", "version"} <= package.keys():
                    yield str(package["name"]).lower(), str(package["version"])


def open_project(
    paths: Iterable[Path], chosen: Filter = EVERYTHING, given: Iterable[Path] = ()
) -> Project:
    """Find the project of some files and folders.

    Args:
        paths: What is to be checked.
        chosen: What is left out.
        given: Files to check whose content is not the one on disk, if they are there at all.

    Raises:
        FileNotFoundError: If a path does not exist.
    """
    paths, given = list(paths), list(given)
    root = find_root([*given, *paths])
    known = {os.path.abspath(path): path for path in discover(paths, chosen)}  # noqa: PTH100
    for path in given:
        if not (chosen.force_exclude and chosen.excludes(path)):
            known.setdefault(os.path.abspath(path), path)  # noqa: PTH100
    checked = list(known.values())
    configs: list[Path] = []
    for path in walk_project(root, chosen):
        if path.suffix in (".yaml", ".yml"):
            configs.append(path)
        else:
            known.setdefault(str(path), path)
    return Project(root, checked, list(known.values()), configs)
