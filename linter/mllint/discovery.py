"""Which files to lint: what is named, and below folders what git does not ignore."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .patterns import Pattern
from .presence import is_file, is_folder, is_nowhere, is_there

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


SUFFIXES = frozenset({".py", ".ipynb"})
CONFIG_SUFFIXES = frozenset({".yaml", ".yml"})
# Not the user's code, in repositories whose .gitignore doesn't say so.
FOREIGN_FOLDERS = frozenset(
    {"__pycache__", "__pypackages__", "node_modules", "site-packages", "venv"}
)

IgnoreFile: TypeAlias = "tuple[Path, GitIgnoreSpec]"  # the folder that the patterns are relative to


@dataclass(frozen=True)
class Filter:
    """Which files are not checked.

    Attributes:
        exclude: What the user leaves out.
        force_exclude: Whether that holds for files that are named, too.
        respect_gitignore: Whether what git ignores is left out.
    """

    exclude: tuple[Pattern, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True

    def excludes(self, path: Path) -> bool:
        """Tell whether the user leaves out a file or folder, or one that it is in."""
        return any(pattern.matches(path) for pattern in self.exclude)

    def ends_at(self, path: Path) -> bool:
        """Tell whether the user leaves out a file or folder itself."""
        return any(pattern.means(path) for pattern in self.exclude)


EVERYTHING = Filter()


def read_ignore_file(folder: Path) -> list[IgnoreFile]:
    """Return the patterns of a folder's .gitignore; none if there is no such file."""
    path = folder / ".gitignore"
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    from pathspec import GitIgnoreSpec  # only where there is a .gitignore: it is slow to import

    return [(folder, GitIgnoreSpec.from_lines(filter(is_pattern, lines)))]


def is_pattern(line: str) -> bool:
    """Tell whether a line is a pattern; Git passes over what is none, such as a backslash alone."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def inherited_ignore_files(folder: Path) -> list[IgnoreFile]:
    """Return the patterns of the folders above, down from the git repository's root."""
    if is_there(folder / ".git"):
        return []
    above: list[Path] = []
    for parent in folder.parents:
        above.append(parent)
        if is_there(parent / ".git"):
            return [found for ancestor in reversed(above) for found in read_ignore_file(ancestor)]
    return []


def is_ignored(path: Path, is_folder: bool, ignore_files: list[IgnoreFile]) -> bool:
    """Tell whether git would ignore a path: the pattern nearest to it decides."""
    for folder, spec in reversed(ignore_files):
        name = path.relative_to(folder).as_posix() + ("/" if is_folder else "")
        verdict = spec.check_file(name).include
        if verdict is not None:
            return verdict
    return False


def walk(
    folder: Path,
    ignore_files: list[IgnoreFile],
    suffixes: frozenset[str] = SUFFIXES,
    chosen: Filter = EVERYTHING,
) -> Iterator[Path]:
    """Yield the files with some suffixes below an absolute folder, in a fixed order.

    A folder that may not be seen into is among them: who reads it will say so.
    """
    if chosen.respect_gitignore:
        ignore_files = [*ignore_files, *read_ignore_file(folder)]
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except PermissionError:
        yield folder
        return
    except OSError:
        return  # it is gone by now
    for entry in entries:
        path = folder / entry.name
        # A link to a folder is not followed: what it leads to is linted where it stands.
        if entry.is_dir(follow_symlinks=False):
            foreign = entry.name.startswith(".") or entry.name in FOREIGN_FOLDERS
            if foreign or is_file(path / "pyvenv.cfg") or is_ignored(path, True, ignore_files):
                continue
            if not chosen.ends_at(path):
                yield from walk(path, ignore_files, suffixes, chosen)
        elif (
            path.suffix in suffixes
            and (entry.is_file(follow_symlinks=False) or is_file(path))
            and not is_ignored(path, False, ignore_files)
            and not chosen.ends_at(path)
        ):
            yield path


def ignore_files_above(folder: Path, chosen: Filter) -> list[IgnoreFile]:
    """Return the patterns of the folders above one that is asked for, be it itself ignored."""
    if not chosen.respect_gitignore:
        return []
    inherited = inherited_ignore_files(folder)
    return [] if is_ignored(folder, True, inherited) else inherited


def walk_project(root: Path, chosen: Filter = EVERYTHING) -> Iterator[Path]:
    """Yield the Python files, notebooks and YAML files of a project, whatever is to be linted.

    What the user leaves out is among them: that a file is not checked does not mean that the
    others don't use it.
    """
    known = Filter(respect_gitignore=chosen.respect_gitignore)
    yield from walk(root, ignore_files_above(root, known), SUFFIXES | CONFIG_SUFFIXES, known)


def discover(paths: Iterable[Path], chosen: Filter = EVERYTHING) -> list[Path]:
    """Find the files to lint.

    Args:
        paths: Files and folders. A named file is linted whatever its suffix, and whether or not git
            ignores it; so are the files of a named folder that git ignores as a whole.
        chosen: What is left out.

    Returns:
        Each file once, in the order of the paths.

    Raises:
        FileNotFoundError: If a path does not exist.
    """
    found: dict[Path, Path] = {}  # by absolute path, so that overlapping paths give a file once
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 (links stay as they are)
        if is_nowhere(absolute):
            raise FileNotFoundError(path)
        if chosen.force_exclude and chosen.excludes(absolute):
            continue
        if is_folder(absolute):
            for file in walk(absolute, ignore_files_above(absolute, chosen), chosen=chosen):
                found.setdefault(file, path / file.relative_to(absolute))
        else:
            found.setdefault(absolute, path)
    return list(found.values())
