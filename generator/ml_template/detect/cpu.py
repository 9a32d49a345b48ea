"""The processor, and how much of it this process may use."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from .cgroups import control_groups
from .machine import Cpu
from .text import one_line, read_text


def detect_cpu(root: Path) -> Cpu:
    """Model, cores, affinity and the control group's quota."""
    model, physical, logical = parse_cpuinfo(read_text(root / "proc/cpuinfo") or "")
    if root == Path("/"):
        logical = logical or os.cpu_count()
        model = model or one_line(platform.processor()) or None
    status = read_text(root / "proc/self/status") or ""
    allowed = re.search(r"^Cpus_allowed_list:[ \t]*(\S+)", status, flags=re.MULTILINE)
    affinity = count_cpu_list(allowed[1]) if allowed else None
    quota, source = cpu_quota(root) or (None, None)
    return Cpu(model, physical, logical, affinity, quota, source)


def parse_cpuinfo(text: str) -> tuple[str | None, int | None, int | None]:
    """Model, physical and logical cores of /proc/cpuinfo; None for what it doesn't tell (ARM)."""
    model: str | None = None
    logical = 0
    cores: set[tuple[str, str]] = set()
    package = ""
    for line in text.splitlines():
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            continue
        if key == "processor" and value.isdecimal():
            logical += 1
        elif key in ("model name", "Model") and model is None:
            model = one_line(value) or None
        elif key == "physical id":
            package = value
        elif key == "core id":
            cores.add((package, value))
    return model, len(cores) or None, logical or None


def count_cpu_list(text: str) -> int | None:
    """The size of a list as the kernel writes it: "0-3,8" is 5."""
    count = 0
    for part in text.split(","):
        bounds = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part)
        if bounds is None or int(bounds[2] or bounds[1]) < int(bounds[1]):
            return None
        count += int(bounds[2] or bounds[1]) - int(bounds[1]) + 1
    return count


def cpu_quota(root: Path) -> tuple[float, str] | None:
    """Cores' worth of time that the tightest control group allows, and where it comes from."""
    quotas: list[tuple[float, str]] = []
    for group in control_groups(root, "cpu"):
        for folder in group.folders:
            if group.version == 2:
                text = read_text(folder / "cpu.max") or ""  # "200000 100000", "max 100000"
            else:
                quota_us = read_text(folder / "cpu.cfs_quota_us") or ""
                text = f"{quota_us} {read_text(folder / 'cpu.cfs_period_us') or ''}"
            times = re.fullmatch(r"\s*([0-9]{1,15})\s+([0-9]{1,15})\s*", text)
            if times and int(times[1]) > 0 and int(times[2]) > 0:
                quotas.append((int(times[1]) / int(times[2]), f"cgroup v{group.version}"))
    return min(quotas, default=None)
