"""What holds in one run: what the sources say, put together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..discovery import Filter
from ..patterns import Pattern
from ..rules import all_rules
from .reading import ConfigurationError, Layer, find_layer
from .selection import Selection


@dataclass(frozen=True)
class FileIgnores:
    """Rules that are left out in some files; in all others, if the pattern began with ``!``."""

    pattern: Pattern
    codes: frozenset[str]
    is_negated: bool = False

    def ignored(self, path: Path) -> frozenset[str]:
        """Return the codes that are left out in a file."""
        return self.codes if self.pattern.matches(path) != self.is_negated else frozenset()


@dataclass(frozen=True)
class Settings:
    """What holds in a run.

    Attributes:
        enabled: The codes of the rules that run.
        per_file_ignores: Those left out in some files.
        filter: Which files are not checked.
        cache_dir: Where facts are kept, if not in the project.
        output_format: How findings are written.
        functions: The user's own functions, dotted names by meaning: ``seeds``, ``saves``, …
        source: The configuration file, if there is one.
    """

    enabled: frozenset[str]
    per_file_ignores: tuple[FileIgnores, ...] = ()
    filter: Filter = field(default_factory=Filter)
    cache_dir: Path | None = None
    output_format: str = "full"
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: Path | None = None

    def ignored(self, path: Path) -> frozenset[str]:
        """Return the codes of the rules that are left out in a file."""
        return frozenset().union(*(each.ignored(path) for each in self.per_file_ignores))


def make_settings(folder: Path, *layers: Layer, configuration: Layer | None = None) -> Settings:
    """Put together what the sources say.

    Args:
        folder: What is linted; the nearest configuration file at or above it counts.
        layers: What comes after it, the last word last.
        configuration: A file that takes its place.

    Raises:
        ConfigurationError: If any of them says what can't be.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 (links stay as they are)
    first = configuration or find_layer(folder)
    sources = [*([first] if first else []), *layers]
    selection = Selection(all_rules())
    for layer in sources:
        selection.apply(layer)
    values: dict[str, Any] = {}
    ignores: list[FileIgnores] = []
    excluded: list[Pattern] = []
    added: list[Pattern] = []
    for layer in sources:
        said = layer.values
        values |= said
        if "per-file-ignores" in said:
            ignores = file_ignores(layer, selection)
        if "exclude" in said:
            excluded = [Pattern(text, layer.folder) for text in said["exclude"]]
        added += [Pattern(text, layer.folder) for text in said.get("extend-exclude", ())]
        if "cache-dir" in said:
            values["cache-dir"] = layer.folder / at_home(said["cache-dir"], layer)
    return Settings(
        enabled=selection.enabled,
        per_file_ignores=tuple(ignores),
        filter=Filter(
            exclude=(*excluded, *added),
            force_exclude=values.get("force-exclude", False),
            respect_gitignore=values.get("respect-gitignore", True),
        ),
        cache_dir=values.get("cache-dir"),
        output_format=values.get("output-format", "full"),
        functions={key: tuple(values.get(key, ())) for key in ("seeds", "saves", "logs", "splits")},
        source=first.path if first else None,
    )


def at_home(text: str, layer: Layer) -> Path:
    """Return a path that may begin at somebody's home.

    Raises:
        ConfigurationError: If there is nobody of that name.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        where = layer.where("cache-dir")
        raise ConfigurationError(
            f"{where}: {text!r} begins at a home that is not known."
        ) from error


def file_ignores(layer: Layer, selection: Selection) -> list[FileIgnores]:
    """Return what a source says of rules in some files."""
    found: list[FileIgnores] = []
    for text, selectors in layer.values["per-file-ignores"].items():
        codes = frozenset(
            code
            for selector in selectors
            for code in selection.codes(selector, layer, "per-file-ignores", text)
        )
        pattern = Pattern(text.removeprefix("!"), layer.folder)
        found.append(FileIgnores(pattern, codes, text.startswith("!")))
    return found
