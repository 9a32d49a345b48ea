"""Fixes made until there is nothing left to make."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..check import Outcome
from ..document import read_document
from ..finding import Finding
from ..load import Source
from .round import Made, Workpiece, line_in
from .tree import UnfixableError

Lint = Callable[[Mapping[Path, bytes]], Outcome]
MAX_ROUNDS = 10


@dataclass
class MendedFile:
    """A file that fixes change.

    Attributes:
        path: As the findings name it.
        before: Its content on disk.
        after: Its content with all fixes made.
        made: The findings that were mended, in the order in which they were; their lines are those
            of the round in which they were found.
    """

    path: Path
    before: bytes
    after: bytes
    made: list[Finding] = field(default_factory=list)


@dataclass
class Mending:
    """What fixing came to.

    Attributes:
        outcome: What the last run found, with all fixes made.
        files: The changed files. Nothing has been written.
    """

    outcome: Outcome
    files: list[MendedFile]


class Mender:
    """Makes fixes, round by round.

    Args:
        lint: Lints, given contents that count instead of those on disk.
        unsafe: Whether to make fixes that the user is to look at.
    """

    def __init__(self, lint: Lint, unsafe: bool) -> None:
        self.lint = lint
        self.unsafe = unsafe
        self.files: dict[Path, MendedFile] = {}
        self.last: dict[Path, tuple[bytes, list[Made], Counter[object]]] = {}
        self.useless: set[tuple[Path, str]] = set()  # fixes that mend nothing, by file and code
        self.names: dict[str, dict[Path, None]] = {}  # all names of a file, by what links lead to
        self.history: dict[Path, list[tuple[bytes, int]]] = {}  # contents, and how much was made

    def run(self) -> Mending:
        """Make all fixes that can be made."""
        outcome = self.lint({})
        for _ in range(MAX_ROUNDS):
            if not self.round(outcome):
                break
            outcome = self.lint(self.given())
            while self.take_back(outcome):
                outcome = self.lint(self.given())
        return Mending(outcome, [file for file in self.files.values() if file.made])

    def given(self) -> dict[Path, bytes]:
        """Return the contents as they are by now."""
        return {
            name: file.after
            for path, file in self.files.items()
            for name in self.names[os.path.realpath(path)]
        }

    def round(self, outcome: Outcome) -> bool:
        """Make the fixes of all files that can be made at once; False if there are none."""
        self.last = {}
        changed = False
        for source, findings in self.by_file(outcome):
            try:
                piece = Workpiece(source)
            except UnfixableError:
                continue
            path = source.path
            content, made = piece.mend(findings)
            if not made or content == piece.content:
                continue
            file = self.files.setdefault(path, MendedFile(path, piece.content, piece.content))
            history = self.history.setdefault(path, [])
            history.append((file.after, len(file.made)))
            file.made += [each.finding for each in made]
            if not self.goes_in_circles(file, content):
                self.last[path] = file.after, made, signatures(piece, findings, made)
            file.after = content
            changed = True
        return changed

    def by_file(self, outcome: Outcome) -> list[tuple[Source, list[Finding]]]:
        """Return the findings whose fixes are to be made; a file with two names is changed once."""
        found: dict[Path, tuple[Source, list[Finding]]] = {}
        for finding in outcome.findings:
            fix = finding.report and finding.report.fix
            if finding.report is None or not fix or not (fix.is_safe or self.unsafe):
                continue
            source = finding.report.module.source
            names = self.names.setdefault(os.path.realpath(source.path), {})
            names[source.path] = None
            if source.path != next(iter(names)):
                continue
            if (source.path, finding.code) in self.useless:
                continue
            found.setdefault(source.path, (source, []))[1].append(finding)
        return list(found.values())

    def goes_in_circles(self, file: MendedFile, content: bytes) -> bool:
        """Tell whether a file had a content before; what has been made since is of no use then."""
        for position, (before, count) in enumerate(self.history[file.path]):
            if before == content:
                self.useless |= {(file.path, each.code) for each in file.made[count:]}
                del file.made[count:]
                del self.history[file.path][position:]
                return True
        return False

    def take_back(self, outcome: Outcome) -> bool:
        """Undo what the last round made of files in which a mended finding is still there."""
        now: dict[Path, Counter[object]] = {}
        for finding in outcome.findings:
            path = finding.path
            if path in self.last:
                document = read_document(path, self.files[path].after)
                key = signature(finding, line_in(document, finding))
                now.setdefault(path, Counter())[key] += 1
        undone = False
        for path, found in now.items():
            before, made, mended = self.last[path]
            useless = {key for key, count in mended.items() if found[key] >= count}
            codes = {each.finding.code for each in made if signature(*each) in useless}
            if codes:
                self.useless |= {(path, code) for code in codes}
                file = self.files[path]
                file.after = before
                del file.made[-len(made) :]
                self.history[path].pop()
                del self.last[path]
                undone = True
        return undone


def signatures(piece: Workpiece, findings: list[Finding], made: list[Made]) -> Counter[object]:
    """Return how many findings there were of each that was mended, by where it would be now."""
    before = Counter(signature(each, line_in(piece.document, each)) for each in findings)
    return Counter(
        {
            signature(*each): before[signature(each.finding, line_in(piece.document, each.finding))]
            for each in made
        }
    )


def signature(finding: Finding, line: int) -> object:
    """Return what tells a finding from others, given its line in the document."""
    return finding.code, finding.message, line


def mend(lint: Lint, unsafe: bool = False) -> Mending:
    """Make all fixes that can be made, to a fixed point. Nothing is written.

    Args:
        lint: Lints, given contents that count instead of those on disk.
        unsafe: Whether to make fixes that the user is to look at, too.
    """
    return Mender(lint, unsafe).run()
