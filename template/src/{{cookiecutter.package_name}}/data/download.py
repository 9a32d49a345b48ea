"""Download a file: resumed when the connection drops, never used unless complete."""

import errno
import hashlib
import http.client
import logging
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TaskID, TransferSpeedColumn

from ..errors import UserError

log = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 16


class _ConnectionLostError(Exception):
    """The server went away in the middle: worth another try from where it stopped."""


def download(
    url: str,
    path: Path,
    *,
    sha256: str | None = None,
    md5: str | None = None,
    timeout_s: float = 30.0,
    attempts: int = 5,
) -> Path:
    """Fetch a file unless it is there already.

    The bytes go to `<path>.part`. When the connection drops, the download goes on from there (HTTP
    Range), in this call up to `attempts` times without progress, or the next time it is asked for.
    The file gets its name only once it is complete and its checksum is right. Several processes may
    ask at
    once: one downloads, the others wait.

    Args:
        url: http, https or file.
        path: where the file shall be.
        sha256: expected checksum, hexadecimal.
        md5: likewise, for publishers that give nothing better.
        timeout_s: longest silence of the server, in seconds.
        attempts: tries without a single new byte before giving up.

    Returns:
        path.

    Raises:
        UserError: no connection, an HTTP error, a full disk, or a wrong checksum.
    """
    if path.exists():
        return path
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _exclusive(part.with_name(part.name + ".lock")):
            if path.exists():  # another process was faster
                return path
            _fetch_all(url, part, timeout_s, attempts)
            _verify(url, part, sha256, md5)
            part.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(
                f"the disk is full: {part} holds what came so far; make room and run again to "
                "continue"
            ) from error
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def _fetch_all(url: str, part: Path, timeout_s: float, attempts: int) -> None:
    log.info("downloading %s", url)
    failures = 0
    with Progress(
        *Progress.get_default_columns(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(part.name.removesuffix(".part"), total=None)
        while True:
            before = part.stat().st_size if part.exists() else 0
            try:
                _fetch_rest(url, part, timeout_s, progress, task)
                return
            except _ConnectionLostError as error:
                held = part.stat().st_size if part.exists() else 0
                failures = 1 if held > before else failures + 1
                if failures >= attempts:
                    raise UserError(
                        f"cannot download {url} ({error}); {held} bytes are kept: check the "
                        "network and "
                        f"run again to continue, or put the file at {part.with_suffix('')} yourself"
                    ) from error
                log.warning("connection lost after %d bytes (%s), trying again", held, error)


def _fetch_rest(url: str, part: Path, timeout_s: float, progress: Progress, task: TaskID) -> None:
    """Append what is missing to the part file.

    Raises:
        _ConnectionLostError: the server could not be reached, or stopped too early.
        UserError: the server refuses.
    """
    held = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={held}-"} if held else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code == 416 and held:  # nothing is left, or the file on the server is another one
            if error.headers.get("Content-Range") != f"bytes */{held}":
                part.unlink()
                raise _ConnectionLostError("the file on the server has changed") from error
            return
        if error.code in (408, 425, 429) or error.code >= 500:
            raise _ConnectionLostError(f"HTTP {error.code} {error.reason}") from error
        raise UserError(f"cannot download {url}: HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _ConnectionLostError(str(getattr(error, "reason", error)) or repr(error)) from error
    with response:
        resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {held}-"
        )
        held = held if resumed else 0
        length = response.headers.get("Content-Length")
        total = held + int(length) if length is not None else None
        progress.update(task, completed=held, total=total)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in _chunks(response):
                file.write(chunk)
                held += len(chunk)
                progress.update(task, completed=held)
    # A dropped connection looks like the end of the file: only the length tells.
    if total is not None and held < total:
        raise _ConnectionLostError(f"{held} of {total} bytes arrived")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _ConnectionLostError(str(error) or repr(error)) from error
        if not chunk:
            return
        yield chunk


def _verify(url: str, part: Path, sha256: str | None, md5: str | None) -> None:
    for name, expected in (("sha256", sha256), ("md5", md5)):
        if expected is None:
            continue
        with part.open("rb") as file:
            checksum = hashlib.new(name, usedforsecurity=False)
            found = hashlib.file_digest(file, checksum.copy)
        if found.hexdigest() != expected.lower():
            part.unlink()
            raise UserError(
                f"{url} has {name} {found.hexdigest()} instead of {expected}: the file is damaged "
                "or was "
                "replaced; it was deleted, run again, and check the address if this repeats"
            )


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    """Let one process at a time in; the lock vanishes with its process, so none is left behind."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    file: BinaryIO
    with lock.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
