"""What this machine has: processors, memory and disk, under the limits that hold here.

A container or a Slurm job may use less than the machine has, so affinity and control groups are
read too. Whatever is missing is reported as missing; nothing here raises, and nothing waits long.
"""

import math
import os
import platform
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

TOOL_TIMEOUT_S = 2.0
CGROUP_ROOT = Path("/sys/fs/cgroup")
_UNLIMITED = 2**60  # cgroup v1 says "no limit" with a number near 2**63


def answer_within(timeout_s: float, call: Callable[[], T], default: T) -> T:
    """Calls something that may hang (a driver, a network file system) and gives up in time.

    Args:
        timeout_s: Seconds to wait.
        call: What to call; it goes on in a daemon thread when time is up.
        default: Returned when time is up or the call raises.

    Returns:
        The answer of the call, or the default.
    """
    answers: list[T] = []

    def ask() -> None:
        try:
            answers.append(call())
        except Exception:
            return  # absent, unreadable, refused: the default says so

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return answers[0] if answers else default


def run_tool(
    *command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str | None:
    """Runs a command line tool for its output.

    Args:
        command: Program and arguments.
        cwd: Directory to run it in.
        env: Variables set beside the process's own.

    Returns:
        Its standard output, or None when it is missing, fails or takes more than 2 s.
    """
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TOOL_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def cpu_report() -> dict[str, Any]:
    """Reports the processor: model, logical cores, and the cores that this process may use."""
    logical = os.cpu_count() or 1
    # Affinity is known on Linux only.
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    quota = cgroup_limits()["cpus"]
    usable = allowed if quota is None else max(1, min(allowed, math.ceil(quota)))
    return {"model": _cpu_model(), "logical": logical, "usable": usable, "cgroup_quota": quota}


def memory_report() -> dict[str, int | None]:
    """Reports RAM in bytes: total, available now, the control group's limit, and what is usable."""
    total: int | None
    available: int | None
    try:
        import psutil

        memory = psutil.virtual_memory()
        total, available = int(memory.total), int(memory.available)
    except Exception:  # psutil is missing, or /proc is not readable
        total, available = _total_ram(), None
    limit = cgroup_limits()["memory"]
    known = [size for size in (total, limit) if size is not None]
    usable = min(known) if known else None
    if available is not None and usable is not None:
        available = min(available, usable)
    return {"total": total, "available": available, "cgroup_limit": limit, "usable": usable}


def disk_report(path: Path) -> dict[str, Any]:
    """Reports the disk that holds a path.

    Args:
        path: A directory, existing or yet to be made.

    Returns:
        ``path``, ``total`` and ``free`` in bytes, ``writable``; None when the disk does not answer.
    """
    full = path.absolute()
    unknown = {"path": str(path), "total": None, "free": None, "writable": None}

    def ask() -> dict[str, Any]:
        existing = next(p for p in (full, *full.parents) if p.exists())
        usage = shutil.disk_usage(existing)
        writable = existing.is_dir() and os.access(existing, os.W_OK)
        return {
            "path": str(path), "total": usage.total, "free": usage.free, "writable": writable
        }  # fmt: skip

    return answer_within(TOOL_TIMEOUT_S, ask, unknown)


def cgroup_limits(
    root: Path = CGROUP_ROOT, membership: Path = Path("/proc/self/cgroup")
) -> dict[str, Any]:
    """Reads the limits of this process's control groups, version 1 or 2, and of their parents.

    Args:
        root: Where the control groups are mounted.
        membership: File that says which groups the process is in.

    Returns:
        ``memory`` in bytes and ``cpus`` as a number of cores; None where there is no limit.
    """
    memory: list[int] = []
    cpus: list[float] = []
    for controllers, group in _cgroup_paths(membership):
        if not controllers:  # version 2 has one tree for all controllers
            for folder in _with_parents(root, group):
                memory += _numbers(folder / "memory.max")[:1]
                quota = _numbers(folder / "cpu.max")
                cpus += [quota[0] / quota[1]] if len(quota) == 2 and quota[1] else []
        for controller in {"memory", "cpu"} & controllers:
            mounts = [m for m in sorted(root.glob("*")) if controller in m.name.split(",")]
            for folder in _with_parents(mounts[0], group) if mounts else []:
                if controller == "memory":
                    memory += _numbers(folder / "memory.limit_in_bytes")
                    continue
                quota = _numbers(folder / "cpu.cfs_quota_us")
                period = _numbers(folder / "cpu.cfs_period_us")
                cpus += [quota[0] / period[0]] if quota and period and quota[0] > 0 else []
    memory = [limit for limit in memory if 0 < limit < _UNLIMITED]
    return {"memory": min(memory, default=None), "cpus": min(cpus, default=None)}


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.lower().startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # no Linux
    brand = run_tool("sysctl", "-n", "machdep.cpu.brand_string")
    return brand or platform.processor() or platform.machine() or "not found"


def _total_ram() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _cgroup_paths(membership: Path) -> list[tuple[set[str], str]]:
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return []
    parts = [line.split(":", 2) for line in lines]
    return [(set(p[1].split(",")) - {""}, p[2]) for p in parts if len(p) == 3]


def _with_parents(mount: Path, group: str) -> list[Path]:
    """Every group from this one up to the mount; inside a container only the mount exists."""
    names = [name for name in group.split("/") if name not in {"", ".."}]
    return [mount.joinpath(*names[:count]) for count in range(len(names), -1, -1)]


def _numbers(path: Path) -> list[int]:
    try:
        words = path.read_text().split()
    except OSError:
        return []
    return [int(word) for word in words] if all(w.lstrip("-").isdigit() for w in words) else []
