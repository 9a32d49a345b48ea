"""Free space where the user stands, and the checkpoints that pile up there."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from .machine import Checkpoints, Disk
from .text import is_folder, one_line

_CHECKPOINT_SUFFIXES = (
    ".pt",
    ".pth",
    ".ckpt",
    ".safetensors",
    ".h5",
    ".keras",
    ".msgpack",
    ".distcp",
)
# A shared file system can hold millions of files; a lower bound is enough for an alert.
SCAN_S = 0.5


def detect_disk(cwd: Path) -> Disk | None:
    """Total and free bytes of the file system under the current folder."""
    try:
        usage = shutil.disk_usage(cwd)
    except (OSError, ValueError):
        return None
    return Disk(one_line(str(cwd), limit=4096), usage.total, usage.free)


def count_checkpoints(cwd: Path, name: str = "outputs") -> Checkpoints | None:
    """Sizes of the checkpoints below ./outputs; links aren't followed, hard links count once."""
    folder = cwd / name
    if not is_folder(folder):
        return None
    deadline = time.monotonic() + SCAN_S
    sizes: dict[tuple[int, int], int] = {}
    for parent, _, names in os.walk(folder):
        for file in names:
            if not file.lower().endswith(_CHECKPOINT_SUFFIXES):
                continue
            try:
                status = (Path(parent) / file).lstat()
            except OSError:
                continue
            sizes[(status.st_dev, status.st_ino)] = status.st_size
        if time.monotonic() > deadline:
            return Checkpoints(name, sum(sizes.values()), len(sizes), complete=False)
    return Checkpoints(name, sum(sizes.values()), len(sizes), complete=True)
