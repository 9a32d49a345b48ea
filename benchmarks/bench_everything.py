"""Lint at least 10,000 Python files of installed packages: none may crash the linter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

AT_LEAST = 10_000
SITES = frozenset({"site-packages", "dist-packages"})


class Run(NamedTuple):
    """One package, linted.

    Attributes:
        folder: The package.
        files: How many Python files it has.
        findings: How many findings.
        seconds: How long it took.
        complaint: What went wrong; nothing where all is well.
    """

    folder: Path
    files: int
    findings: int
    seconds: float
    complaint: str


def packages() -> list[tuple[int, Path]]:
    """Return the installed packages and those of the standard library, the largest first."""
    sites = [Path(sysconfig.get_path(name)) for name in ("purelib", "stdlib")]
    folders = [each for site in sites for each in site.iterdir() if each.is_dir()]
    counted = [
        (sum(1 for _ in each.rglob("*.py")), each) for each in folders if each.name not in SITES
    ]
    return sorted((each for each in counted if each[0]), reverse=True)


def lint(count: int, folder: Path) -> Run:
    """Lint a package as a project of its own, whatever stands around it."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "mllint.toml").write_text("")
        (Path(scratch) / folder.name).symlink_to(folder, target_is_directory=True)
        run = subprocess.run(
            [sys.executable, "-m", "mllint", folder.name, "--no-cache", "--exit-zero", "--jobs",
             "1", "--output-format", "json"],
            cwd=scratch, capture_output=True, text=True, check=False,
        )  # fmt: skip
    seconds = time.perf_counter() - start
    if run.returncode or "Traceback" in run.stderr:
        return Run(folder, count, 0, seconds, f"status {run.returncode}: {run.stderr[-300:]}")
    return Run(folder, count, len(json.loads(run.stdout)), seconds, "")


def main() -> int:
    """Lint package by package; print how many files in what time, and what crashed."""
    chosen: list[tuple[int, Path]] = []
    for count, folder in packages():
        chosen.append((count, folder))
        if sum(each for each, _ in chosen) >= AT_LEAST:
            break
    start = time.perf_counter()
    runs: list[Run] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for run in pool.map(lambda each: lint(*each), chosen):
            runs.append(run)
            said = run.complaint or f"{run.findings} findings"
            print(f"{run.files:6} files  {run.seconds:6.1f} s  {run.folder.name}: {said}")
    files, crashed = sum(each.files for each in runs), [each for each in runs if each.complaint]
    print(
        f"{files} files in {time.perf_counter() - start:.0f} s; {len(crashed)} packages crashed it"
    )
    if files < AT_LEAST:
        print(f"fewer than {AT_LEAST} are installed: add the extras `test` and `bench`")
    return int(bool(crashed) or files < AT_LEAST)


if __name__ == "__main__":
    sys.exit(main())
