"""What calls of libraries mean: TOML files, one per library, and what the user adds to them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

MEANINGS = frozenset(
    {
        "augment",
        "backward",
        "category-encoder",
        "cluster",
        "cross-validate",
        "display",
        "display-method",
        "estimator-fit",
        "join-method",
        "keep-plot",
        "key-consumer",
        "learned-transform",
        "listing",
        "load",
        "loader",
        "log",
        "log-if-metric",
        "loop",
        "many-processes",
        "metric",
        "model",
        "order-keeping",
        "own-seed",
        "part-each",
        "part-one",
        "pipeline",
        "plain",
        "plot",
        "print",
        "random-head",
        "random-split",
        "rate",
        "reader",
        "resample-function",
        "resampler",
        "row-function",
        "row-metric",
        "row-property",
        "same-value",
        "run-begin",
        "run-config",
        "run-end",
        "run-log",
        "run-owner",
        "sampler",
        "save",
        "save-first",
        "save-no-model",
        "save-rest",
        "search",
        "select-function",
        "selector",
        "split",
        "splitter",
        "stateless-transformer",
        "statistic",
        "step",
        "step-log",
        "subset",
        "target-encoder",
        "train-function",
        "transform-function",
        "transformer",
        "trial",
        "vectorizer",
        "vocabulary",
        "write",
        "zscore",
    }
)
DUTIES = frozenset({"seed", "checkpoint", "log"})
PURPOSES = frozenset({"train", "validate", "test"})


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


@dataclass(frozen=True)
class Feed:
    """A call that runs a loop over data that it is handed.

    Attributes:
        name: The call.
        arguments: For a keyword, its position and what the data are for: ``train``, ``validate``
            (to choose a model), ``test`` (to report on it).
    """

    name: str
    arguments: dict[str, tuple[int | None, str]]


Row = TypeVar("Row", Owner, Feed)


def pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of some names, in which ``*`` stands for letters, digits and dots."""
    parts = [re.escape(name).replace(r"\*", r"[\w.()\[\]]*") for name in names]
    return re.compile("|".join(parts) or r"(?!)")


@cache
def _pattern_of(name: str) -> re.Pattern[str]:
    return pattern([name])


