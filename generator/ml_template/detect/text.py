"""Reading what other programs wrote, without trusting any of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

MAX_FILE_BYTES = 1 << 20
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")


def decode(raw: bytes) -> str:
    """Text of a program's output: UTF-8, or UTF-16 when it says so; what is neither is replaced."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    return raw.decode("utf-8", errors="replace").removeprefix("\ufeff")


def read_text(path: Path) -> str | None:
    """The start of a file (1 MiB at most), None when there is none or it can't be read."""
    try:
        with path.open("rb") as file:
            return decode(file.read(MAX_FILE_BYTES))
    except (OSError, ValueError):
        return None


def is_file(path: Path) -> bool:
    """Whether a file is there; False as well where the system refuses to say."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; False as well where the system refuses to say."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_executable(path: Path) -> bool:
    """Whether a file is there that may be run."""
    return is_file(path) and os.access(path, os.X_OK)


def one_line(text: str, limit: int = 160) -> str:
    """One printable line: no terminal sequences, control characters or lone surrogates."""
    # Sequences as a whole first: their letters are printable.
    visible = (c if c.isprintable() else " " for c in _ESCAPES.sub("", text))
    line = " ".join("".join(visible).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def first_line(text: str) -> str:
    """The first line that says something, printable; "" when there is none."""
    return next((line for line in map(one_line, text.splitlines()) if line), "")


def whole_number(text: str | None) -> int | None:
    """A non-negative decimal number as the kernel writes it, None for anything else."""
    matched = re.fullmatch(r"\s*([0-9]{1,20})\s*", text or "")
    return int(matched[1]) if matched else None


def version_tuple(text: str | None) -> tuple[int, ...]:
    """The leading numbers of a version: "2.3.0+cu121" is (2, 3, 0); () when there are none."""
    matched = re.match(r"[0-9]{1,9}(?:\.[0-9]{1,9})*", text or "")
    return tuple(int(part) for part in matched[0].split(".")) if matched else ()
