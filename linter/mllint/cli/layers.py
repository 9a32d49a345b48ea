"""What the command line says, in the form of a configuration file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..configuration.keys import KEYS, TABLE, TEXT, TEXTS
from ..configuration.reading import (
    ConfigurationError,
    Layer,
    read_layer,
    refuse_mistakes,
)
from ..configuration.settings import Settings, make_settings
from ..presence import is_folder, is_there


def split(texts: Iterable[str]) -> list[str]:
    """Return the parts of texts with commas."""
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def per_file(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return patterns and rules from ``pattern:rule,rule,other:rule``.

    Raises:
        ConfigurationError: If a rule stands behind no pattern.
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        pattern = ""
        for part in split([text]):
            before, colon, rule = part.rpartition(":")
            pattern = before.strip() if colon else pattern
            if not pattern or not rule.strip():
                raise ConfigurationError(
                    f"--per-file-ignores: {part!r} is no pattern and rule, such as tests/**:MLR001."
                )
            found.setdefault(pattern, []).append(rule.strip())
    return found


def layer_of_options(options: Mapping[str, Any]) -> Layer:
    """Return what the options say of the keys of a configuration; those not given say nothing."""
    values: dict[str, Any] = {}
    for name, key in KEYS.items():
        said = options.get(name.replace("-", "_"))
        if said is None or said == ():
            continue
        if key.kind == TEXTS:
            values[name] = split(said)
        elif key.kind == TABLE:
            values[name] = per_file(said)
        else:
            values[name] = str(said) if key.kind == TEXT else said
    return Layer(Path.cwd(), values)


def inline_layer(text: str) -> Layer:
    """Return what a line of a configuration says.

    Raises:
        ConfigurationError: If it says what can't be, or is neither such a line nor a file.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = "a file that exists" if "=" not in text else f"a line of TOML ({error})"
        raise ConfigurationError(f"--config: {text!r} is not {hint}.") from error
    layer = Layer(Path.cwd(), values, "--config")
    refuse_mistakes(layer)
    return layer


def settings_of(options: Mapping[str, Any], folder: Path) -> Settings:
    """Return what holds in a run: what the options say comes before what a file says.

    Args:
        options: By name, as click hands them over.
        folder: What is linted.

    Raises:
        ConfigurationError: If an option or the file says what can't be.
    """
    configuration: Layer | None = None
    layers: list[Layer] = []
    for text in options["config"]:
        if is_there(Path(text)) and not is_folder(Path(text)):
            configuration = read_layer(Path(text).absolute())
        else:
            layers.append(inline_layer(text))
    layers.append(layer_of_options(options))
    return make_settings(folder, *layers, configuration=configuration)
