"""How long mllint takes on timm's source, beside a bare parse and the linters before it.

And how its cost and memory grow, from 10 to 1,200 thousand lines, on parts of transformers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
from measure import in_turns, report, time_command

ROUNDS = 3
SIZES_KLOC = (10, 50, 200, 600, 1200)
PARSE = """
import sys
from pathlib import Path
import libcst
for path in sorted(Path(sys.argv[1]).rglob("*.py")):
    libcst.parse_module(path.read_bytes())
"""
# As users run it: the first run leaves bytecode for the others, as pip does for what it installs.
ENVIRONMENT = {
    "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    "PYTHONDONTWRITEBYTECODE": "",
}


def source(requirement: str, scratch: Path) -> Path:
    """Download a wheel from PyPI and unpack its Python files; nothing of it is installed."""
    name = requirement.partition("==")[0]
    wheels, folder = scratch / f"{name}-wheel", scratch / name
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--only-binary=:all:",
         "--disable-pip-version-check", "-d", str(wheels), requirement],
        check=True,
    )  # fmt: skip
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as archive:
        archive.extractall(folder, [each for each in archive.namelist() if each.endswith(".py")])
    (folder / "mllint.toml").write_text("")  # the project ends here
    return folder


def rival(requirement: str, command: str, scratch: Path) -> Path:
    """Install another linter in an environment of its own, and return its command."""
    folder = scratch / f"{command}-venv"
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run(
        [str(scripts / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check",
         requirement],
        check=True,
    )  # fmt: skip
    return scripts / command


def time_any(command: list[str], folder: Path) -> float:
    """Return the seconds that a linter takes, whatever it finds."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return time.perf_counter() - start


def edited(text: str, version: int) -> str:
    """Return timm's largest file with one more statement in its largest class."""
    where = text.index("super().__init__()\n", text.index("class VisionTransformer("))
    return f"{text[:where]}version = {version}\n        {text[where:]}"


def on_timm(scratch: Path) -> None:
    """Print how long each takes on timm."""
    timm, cache = source("timm==1.0.19", scratch), scratch / "cache"
    preflight = rival("torch-preflight==0.5.0", "torch-preflight", scratch)
    torchfix = rival("torchfix==0.7.0", "torchfix", scratch)
    mllint = [sys.executable, "-m", "mllint", ".", "--quiet", "--exit-zero", "--jobs", "2"]
    changed = next(timm.rglob("vision_transformer.py"))
    text = changed.read_text(encoding="utf-8")
    versions = iter(range(1000))

    def run(*command: str) -> float:
        return time_command(list(command), timm, ENVIRONMENT)

    def change() -> float:
        changed.write_text(edited(text, next(versions)), encoding="utf-8")
        return run(*mllint, "--cache-dir", str(cache))

    run(*mllint, "--cache-dir", str(cache))
    lines = sum(path.read_bytes().count(b"\n") for path in timm.rglob("*.py"))
    print(f"timm 1.0.19, {lines / 1000:.0f} thousand lines, whole processes")
    ours = {
        "libcst.parse_module": lambda: run(sys.executable, "-c", PARSE, "."),
        "mllint, cold, two processes": lambda: run(*mllint, "--no-cache"),
        "mllint, warm": lambda: run(*mllint, "--cache-dir", str(cache)),
        "mllint, warm, one file changed": change,
        "python -c pass": lambda: run(sys.executable, "-c", "pass"),
    }
    seconds = in_turns(ours, ROUNDS)
    report(seconds, "libcst.parse_module", 1, "s")
    beside = zip(seconds["mllint, warm, one file changed"], seconds["python -c pass"], strict=True)
    print(
        f"one file changed, beside python -c pass: {min(a - b for a, b in beside):.2f} s at best\n"
    )
    rivals = {
        "mllint, cold, two processes": ours["mllint, cold, two processes"],
        "torch-preflight 0.5.0": lambda: time_any([str(preflight), "."], timm),
        "torchfix 0.7.0": lambda: time_any([str(torchfix), "--select=ALL", "."], timm),
    }
    report(in_turns(rivals, 1), "mllint, cold, two processes", 1, "s")


def part(paths: list[Path], kloc: int) -> Iterator[Path]:
    """Yield files until they have so many thousand lines."""
    lines = 0
    for path in paths:
        if lines >= 1000 * kloc:
            return
        lines += path.read_bytes().count(b"\n")
        yield path


def peak_mb(command: list[str], folder: Path) -> tuple[float, float]:
    """Return the seconds and the peak of the resident memory of a command's processes."""
    start, peak = time.perf_counter(), 0
    running = psutil.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while running.poll() is None:
        used = 0
        try:
            for process in (running, *running.children(recursive=True)):
                used += process.memory_info().rss
        except psutil.NoSuchProcess:
            pass
        peak = max(peak, used)
        time.sleep(0.05)
    return time.perf_counter() - start, peak / 1e6


def curve(scratch: Path) -> None:
    """Print how time and memory grow with the lines."""
    whole = source("transformers", scratch)
    paths = sorted(whole.rglob("*.py"))
    print("transformers, by thousand lines, cold, two processes")
    print(f"{'kLOC':>6}  {'s':>7}  {'s per kLOC':>10}  {'peak MB':>8}")
    for kloc in SIZES_KLOC:
        folder = scratch / f"part-{kloc}"
        lines = 0
        for path in part(paths, kloc):
            target = folder / path.relative_to(whole)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            lines += path.read_bytes().count(b"\n")
        (folder / "mllint.toml").write_text("")
        command = [sys.executable, "-m", "mllint", ".", "-q", "--no-cache", "--exit-zero"]
        seconds, peak = peak_mb([*command, "--jobs", "2"], folder)
        print(f"{lines / 1000:6.0f}  {seconds:7.1f}  {1e6 * seconds / lines:7.1f} ms  {peak:8.0f}")


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as scratch:
        on_timm(Path(scratch))
        curve(Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
