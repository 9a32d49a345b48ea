"""Lint at least 10,000 Python files of installed packages: none may crash the linter."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

AT_LEAST = 10_000


def folders() -> list[Path]:
    """Return the installed packages and the standard library, largest first."""
    sites = [Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib"))]
    found = [each for site in sites for each in site.iterdir() if each.is_dir()]
    counted = [(sum(1 for _ in each.rglob("*.py")), each) for each in found]
    return [each for count, each in sorted(counted, reverse=True) if count]


def main() -> int:
    """Lint package by package; print how many files in what time, and what crashed."""
    files, crashed, start = 0, [], time.perf_counter()
    for folder in folders():
        count = sum(1 for _ in folder.rglob("*.py"))
        command = [
            sys.executable,
            "-m",
            "mllint",
            "check",
            str(folder),
            "--no-cache",
            "--exit-zero",
        ]
        run = subprocess.run(
            [*command, "--output-format", "json"], capture_output=True, text=True, check=False
        )
        files += count
        if run.returncode != 0 or "Traceback" in run.stderr:
            crashed.append(folder)
            print(f"{folder}: status {run.returncode}: {run.stderr.strip()[-300:]}")
        else:
            json.loads(run.stdout)
        if files >= AT_LEAST:
            break
    seconds = time.perf_counter() - start
    print(f"{files} files linted in {seconds:.0f} s; {len(crashed)} packages crashed the linter")
    if files < AT_LEAST:
        print(
            f"fewer than {AT_LEAST} Python files are installed: add the extras `test` and `bench`"
        )
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
