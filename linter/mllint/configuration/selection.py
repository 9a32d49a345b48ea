"""Which rules run: those that are on by default, and what the user says of them.

As with ruff, of what one source says (a file, the command line) the more specific counts: after
``select = ["MLR"]`` and ``ignore = ["MLR001"]`` all of the family but that one is on; a `select`
begins anew, and what comes later adds to what was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..nearest import suggestion
from ..rules.base import Rule
from .reading import ConfigurationError, Layer

ALL = "ALL"
# A file that can't be parsed is never silently clean: reported unless that is ignored by its name.
ALWAYS = frozenset({"MLX002"})
Changes = dict[str, bool]


def matching(selector: str, rules: Iterable[Rule]) -> list[str]:
    """Return the codes of the rules that a code, the beginning of one, a name or ALL selects."""
    if selector.upper() == ALL:
        return [rule.code for rule in rules]
    code = selector.upper()
    return [rule.code for rule in rules if rule.code.startswith(code) or rule.name == selector]


def specificity(selector: str, rules: Iterable[Rule]) -> int:
    """Return how specific a selector is: a name as much as a whole code."""
    if selector.upper() == ALL:
        return 0
    for rule in rules:
        if rule.name == selector:
            return len(rule.code)
    return len(selector)


@dataclass
class Selection:
    """The rules that run.

    Attributes:
        rules: All there are.
        enabled: The codes of those that run.
    """

    rules: Sequence[Rule]
    enabled: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        self.enabled = ALWAYS | {rule.code for rule in self.rules if rule.is_default}

    def codes(self, selector: str, layer: Layer, *path: str) -> list[str]:
        """Return the codes that a selector means.

        Raises:
            ConfigurationError: If it means none.
        """
        found = matching(selector.strip(), self.rules) if selector.strip() else []
        if not found:
            known = [name for rule in self.rules for name in (rule.code, rule.name)]
            families = sorted({code[:3] for code in known if code.isupper()})
            names = (*families, *known, ALL)
            end = suggestion(selector, names, "; `mllint rules` lists them all.")
            where = layer.where(*path, item=selector)
            said = f"no rule has the code or name {selector!r}"
            raise ConfigurationError(f"{where}: {said}{end}")
        return found

    def apply(self, layer: Layer) -> None:
        """Take in what one source says.

        Raises:
            ConfigurationError: If it names a rule that does not exist.
        """
        says = [
            (specificity(selector, self.rules), is_on, key, selector)
            for key, is_on in (("select", True), ("extend-select", True), ("ignore", False))
            for selector in layer.values.get(key, ())
        ]
        changes: Changes = {}
        for _, is_on, key, selector in sorted(says, key=lambda each: (each[0], not each[1])):
            for code in self.codes(selector, layer, key):
                # ALL or a family says nothing of what is never silent.
                if is_on or code not in ALWAYS or selector.upper() != ALL:
                    changes[code] = is_on
        before = ALWAYS if "select" in layer.values else self.enabled
        on = {code for code, is_on in changes.items() if is_on}
        self.enabled = before - (changes.keys() - on) | on
