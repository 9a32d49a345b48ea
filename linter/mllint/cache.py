"""Facts on disk, so that a second run parses only what changed.

One file for each content, named by its hash, in a folder for each version of what makes facts. A
file is written aside and moved into place, so two runs may share the folder; one that is cut or
corrupt is as good as none; and a folder that can't be written is read, or left alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from . import __version__
from .facts.module import EncodedFacts
from .presence import is_folder, is_there

FOLDER = ".mllint_cache"
MAGIC = b"mllint facts\n"
KEY = re.compile(r"[0-9a-f]{32}")
SIZES = "<QQ"  # where the body and the chunks begin
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
        payload = self.read(key)
        if payload is None or len(payload) < struct.calcsize(SIZES):
            return None
        body, chunks = struct.unpack_from(SIZES, payload)
        ends = [struct.calcsize(SIZES), body, chunks, len(payload)]
        return EncodedFacts(*(payload[a:b] for a, b in pairwise(ends)))

    def store(self, key: str, facts: EncodedFacts) -> None:
        """Keep facts, if the folder can be written."""
        body = struct.calcsize(SIZES) + len(facts.outline)
        self.write(key, struct.pack(SIZES, body, body + len(facts.body)) + b"".join(facts))

    def last_keys(self, paths: Iterable[Path]) -> dict[str, str]:
        """Return the key of what each file of a project held when it was last read, by path."""
        payload = self.read(index_of(paths)) or b"{}"
        try:
            found = json.loads(payload)
        except (ValueError, RecursionError):
            return {}
        items = found.items() if isinstance(found, dict) else ()
        return {path: key for path, key in items if KEY.fullmatch(str(key))}

    def store_last_keys(self, keys: Mapping[Path, str]) -> None:
        """Keep the key of what each file of a project holds now."""
        told = json.dumps({str(path): key for path, key in keys.items()})
        self.write(index_of(keys), told.encode("utf-8", "surrogatepass"))

    def read(self, name: str) -> bytes | None:
        """Return what was written under a name, if it is there and whole."""
        if self.folder is None:
            return None
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        start = len(MAGIC) + 24
        payload = data[start:]
        if data[: len(MAGIC)] != MAGIC or data[len(MAGIC) : start] != _seal(payload):
            return None
        return payload

    def write(self, name: str, payload: bytes) -> None:
        """Keep something under a name, if the folder can be written."""
        if self.folder is None or not self.writable:
            return
        aside = self.folder / f"{name}.{os.getpid()}"
        try:
            aside.write_bytes(MAGIC + _seal(payload) + payload)
            aside.replace(self.folder / name)
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


def index_of(paths: Iterable[Path]) -> str:
    """Name the list of the files of a project, by the first of them."""
    first = min(map(str, paths), default="")
    return f"index-{blake2b(first.encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}"


def _seal(payload: bytes) -> bytes:
    """Return what shows that a payload is whole."""
    return blake2b(payload, digest_size=24).digest()
