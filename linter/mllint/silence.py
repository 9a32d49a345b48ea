"""Which findings the user's comments suppress, and which comments suppress nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .document import Document
from .load import Source
from .rules.base import Review, Rule
from .suppressions import Suppression, is_meant


class Silence:
    """Suppresses findings, and remembers which comments did.

    Args:
        rules: All rules.
        is_on: Whether a rule, by its code, is on in a file.
    """

    def __init__(self, rules: Sequence[Rule], is_on: Callable[[str, Path], bool]) -> None:
        self.rules = rules
        self.is_on = is_on
        self.used: set[tuple[Path, Suppression, str]] = set()

    def suppresses(self, source: Source, document: Document | None, line: int, rule: Rule) -> bool:
        """Tell whether a comment suppresses a finding.

        Args:
            source: The file.
            document: Its text, if it can be had.
            line: Of the document, on which the finding begins.
            rule: Whose finding it is. One about comments is not suppressed by a comment that
                does not name it: none could ever be reported that suppresses all.
        """
        found = False
        for each in source.outline.suppressions:
            if (
                each.scope == "cell"
                and document is not None
                and document.place_of(each.line).cell != document.place_of(line).cell
            ):
                continue
            for code in each.matching(line, rule.code, rule.name):
                if not code and isinstance(rule, Review):
                    continue
                self.used.add((source.path, each, code))
                found = True
        return found

    def unknown(self, suppression: Suppression) -> list[str]:
        """Return the codes of a comment that no rule has."""
        return [code for code in suppression.codes if not any(self.meant(code))]

    def unused(self, path: Path, suppression: Suppression) -> list[str]:
        """Return the codes of a comment, empty where it has none, that suppressed nothing.

        Those of rules that were not on in this run are not among them: they may be of use in
        another.
        """
        found: list[str] = []
        for code in suppression.codes or ("",):
            if (path, suppression, code) in self.used:
                continue
            meant = list(self.meant(code))
            if len(meant) > 1:  # rules that the user has to ask for are no reason to keep it
                meant = [rule for rule in meant if rule.is_default]
            if all(self.is_on(rule.code, path) for rule in meant):
                found.append(code)
        return found

    def meant(self, code: str) -> Iterator[Rule]:
        """Return the rules that a code in a comment means; an empty one means all."""
        return (rule for rule in self.rules if is_meant(code, (rule.code, rule.name)))
