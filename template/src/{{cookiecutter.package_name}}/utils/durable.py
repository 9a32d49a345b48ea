"""Files that are whole or not there, whatever stops the process or the machine."""

import hashlib
import os
import shutil
from pathlib import Path

ASIDE = ".writing-"  # prefix of what is not finished yet
DOOMED = ".deleting-"  # prefix of what is on its way out


def sha256(path: Path) -> str:
    """Return a file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Wait until a file's, or a directory's, content is on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows can't open a directory, and needs no flush of one
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_link(link: Path, target: str) -> None:
    """Point a link at a sibling, in one step where the file system has links."""
    aside = link.with_name(f"{ASIDE}{link.name}")
    aside.unlink(missing_ok=True)
    try:
        aside.symlink_to(target, target_is_directory=True)
        aside.replace(link)
    except OSError:  # Windows without the right to make links: a copy
        shutil.rmtree(link, ignore_errors=True)
        shutil.copytree(link.parent / target, link)


def remove_whole(path: Path) -> None:
    """Delete a folder so that no half of it is ever taken for the whole."""
    doomed = path.with_name(f"{DOOMED}{path.name}")
    shutil.rmtree(doomed, ignore_errors=True)
    path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