@dataclass
class Knowledge:
    """All that is known of libraries.

    Attributes:
        seeds: For each call that seeds, the generators that it seeds.
        names: For each meaning, the names that have it.
        draws: For each global generator, the calls that draw from it.
        stochastic: Estimators that draw unless they are handed ``random_state``, and the argument,
            as ``name=value|value``, without which they do not; empty where they always do.
        owners: The calls that own a loop.
        aliases: Beginnings of names, and what they stand for.
        feeds: The calls that run loops over data that they are handed.
    """

    seeds: dict[str, frozenset[str]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    draws: dict[str, list[str]] = field(default_factory=dict)
    stochastic: dict[str, str] = field(default_factory=dict)
    owners: list[Owner] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    feeds: list[Feed] = field(default_factory=list)
    # What was answered before: a large project asks the same a million times.
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict, repr=False, init=False)
    _canonical: dict[str, str] = field(default_factory=dict, repr=False, init=False)
    _matched: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False, init=False)
    _owners: dict[str, Owner | None] = field(default_factory=dict, repr=False, init=False)
    _feeds: dict[str, Feed | None] = field(default_factory=dict, repr=False, init=False)

    def canonical(self, name: str) -> str:
        """Return a library name in the form that the files use."""
        known = self._canonical.get(name)
        if known is None:
            known = name
            for alias, real in self.aliases.items():
                if name == alias or name.startswith(f"{alias}."):
                    known = self.canonical(real + name[len(alias) :])
                    break
            self._canonical[name] = known
        return known

    def means(self, meaning: str, names: Iterable[str]) -> bool:
        """Tell whether any of some library names has a meaning."""
        return self._matches(meaning, self.names.get(meaning, ()), names)

    def drawn(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the global generators that a call draws from."""
        names = tuple(names)
        for generator, patterns in self.draws.items():
            if names and self._matches(f"draws {generator}", patterns, names):
                yield generator

    def _matches(self, key: str, patterns: Iterable[str], names: Iterable[str]) -> bool:
        """Tell whether any of some names matches any pattern; these are compiled once for a key."""
        return any(self._match(key, patterns, name) for name in names)

    def _match(self, key: str, patterns: Iterable[str], name: str) -> bool:
        found = self._matched.get((key, name))
        if found is None:
            known = self._patterns.get(key)
            if known is None:
                known = self._patterns[key] = pattern(patterns)
            found = self._matched[key, name] = bool(known.fullmatch(self.canonical(name)))
        return found

    def seeded(self, names: Iterable[str]) -> frozenset[str] | None:
        """Return the generators that a call seeds; None if it is no seeding."""
        found = [self.seeds.get(self.canonical(name)) for name in names]
        known = [each for each in found if each is not None]
        return frozenset().union(*known) if known else None

    def owner(self, names: Iterable[str]) -> Owner | None:
        """Return the owner of the loop that a call runs."""
        return self._first(self.owners, self._owners, names)

    def feed(self, names: Iterable[str]) -> Feed | None:
        """Return what a call does with the data that it is handed."""
        return self._first(self.feeds, self._feeds, names)

    def _first(
        self, rows: list[Row], known: dict[str, Row | None], names: Iterable[str]
    ) -> Row | None:
        """Return the first row whose name matches one of some names."""
        for name in names:
            if name not in known:
                canonical = self.canonical(name)
                matching = (row for row in rows if _pattern_of(row.name).fullmatch(canonical))
                known[name] = next(matching, None)
            found = known[name]
            if found is not None:
                return found
        return None

    def add(self, data: dict[str, Any], where: str) -> None:
        """Take in what a file says.

        Raises:
            KnowledgeError: If it has an unknown key or a value of the wrong type.
        """
        for answers in (self._patterns, self._canonical, self._matched, self._owners, self._feeds):
            answers.clear()
        unknown = data.keys() - {
            *("library", "seeds", "means", "owner", "aliases", "draws", "stochastic", "feed"),
        }
        if unknown:
            raise KnowledgeError(f"{where}: unknown key {min(unknown)!r}")
        for name, generators in data.get("seeds", {}).items():
            self.seeds[name] = frozenset(_texts(generators, f"{where}: seeds.{name}"))
        for meaning, names in data.get("means", {}).items():
            if meaning not in MEANINGS:
                raise KnowledgeError(f"{where}: unknown meaning {meaning!r}")
            self.names.setdefault(meaning, []).extend(_texts(names, f"{where}: means.{meaning}"))
        for generator, names in data.get("draws", {}).items():
            self.draws.setdefault(generator, []).extend(
                _texts(names, f"{where}: draws.{generator}")
            )
        stochastic = data.get("stochastic", {})
        _texts(list(stochastic.values()), f"{where}: stochastic")
        self.stochastic |= stochastic
        for each in data.get("owner", []):
            if each.keys() != {"name", "made", "owns", "off"}:
                raise KnowledgeError(f"{where}: an owner has name, made, owns and off")
            duties = frozenset(_texts(each["owns"], f"{where}: owner.owns"))
            if not duties | each["off"].keys() <= DUTIES:
                raise KnowledgeError(f"{where}: duties are {', '.join(sorted(DUTIES))}")
            self.owners.append(Owner(each["name"], each["made"], duties, dict(each["off"])))
        for each in data.get("feed", []):
            self.feeds.append(_feed(dict(each), where))
        aliases = data.get("aliases", {})
        _texts(list(aliases.values()), f"{where}: aliases")
        self.aliases |= aliases


def _feed(data: dict[str, Any], where: str) -> Feed:
    name = data.pop("name", "")
    if not name or not data.keys() <= PURPOSES:
        raise KnowledgeError(f"{where}: a feed has name, {', '.join(sorted(PURPOSES))}")
    arguments = {
        keyword: (position if position >= 0 else None, purpose)
        for purpose, keywords in data.items()
        for keyword, position in keywords.items()
    }
    return Feed(name, arguments)


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
