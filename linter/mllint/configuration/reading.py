"""Configuration files: which one counts, and what it says, checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..nearest import suggestion
from ..presence import is_file
from .keys import KEYS, NAME, NAMES, TABLE, TEXTS, Key, holds
from .lines import line_of_item, line_of_key

OWN_FILE, SHARED_FILE = "mllint.toml", "pyproject.toml"
SHARED_TABLE = ("tool", "mllint")


class ConfigurationError(ValueError):
    """The user said what can't be; the message tells where, what and what would be right."""


@dataclass(frozen=True)
class Layer:
    """What one source says: a file, or the command line.

    Attributes:
        folder: What its patterns and paths are relative to.
        values: By key, each of the kind that the key must hold.
        name: For messages; an option is named instead where there is none.
        path: The file, if it is one.
        text: The file's text.
        table: The tables around the keys in it.
    """

    folder: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    path: Path | None = None
    text: str = field(default="", repr=False)
    table: tuple[str, ...] = ()

    def where(self, *path: str, item: str | None = None) -> str:
        """Return where a key, or a text in its list, stands: ``pyproject.toml:3``."""
        if self.path is None:
            return self.name or f"--{path[0]}"
        keys = (*self.table, *path)
        line = line_of_key(self.text, keys) if item is None else line_of_item(self.text, keys, item)
        return f"{self.name}:{line}"


def find_layer(folder: Path) -> Layer | None:
    """Return what the nearest configuration file at or above an absolute folder says.

    Raises:
        ConfigurationError: If it says what can't be.
    """
    for each in (folder, *folder.parents):
        for name in (OWN_FILE, SHARED_FILE):
            if is_file(each / name):
                layer = read_layer(each / name, is_asked_for=False)
                if layer is not None:
                    return layer
    return None


def read_layer(path: Path, is_asked_for: bool = True) -> Layer | None:
    """Return what a configuration file says.

    Args:
        path: Of ``mllint.toml``, ``pyproject.toml`` or a file of the first's form.
        is_asked_for: Whether the user named it, rather than that it was come across.

    Returns:
        What it says; None if it says nothing to mllint.

    Raises:
        ConfigurationError: If it says what can't be, or is asked for and can't be read.
    """
    is_shared = path.name == SHARED_FILE
    name = shown(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if is_shared and not is_asked_for:
            return None
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigurationError(f"{name}: the configuration can't be read: {reason}.") from error
    # What says nothing to mllint is none of its business, be it broken.
    if is_shared and not is_asked_for and "mllint" not in text:
        return None
    try:
        values: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: this is no TOML: {error}.") from error
    table = SHARED_TABLE if is_shared else ()
    for key in table:
        values = values.get(key, {}) if isinstance(values, dict) else {}
    if is_shared and not values and not is_asked_for:
        return None
    layer = Layer(path.parent, values, name, path, text, table)
    refuse_mistakes(layer)
    return layer


def shown(path: Path) -> str:
    """Return a path as messages say it: relative to the current folder, if it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def refuse_mistakes(layer: Layer) -> None:
    """Raise an error for a key that does not exist, or holds what it can't."""
    if not isinstance(layer.values, dict):
        raise ConfigurationError(f"{layer.where()}: tool.mllint must be a table.")
    for name, value in layer.values.items():
        key = KEYS.get(name)
        if key is None:
            end = suggestion(name, KEYS, f"; the keys are {', '.join(KEYS)}.")
            if name in SHARED_TABLE and not layer.table:
                end = f"; in {OWN_FILE} the keys stand by themselves, without [tool.mllint]."
            raise ConfigurationError(f"{layer.where(name)}: unknown key {name!r}{end}")
        if not holds(key.kind, value):
            path, wrong = wrong_part(name, key, value)
            said = f"{name!r} must be {key.kind}, not {described(wrong, key.kind)}"
            raise ConfigurationError(f"{layer.where(*path)}: {said}{example(name, key)}.")
        if key.choices and value not in key.choices:
            end = suggestion(value, key.choices, f"; it may be {', '.join(key.choices)}.")
            raise ConfigurationError(f"{layer.where(name)}: {name!r} can't be {value!r}{end}")


def wrong_part(name: str, key: Key, value: Any) -> tuple[tuple[str, ...], Any]:
    """Return the key, or that in its table, whose value is of the wrong kind; and the value."""
    if key.kind == TABLE and isinstance(value, dict):
        for inner, each in value.items():
            if not holds(TEXTS, each):
                return (name, inner), each
    return (name,), value


def described(value: Any, kind: str) -> str:
    """Return what a value is that is not of a kind, in the words of TOML."""
    if isinstance(value, list):
        texts = [each for each in value if isinstance(each, str)]
        if kind == NAMES and len(texts) == len(value):
            return repr(next(each for each in texts if not NAME.fullmatch(each)))
        return "a list with other things in it"
    if isinstance(value, dict):
        return "a table" if not value else "a table with other things in it"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    return f"{names.get(type(value), 'a date')} ({value!r})"


def example(name: str, key: Key) -> str:
    """Return how a key is written, where its kind does not say it."""
    if key.kind == TEXTS:
        return f': {name} = ["…"]'
    if key.kind == NAMES:
        return f': {name} = ["lab.utils.function"]'
    return f': {name} = {{"tests/**" = ["MLR001"]}}' if key.kind == TABLE else ""
