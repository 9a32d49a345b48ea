"""Measuring in turns: what two benchmarks share."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def in_turns(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Call each contestant once a round, after one round that does not count.

    Args:
        contestants: Functions that return the seconds that their work took.
        rounds: How many rounds count.

    Returns:
        The seconds of each round, by contestant.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        # Every other round backwards: whatever drifts, drifts against all of them.
        order = list(contestants) if turn % 2 else list(reversed(contestants))
        for name in order:
            elapsed = contestants[name]()
            if turn > 0:
                seconds[name].append(elapsed)
    return seconds


def report(seconds: Mapping[str, list[float]], base: str, unit_s: float, unit: str) -> None:
    """Print each contestant's median, and the median of its ratios to the base, round by round.

    Behind a ratio stands the interval that holds the true median with 95 %, from the order of the
    rounds' ratios: a difference smaller than that was not shown.

    Args:
        seconds: What `in_turns` returned.
        base: The contestant that the others are compared with.
        unit_s: Divides the seconds.
        unit: What that makes of them.
    """
    width = max(map(len, seconds))
    print(f"{'':<{width}}  {unit:>12}  ratio to {base} (95 % interval)")
    for name, values in seconds.items():
        ratios = sorted(mine / its for mine, its in zip(values, seconds[base], strict=True))
        # The number of rounds below the median is binomial.
        rank = max(0, int((len(ratios) - 1.96 * len(ratios) ** 0.5) / 2))
        median, ratio = statistics.median(values) / unit_s, statistics.median(ratios)
        low, high = ratios[rank], ratios[-1 - rank]
        print(f"{name:<{width}}  {median:>12.3f}  {ratio:.3f} ({low:.3f} … {high:.3f})")
    print()


def time_command(command: list[str], cwd: Path, environment: Mapping[str, str]) -> float:
    """Return the seconds that a command takes, start of the process included."""
    start = time.perf_counter()
    subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, check=True, capture_output=True
    )
    return time.perf_counter() - start


def scaffold(folder: Path, **answers: str) -> Path:
    """Write a project with `ml-template new`, put it on the path, and return its folder."""
    subprocess.run(
        [sys.executable, "-m", "ml_template", "new", str(folder), "--no-input"]
        + [f"{key}={value}" for key, value in answers.items()],
        check=True,
        capture_output=True,
        cwd=folder.parent,
    )
    sys.path.insert(0, str(folder / "src"))
    return folder
