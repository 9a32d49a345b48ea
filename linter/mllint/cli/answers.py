"""What a run wrote before, where nothing that it hangs on has changed since.

A hook or an editor asks about the same files again and again. What is kept is the report as it was
written, under a hash of all that it hangs on: the command line, the configuration, every file of
the project, and the linter itself.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..cache import FOLDER, Cache
from ..document import UnreadableDocumentError, read_content
from ..project import INPUTS, Project

if TYPE_CHECKING:
    from ..configuration.settings import Settings
    from ..program.program import Program

KEPT = 32  # of each cache, the newest
# Where the report goes and how it is come by do not change what is in it.
ASIDE = frozenset({"output_file", "jobs", "cache_dir"})
# A cache below a repository may come from anyone: of a terminal's commands, colours alone pass.
COMMANDS = re.compile(r"\x1b(?!\[[\d;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")


class Answer(NamedTuple):
    """What a run wrote, and its exit status."""

    text: str
    status: int


class Question:
    """One run's question, for all that the answer hangs on.

    Args:
        options: The command line's.
        settings: What holds.
        project: The files.
        is_coloured: Whether the report has colours.
    """

    def __init__(
        self, options: dict[str, Any], settings: Settings, project: Project, is_coloured: bool
    ) -> None:
        self.options, self.settings, self.project = options, settings, project
        self.is_coloured = is_coloured
        self.contents = {path: content_key(path) for path in project.files}
        self.others = [other_key(path) for path in self.other_files()]
        cache = Cache(settings.cache_dir or project.root / FOLDER)
        assert cache.folder is not None
        self.folder = cache.folder / "answers"

    def other_files(self) -> list[Path]:
        """Return the files beside Python's and notebooks that the project is known by."""
        found = [*self.project.configs, *(self.project.root / name for name in INPUTS)]
        return [*found, *([self.settings.source] if self.settings.source else [])]

    @property
    def path(self) -> Path:
        """Where the answer is kept."""
        options = {name: self.options[name] for name in sorted(self.options.keys() - ASIDE)}
        told = blake2b(digest_size=20)
        parts = (
            (version(), os.getcwd(), self.is_coloured, options, str(self.project.root)),  # noqa: PTH109
            [str(path) for path in self.project.checked],
            [(str(path), key) for path, key in self.contents.items()],
            [str(path) for path in self.other_files()],
            self.others,
        )
        for part in parts:
            told.update(repr(part).encode("utf-8", "surrogatepass"))
        return self.folder / told.hexdigest()

    def answer(self) -> Answer | None:
        """Return the answer that was given before; None if there is none that is whole."""
        try:
            text = self.path.read_bytes().decode("utf-8", "surrogatepass")
        except (OSError, UnicodeDecodeError):
            return None
        seal, _, rest = text.partition("\n")
        status, _, report = rest.partition("\n")
        if seal != sealed(rest) or status not in ("0", "1") or COMMANDS.search(report):
            return None
        return Answer(report, int(status))

    def keep(self, answer: Answer, program: Program | None) -> None:
        """Keep an answer, if the files are still those that were asked about.

        Args:
            answer: The answer.
            program: What was read to find it.
        """
        if program is None or COMMANDS.search(answer.text):
            return
        read = {each.path: each.source for each in (*program.modules, *program.unparsable)}
        if any(source.key != self.contents.get(path) for path, source in read.items()):
            return
        if len(read) != len(self.contents) or self.others != list(
            map(other_key, self.other_files())
        ):
            return
        rest = f"{answer.status}\n{answer.text}"
        path = self.path
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            self.folder.mkdir(exist_ok=True)
            aside.write_bytes(f"{sealed(rest)}\n{rest}".encode("utf-8", "surrogatepass"))
            aside.replace(path)
            kept = sorted(self.folder.iterdir(), key=lambda each: each.stat().st_mtime)
            for old in kept[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


def content_key(path: Path) -> str:
    """Name a file's content; nothing, as its source does, if it can't be read."""
    try:
        return Cache.key(read_content(path), path.suffix)
    except UnreadableDocumentError:
        return ""


def other_key(path: Path) -> str:
    """Name a file's content; nothing if it can't be read, or is not there."""
    try:
        return Cache.key(path.read_bytes(), path.suffix)
    except OSError:
        return ""


def sealed(text: str) -> str:
    """Return what shows that a text is whole."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()


def version() -> str:
    """Name the versions of all that turns files into a report."""
    package = Path(__file__).parents[1]
    files = sorted(each for each in package.rglob("*") if each.suffix in (".py", ".toml"))
    times = "".join(
        f"{each} {s.st_mtime_ns} {s.st_size};" for each in files for s in (each.stat(),)
    )
    return f"{sys.version_info[:3]} {blake2b(times.encode(), digest_size=12).hexdigest()}"
