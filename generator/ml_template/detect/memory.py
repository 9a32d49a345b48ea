"""RAM: what the machine has, and the part that a container or a job may use."""

from __future__ import annotations

import platform
import re
from importlib import import_module
from pathlib import Path

from .cgroups import control_groups
from .machine import Memory
from .text import read_text, whole_number

# cgroup v1 writes "no limit" as the largest number of whole pages, 2**63 - 4096 on x86.
_UNLIMITED_BYTES = 1 << 60


def detect_memory(root: Path) -> Memory:
    """Total, available and limited RAM, in bytes."""
    amounts = parse_meminfo(read_text(root / "proc/meminfo") or "")
    total, available = amounts.get("MemTotal"), amounts.get("MemAvailable")
    if total is None and root == Path("/") and platform.system() == "Windows":
        amount = import_module("psutil").virtual_memory()
        total, available = amount.total, amount.available
    limit = memory_limit(root)
    if limit is None or (total is not None and limit[0] >= total):
        return Memory(total, available)
    limit_bytes, source, left_bytes = limit
    known = [amount for amount in (available, left_bytes) if amount is not None]
    free = min([*known, limit_bytes]) if known else None
    return Memory(total, free, limit_bytes, source)


def parse_meminfo(text: str) -> dict[str, int]:
    """Bytes by name of /proc/meminfo."""
    rows = re.findall(r"^(\w+):[ \t]*([0-9]{1,18})[ \t]*kB[ \t]*\r?$", text, flags=re.MULTILINE)
    return {name: int(amount) * 1024 for name, amount in rows}


def memory_limit(root: Path) -> tuple[int, str, int | None] | None:
    """The tightest limit of this process' control groups, nested ones included.

    Returns:
        Bytes, where the limit comes from, and the bytes still free below it; None without a limit.
    """
    limits: list[tuple[int, str, int | None]] = []
    for group in control_groups(root, "memory"):
        name = "memory.max" if group.version == 2 else "memory.limit_in_bytes"
        for folder in group.folders:
            limit = whole_number(read_text(folder / name))
            if limit is not None and limit < _UNLIMITED_BYTES:
                source = f"cgroup v{group.version}"
                limits.append((limit, source, _left(folder, group.version, limit)))
        if group.version == 1:
            # The parents of a container's group are not mounted in it; this number knows them.
            statistics = _statistics(group.folders[0])
            limit = statistics.get("hierarchical_memory_limit")
            if limit is not None and limit < _UNLIMITED_BYTES:
                limits.append((limit, "cgroup v1", None))
    return min(limits, key=lambda limit: limit[0], default=None)


def _left(folder: Path, version: int, limit: int) -> int | None:
    name = "memory.current" if version == 2 else "memory.usage_in_bytes"
    used = whole_number(read_text(folder / name))
    if used is None:
        return None
    # Cached file pages that nobody has touched lately are dropped before anybody is killed.
    cache = "inactive_file" if version == 2 else "total_inactive_file"
    reclaimable = _statistics(folder).get(cache, 0)
    return max(0, limit - max(0, used - reclaimable))


def _statistics(folder: Path) -> dict[str, int]:
    rows = re.findall(
        r"^(\w+) ([0-9]{1,20})\r?$", read_text(folder / "memory.stat") or "", re.MULTILINE
    )
    return {name: int(amount) for name, amount in rows}
