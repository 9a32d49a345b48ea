"""A run that is told to stop stops at once, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from .conftest import environment

# Death by the signal is what Python makes of an interrupt in some places; a shell says the same.
STATUS = {signal.SIGINT: (130, -signal.SIGINT), signal.SIGTERM: (143,)}


@pytest.fixture
def long_run(tmp_path):
    """Begin a run that takes long, in several processes of a group of their own."""
    line = "value = [call(number, key=number + 1) for number in range(3) if number]\n"
    for number in range(60):
        (tmp_path / f"m{number}.py").write_text(line * 600 + f"x = {number}\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "mllint", "--no-cache", "--jobs", "2"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    yield running
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def children_of(running: subprocess.Popen[str]) -> list[psutil.Process]:
    """Wait until a run has begun its processes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        children = psutil.Process(running.pid).children(recursive=True)
        if len(children) == 2:
            return children
        time.sleep(0.02)
    raise AssertionError("no processes were begun")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("to_all", [True, False], ids=["terminal", "one process"])
@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
def test_it_stops_at_once(number, to_all, long_run):
    children = children_of(long_run)
    started = time.monotonic()
    (os.killpg if to_all else os.kill)(long_run.pid, number)
    out, err = long_run.communicate(timeout=60)
    assert time.monotonic() - started < 20
    assert long_run.returncode in STATUS[number]
    assert "Traceback" not in err
    assert "Error" not in err
    assert out == ""
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


@pytest.fixture
def long_check(tmp_path):
    """Begin a run whose rules take long, and wait until it has read all files."""
    nested = "".join(f"{'    ' * depth}for i{depth} in items:\n" for depth in range(10))
    work = "".join(f"{'    ' * 10}rows = rows + rows.x * {number}\n" for number in range(40))
    begun = "import pandas as pd\nfrom sklearn.model_selection import train_test_split\n\n"
    begun += f"rows = pd.read_csv('a')\n{nested}{work}"
    for number in range(40):
        (tmp_path / f"m{number}.py").write_text(
            f"{begun}train, test = train_test_split({number})\n"
        )
    running = subprocess.Popen(
        [sys.executable, "-m", "mllint", "--cache-dir", "cache"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("cache/*/*"))) < 40 and time.monotonic() < deadline:
        time.sleep(0.02)
    yield running
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("delay_s", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
def test_rules_stop_at_once_too(number, delay_s, long_check, tmp_path):
    time.sleep(delay_s)
    started = time.monotonic()
    long_check.send_signal(number)
    out, err = long_check.communicate(timeout=60)
    assert time.monotonic() - started < 10
    assert long_check.returncode in STATUS[number]
    assert (out, err.strip()) == ("", "")
    assert list(tmp_path.glob("cache/*/answers/*")) == []  # no half of an answer is kept


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_who_has_read_enough_may_stop_reading(tmp_path):
    (tmp_path / "a.py").write_text("x = 1  # mllint: ignore\n" * 5000)
    running = subprocess.Popen(
        [sys.executable, "-m", "mllint", "--output-format", "concise"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b"a.py:1:8: MLX001")
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == b""
    running.stderr.close()
    assert running.wait(timeout=60) == 1
