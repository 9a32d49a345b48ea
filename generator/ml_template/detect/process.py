"""Run another program that may be missing, hang, flood or print rubbish, and always come back."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from .text import decode, first_line

TIMEOUT_S = 2.0
# A program that hangs inside a driver can't even be killed; it is left to itself after this.
REAP_S = 0.2
MAX_OUTPUT_BYTES = 1 << 20


@dataclass(frozen=True)
class Output:
    """What came of running a program."""

    found: bool = False
    code: int | None = None  # None: not found, or killed on time-out
    stdout: str = ""
    stderr: str = ""
    timed_out: bool = False

    @property
    def complaint(self) -> str:
        """One printable line that says why there is no usable answer, "" when nothing says so."""
        if self.timed_out:
            return f"did not answer within {TIMEOUT_S:g} s"
        said = first_line(self.stderr) or first_line(self.stdout)
        return said or (f"ended with code {self.code}" if self.code else "")


Run = Callable[[Sequence[str]], Output]


def runner(env: Mapping[str, str]) -> Run:
    """A function that runs programs found on the PATH of `env`, each for 2 s at most.

    Args:
        env: The whole environment of the programs.

    Returns:
        A function from an argument list to its `Output`; it never raises for what a program does.
    """

    def run(argv: Sequence[str]) -> Output:
        # A missing PATH finds nothing: shutil.which would else fall back to the tool's own.
        program = shutil.which(argv[0], path=env.get("PATH") or os.devnull)
        if program is None:
            return Output()
        try:
            return _run_bounded([program, *argv[1:]], env)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            # Wrong architecture, no shebang line, a NUL in an argument …
            return Output(found=True, stderr=f"could not be run: {error}")

    return run


def _run_bounded(argv: Sequence[str], env: Mapping[str, str]) -> Output:
    process = subprocess.Popen(
        argv,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a group of its own, so that its children die with it
    )
    deadline = time.monotonic() + TIMEOUT_S
    assert process.stdout is not None
    assert process.stderr is not None
    streams = [_Stream(process.stdout), _Stream(process.stderr)]
    # The process is reaped only after its streams have ended: until then its id can't belong to
    # another process, and killing the group is safe.
    ended = all(stream.wait(deadline) for stream in streams)
    flooded = any(stream.flooded for stream in streams)
    if ended and not flooded:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            ended = False
    if not ended or flooded:
        _kill_group(process)
        for stream in streams:
            stream.wait(time.monotonic() + REAP_S)
    texts = [decode(stream.content()) for stream in streams]
    return Output(True, process.returncode if ended else None, texts[0], texts[1], not ended)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP_S)


class _Stream:
    """Reads one pipe in a daemon thread, which is left behind when the pipe never ends."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._chunks: list[bytes] = []
        self.flooded = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        size = 0
        # Only this thread closes the pipe: closing it under a blocked read would hang both.
        with contextlib.suppress(OSError, ValueError), self._pipe:
            while chunk := os.read(self._pipe.fileno(), 65536):
                size += len(chunk)
                if size > MAX_OUTPUT_BYTES:
                    self.flooded = True
                    return
                self._chunks.append(chunk)

    def wait(self, deadline: float) -> bool:
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def content(self) -> bytes:
        return b"".join(self._chunks)
