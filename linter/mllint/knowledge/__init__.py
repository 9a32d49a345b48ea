"""What calls of libraries mean: TOML files, one per library, and what the user adds to them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

MEANINGS = frozenset(
    {"step", "backward", "loop", "estimator-fit", "save", "load", "metric", "log", "split", "draw"}
    | {"learned-transform"}
)
DUTIES = frozenset({"seed", "checkpoint", "log"})


class KnowledgeError(ValueError):
    """A knowledge file says what it can't say; the message tells file and key."""


@dataclass(frozen=True)
class Owner:
    """A call that owns a training loop.

    Attributes:
        name: The call.
        made: The constructor whose arguments switch duties off.
        owns: What it does by itself: ``seed``, ``checkpoint``, ``log``.
        off: For a duty, the argument that switches it off, as ``name=value``.
    """

    name: str
    made: str
    owns: frozenset[str]
    off: dict[str, str]


def pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of some names, in which ``*`` stands for letters, digits and dots."""
    parts = [re.escape(name).replace(r"\*", r"[\w.()\[\]]*") for name in names]
    return re.compile("|".join(parts) or r"(?!)")


@dataclass
class Knowledge:
    """All that is known of libraries.

    Attributes:
        seeds: For each call that seeds, the generators that it seeds.
        names: For each meaning, the names that have it.
        owners: The calls that own a loop.
        aliases: Beginnings of names, and what they stand for.
    """

    seeds: dict[str, frozenset[str]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    owners: list[Owner] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict, repr=False)

    def canonical(self, name: str) -> str:
        """Return a library name in the form that the files use."""
        for alias, real in self.aliases.items():
            if name == alias or name.startswith(f"{alias}."):
                return self.canonical(real + name[len(alias) :])
        return name

    def means(self, meaning: str, names: Iterable[str]) -> bool:
        """Tell whether any of some library names has a meaning."""
        known = self._patterns.get(meaning)
        if known is None:
            known = self._patterns[meaning] = pattern(self.names.get(meaning, ()))
        return any(known.fullmatch(self.canonical(name)) for name in names)

    def seeded(self, names: Iterable[str]) -> frozenset[str] | None:
        """Return the generators that a call seeds; None if it is no seeding."""
        found = [self.seeds.get(self.canonical(name)) for name in names]
        known = [each for each in found if each is not None]
        return frozenset().union(*known) if known else None

    def owner(self, names: Iterable[str]) -> Owner | None:
        """Return the owner of the loop that a call runs."""
        canonical = [self.canonical(name) for name in names]
        for owner in self.owners:
            if any(pattern([owner.name]).fullmatch(name) for name in canonical):
                return owner
        return None

    def add(self, data: dict[str, Any], where: str) -> None:
        """Take in what a file says.

        Raises:
            KnowledgeError: If it has an unknown key or a value of the wrong type.
        """
        unknown = data.keys() - {"library", "seeds", "means", "owner", "aliases"}
        if unknown:
            raise KnowledgeError(f"{where}: unknown key {min(unknown)!r}")
        for name, generators in data.get("seeds", {}).items():
            self.seeds[name] = frozenset(_texts(generators, f"{where}: seeds.{name}"))
        for meaning, names in data.get("means", {}).items():
            if meaning not in MEANINGS:
                raise KnowledgeError(f"{where}: unknown meaning {meaning!r}")
            self.names.setdefault(meaning, []).extend(_texts(names, f"{where}: means.{meaning}"))
        for each in data.get("owner", []):
            if each.keys() != {"name", "made", "owns", "off"}:
                raise KnowledgeError(f"{where}: an owner has name, made, owns and off")
            duties = frozenset(_texts(each["owns"], f"{where}: owner.owns"))
            if not duties | each["off"].keys() <= DUTIES:
                raise KnowledgeError(f"{where}: duties are {', '.join(sorted(DUTIES))}")
            self.owners.append(Owner(each["name"], each["made"], duties, dict(each["off"])))
        aliases = data.get("aliases", {})
        _texts(list(aliases.values()), f"{where}: aliases")
        self.aliases |= aliases


def _texts(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise KnowledgeError(f"{where}: a list of texts is expected")
    return value


@cache
def shipped_knowledge() -> Knowledge:
    """Return what the linter knows of libraries."""
    knowledge = Knowledge()
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        knowledge.add(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
    return knowledge
