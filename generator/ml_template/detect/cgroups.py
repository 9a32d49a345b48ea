"""The control groups of this process: where a container, a job or a service gets its limits.

Format: https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/; proc_pid_mountinfo(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .text import is_file, is_folder, read_text


@dataclass(frozen=True)
class ControlGroup:
    """One hierarchy: the folders from this process' group up to the mount, innermost first."""

    version: int  # 1 or 2
    folders: tuple[Path, ...]


@dataclass(frozen=True)
class _Mount:
    version: int
    shown: str  # which part of the hierarchy is mounted: "/" or, in a container, "/docker/<id>"
    point: Path
    controllers: frozenset[str]


def control_groups(root: Path, controller: str) -> list[ControlGroup]:
    """The groups that can limit `controller` ("memory" or "cpu"), cgroup v2 before v1.

    A limit holds for the whole subtree, so the caller takes the tightest along the folders.
    """
    paths = _membership(root)
    found: list[ControlGroup] = []
    for mount in sorted(_mounts(root), key=lambda mount: -mount.version):
        if mount.version == 1 and controller not in mount.controllers:
            continue
        path = paths.get("" if mount.version == 2 else controller, "/")
        leaf = mount.point / _below(path, mount.shown)
        if not is_folder(leaf):
            leaf = mount.point  # the path is the host's, the mount this container's own group
        steps = [leaf, *leaf.parents]
        folders = tuple(steps[: steps.index(mount.point) + 1])
        found.append(ControlGroup(mount.version, folders))
    return found


def _membership(root: Path) -> dict[str, str]:
    """Path by controller from /proc/self/cgroup; cgroup v2's under ""."""
    paths: dict[str, str] = {}
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon:
            paths.update(dict.fromkeys(controllers.split(","), path))
    return paths


def _mounts(root: Path) -> Iterator[_Mount]:
    lines = (read_text(root / "proc/self/mountinfo") or "").splitlines()
    found = False
    for line in lines:
        before, dash, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if not dash or len(fields) < 5 or len(kind) < 3 or kind[0] not in ("cgroup", "cgroup2"):
            continue
        found = True
        point = root / _unescaped(fields[4]).lstrip("/")
        version = 2 if kind[0] == "cgroup2" else 1
        yield _Mount(version, _unescaped(fields[3]), point, frozenset(kind[2].split(",")))
    if not found:
        yield from _usual_mounts(root / "sys/fs/cgroup")


def _usual_mounts(base: Path) -> Iterator[_Mount]:
    """Where the hierarchies stand when mountinfo doesn't say (masked in some sandboxes)."""
    if is_file(base / "cgroup.controllers"):
        yield _Mount(2, "/", base, frozenset())
    for controller in ("memory", "cpu"):
        if is_folder(base / controller):
            yield _Mount(1, "/", base / controller, frozenset({controller}))


def _unescaped(path: str) -> str:
    """Undo the octal escapes of mountinfo: a blank is written as backslash 040."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def _below(path: str, shown: str) -> str:
    """The part of a group's path below what is mounted; "" when it lies outside."""
    parts = [part for part in path.split("/") if part]
    prefix = [part for part in shown.split("/") if part]
    if ".." in parts or ".." in prefix or parts[: len(prefix)] != prefix:
        return ""
    return "/".join(parts[len(prefix) :])
