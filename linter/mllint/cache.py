"""Facts on disk, so that a second run parses only what changed.

One file for each content, named by its hash, in a folder for each version of what makes facts. A
file is written aside and moved into place, so two runs may share the folder; one that is cut or
corrupt is as good as none; and a folder that can't be written is read, or left alone.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import suppress
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from . import __version__
from .facts.module import EncodedFacts
from .presence import is_folder, is_there

FOLDER = ".mllint_cache"
MAGIC = b"mllint facts\n"
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Facts of mllint; may be deleted.\n"
VERSION = re.compile(r"[\w.+]+-py3\d+-[0-9a-f]{12}")  # what `fingerprint` gives
# What decides how a file's content becomes facts.
SOURCES = ("facts", "cells.py", "document.py", "syntax.py", "suppressions.py")


def fingerprint() -> str:
    """Name the versions of all that turns a content into facts."""
    here = Path(__file__).parent
    files = [here / name for name in SOURCES]
    files += sorted((here / "facts").glob("*.py"))
    libcst = find_spec("libcst")
    if libcst is not None and libcst.origin:
        files.append(Path(libcst.origin))
    times = "".join(f"{status.st_mtime_ns} {status.st_size};" for status in map(Path.stat, files))
    python = f"{sys.version_info[0]}{sys.version_info[1]}"
    return f"{__version__}-py{python}-{blake2b(times.encode(), digest_size=6).hexdigest()}"


class Cache:
    """Facts by content.

    Args:
        folder: Where to keep them; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.top = folder
        self.folder = folder / fingerprint() if folder else None
        self.writable = True

    @staticmethod
    def key(content: bytes, suffix: str) -> str:
        """Name a content; that of a notebook is read differently."""
        return blake2b(content, digest_size=16, person=suffix.encode()[:16]).hexdigest()

    def load(self, key: str) -> EncodedFacts | None:
        """Return the facts that were stored under a key, if they are there and whole."""
        if self.folder is None:
            return None
        try:
            data = (self.folder / key).read_bytes()
        except OSError:
            return None
        start = len(MAGIC) + 24
        payload = data[start:]
        if data[: len(MAGIC)] != MAGIC or data[len(MAGIC) : start] != _seal(payload):
            return None
        split = 8 + int.from_bytes(payload[:8], "little")
        return EncodedFacts(payload[8:split], payload[split:])

    def store(self, key: str, facts: EncodedFacts) -> None:
        """Keep facts, if the folder can be written."""
        if self.folder is None or not self.writable:
            return
        payload = len(facts.outline).to_bytes(8, "little") + facts.outline + facts.body
        aside = self.folder / f"{key}.{os.getpid()}"
        try:
            aside.write_bytes(MAGIC + _seal(payload) + payload)
            aside.replace(self.folder / key)
        except OSError:
            self.writable = False
            with suppress(OSError):
                aside.unlink(missing_ok=True)

    def open(self) -> None:
        """Make the folder, unseen by git and backups, and drop what older versions left in it.

        The user may name any folder, one with other things in it too: those are left alone.
        """
        if self.top is None or self.folder is None or is_folder(self.folder):
            return
        try:
            if not is_there(self.top):
                self.top.mkdir(parents=True, exist_ok=True)
                (self.top / ".gitignore").write_text("*\n", encoding="utf-8")
                (self.top / "CACHEDIR.TAG").write_text(TAG, encoding="utf-8")
            self.folder.mkdir(exist_ok=True)
            for other in self.top.iterdir():
                if VERSION.fullmatch(other.name) and other != self.folder:
                    shutil.rmtree(other, ignore_errors=True)
        except OSError:
            return

    def prune(self, used: int) -> None:
        """Delete the oldest half, once most are of contents that the project no longer has."""
        if self.folder is None:
            return
        try:
            kept = [entry for entry in os.scandir(self.folder) if entry.is_file()]
            if len(kept) <= 500 + 4 * used:
                return
            kept.sort(key=lambda entry: entry.stat().st_mtime)
            for entry in kept[: len(kept) // 2]:
                Path(entry.path).unlink(missing_ok=True)
        except OSError:
            return


def _seal(payload: bytes) -> bytes:
    """Return what shows that a payload is whole."""
    return blake2b(payload, digest_size=24).digest()
