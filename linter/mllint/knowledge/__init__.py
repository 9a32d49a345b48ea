"""What calls of libraries mean: TOML files, one per library, and what the user adds to them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from .loops import Chooser, Feed, KnowledgeError, Owner, chooser, feed, owner, texts
from .names import Pattern, pattern

MEANINGS = frozenset(
    {
        "array-columns",
        "augment",
        "backward",
        "binning-function",
        "category-encoder",
        "checkpoint",
        "checkpoint-at-path",
        "checkpoint-load",
        "chooser",
        "cluster",
        "coded-columns",
        "cross-validate",
        "cross-validate-rows",
        "display",
        "display-method",
        "each-process-writes",
        "estimator-fit",
        "fetch",
        "join-method",
        "keep-plot",
        "key-consumer",
        "labelled-rows",
        "learned-transform",
        "learned-when-made",
        "listing",
        "load",
        "loader",
        "log",
        "log-if-metric",
        "loop",
        "many-processes",
        "masked",
        "metric",
        "model",
        "no-step",
        "noise",
        "one-column",
        "order-keeping",
        "own-seed",
        "part-each",
        "part-one",
        "pickle",
        "pipeline",
        "plain",
        "plot",
        "print",
        "progress",
        "random-head",
        "random-split",
        "draws-later",
        "rate",
        "reader",
        "resample-function",
        "resampler",
        "row-function",
        "row-metric",
        "curve",
        "row-property",
        "run-begin",
        "run-config",
        "run-end",
        "run-log",
        "run-owner",
        "same-columns",
        "same-columns-computed",
        "same-value",
        "sampler",
        "save",
        "save-first",
        "save-no-model",
        "save-rest",
        "search",
        "search-function",
        "seed-anew",
        "seeding-trainer",
        "select-function",
        "selector",
        "spawn",
        "split",
        "splitter",
        "stateless-transformer",
        "statistic",
        "step",
        "step-log",
        "subset",
        "target-encoder",
        "train-function",
        "transform-chain",
        "transform-function",
        "transformer",
        "toy-data",
        "trial",
        "under-sampler",
        "vectorizer",
        "vocabulary",
        "wrapper",
        "write",
        "writer",
        "zscore",
    }
)
Row = TypeVar("Row", Owner, Feed, Chooser)


def top_of(name: str) -> str:
    """Return the library of a name: ``torch`` of ``torch.optim.Adam``."""
    return name.partition(".")[0]


@dataclass(eq=False)
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
        choosers: What makes such a loop choose by what it validates on.
    """

    seeds: dict[str, frozenset[str]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    draws: dict[str, list[str]] = field(default_factory=dict)
    stochastic: dict[str, str] = field(default_factory=dict)
    owners: list[Owner] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    feeds: list[Feed] = field(default_factory=list)
    choosers: list[Chooser] = field(default_factory=list)
    # What was answered before: a large project asks the same a million times.
    _patterns: dict[str, Pattern] = field(default_factory=dict, repr=False, init=False)
    _canonical: dict[str, str] = field(default_factory=dict, repr=False, init=False)
    _meant: dict[tuple[str, tuple[str, ...]], bool] = field(
        default_factory=dict, repr=False, init=False
    )
    _seeds: dict[str, frozenset[str] | None] = field(default_factory=dict, repr=False, init=False)
    _owners: dict[str, Owner | None] = field(default_factory=dict, repr=False, init=False)
    _feeds: dict[str, Feed | None] = field(default_factory=dict, repr=False, init=False)
    _choosers: dict[str, Chooser | None] = field(default_factory=dict, repr=False, init=False)

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
        if not names:
            return False
        key = (meaning, names if isinstance(names, tuple) else tuple(names))
        found = self._meant.get(key)
        if found is None:
            patterns = self.names.get(meaning, ())
            found = self._meant[key] = self._matches(meaning, patterns, key[1])
        return found

    def last_names(self, *meanings: str) -> frozenset[str]:
        """Return the last parts of the names that have any of some meanings, all written out."""
        names = (each for meaning in meanings for each in self.names.get(meaning, ()))
        return frozenset(each.rpartition(".")[2] for each in names)

    def libraries(self, *meanings: str) -> set[str]:
        """Return the top-level names of the libraries in which anything has any of some meanings.

        As they are imported: by their other names, too. Calls that own a loop mean ``owner``.
        """
        names = [each for meaning in meanings for each in self.names.get(meaning, ())]
        if "owner" in meanings:
            names += [each for row in self.owners for each in row.names]
        found = {top_of(each) for each in names if not each.startswith("!")}
        return found | {
            top_of(alias) for alias, real in self.aliases.items() if top_of(real) in found
        }

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
        known = self._patterns.get(key)
        if known is None:
            known = self._patterns[key] = Pattern(patterns)
        return known.matches(self.canonical(name))

    def seeded(self, names: Iterable[str]) -> frozenset[str] | None:
        """Return the generators that a call seeds; None if it is no seeding."""
        known = [each for each in map(self._seeded, names) if each is not None]
        return frozenset().union(*known) if known else None

    def _seeded(self, name: str) -> frozenset[str] | None:
        if name not in self._seeds:
            canonical = self.canonical(name)
            matching = (
                generators
                for seed, generators in self.seeds.items()
                if pattern(seed).matches(canonical)
            )
            self._seeds[name] = next(matching, None)
        return self._seeds[name]

    def owner(self, names: Iterable[str]) -> Owner | None:
        """Return the owner of the loop that a call runs."""
        return self._first(self.owners, self._owners, names)

    def feed(self, names: Iterable[str]) -> Feed | None:
        """Return what a call does with the data that it is handed."""
        return self._first(self.feeds, self._feeds, names)

    def released(self, is_used: Callable[[str, tuple[int, ...]], bool]) -> Knowledge:
        """Return what is true of the versions that a project uses.

        Args:
            is_used: Takes a library and a version; tells whether the project's is no older.
        """
        owners = [each for each in self.owners if each.since is None or is_used(*each.since)]
        return self if len(owners) == len(self.owners) else replace(self, owners=owners)

    def chooser(self, names: Iterable[str]) -> Chooser | None:
        """Return what a call makes a library's loop choose by."""
        return self._first(self.choosers, self._choosers, names)

    def _first(
        self, rows: list[Row], known: dict[str, Row | None], names: Iterable[str]
    ) -> Row | None:
        """Return the first row whose name matches one of some names."""
        for name in names:
            if name not in known:
                canonical = self.canonical(name)
                matching = (row for row in rows if pattern(*row.names).matches(canonical))
                known[name] = next(matching, None)
            found = known[name]
            if found is not None:
                return found
        return None

    def _forget(self) -> None:
        """Forget what was answered before there was more to know."""
        for answers in (self._patterns, self._canonical, self._meant):
            answers.clear()
        for found in (self._seeds, self._owners, self._feeds, self._choosers):
            found.clear()

    def add(self, data: dict[str, Any], where: str) -> None:
        """Take in what a file says.

        Raises:
            KnowledgeError: If it has an unknown key or a value of the wrong type.
        """
        self._forget()
        unknown = data.keys() - {
            *("library", "seeds", "means", "owner", "aliases", "draws", "stochastic", "feed"),
            "chooser",
        }
        if unknown:
            raise KnowledgeError(f"{where}: unknown key {min(unknown)!r}")
        for name, generators in data.get("seeds", {}).items():
            self.seeds[name] = frozenset(texts(generators, f"{where}: seeds.{name}"))
        for meaning, names in data.get("means", {}).items():
            if meaning not in MEANINGS:
                raise KnowledgeError(f"{where}: unknown meaning {meaning!r}")
            self.names.setdefault(meaning, []).extend(texts(names, f"{where}: means.{meaning}"))
        for generator, names in data.get("draws", {}).items():
            self.draws.setdefault(generator, []).extend(texts(names, f"{where}: draws.{generator}"))
        stochastic = data.get("stochastic", {})
        texts(list(stochastic.values()), f"{where}: stochastic")
        self.stochastic |= stochastic
        for each in data.get("owner", []):
            self.owners.append(owner(each, where))
        for each in data.get("feed", []):
            self.feeds.append(feed(dict(each), where))
        for each in data.get("chooser", []):
            self.choosers.append(chooser(each, where))
        aliases = data.get("aliases", {})
        texts(list(aliases.values()), f"{where}: aliases")
        self.aliases |= aliases


@cache
def shipped_knowledge() -> Knowledge:
    """Return what the linter knows of libraries."""
    knowledge = Knowledge()
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        knowledge.add(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
    return knowledge
