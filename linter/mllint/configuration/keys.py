"""The keys of a configuration, what each must hold, and what it means."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

TEXTS, TEXT, FLAG, TABLE = "a list of texts", "a text", "true or false", "a table of lists of texts"
NAMES = "a list of dotted names"
NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")

FORMATS = ("full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit")


class Key(NamedTuple):
    """One key.

    Attributes:
        kind: What it must hold: `TEXTS`, `NAMES`, `TEXT`, `FLAG` or `TABLE`.
        meaning: For the documentation.
        choices: All that a text may be, if not any.
    """

    kind: str
    meaning: str
    choices: tuple[str, ...] = ()


KEYS: dict[str, Key] = {
    "select": Key(TEXTS, "The rules to use: codes, beginnings of codes, names, or ALL."),
    "extend-select": Key(TEXTS, "Rules to use beside those."),
    "ignore": Key(TEXTS, "Rules to leave out."),
    "per-file-ignores": Key(TABLE, "Rules to leave out in files that match a pattern."),
    "exclude": Key(TEXTS, "Files and folders not to check, instead of those never checked."),
    "extend-exclude": Key(TEXTS, "Files and folders not to check, beside those."),
    "force-exclude": Key(FLAG, "Whether that holds for files that are named, too."),
    "respect-gitignore": Key(FLAG, "Whether what git ignores is left out; it is, by default."),
    "cache-dir": Key(TEXT, "Where to keep what was read of each file."),
    "output-format": Key(TEXT, "How to write what was found.", FORMATS),
    "seeds": Key(NAMES, "Functions of your own that seed all random generators."),
    "saves": Key(NAMES, "Functions of your own that save a model."),
    "logs": Key(NAMES, "Functions of your own that record metrics."),
    "splits": Key(NAMES, "Functions of your own that split data into training and evaluation."),
}


def is_texts(value: Any) -> bool:
    """Tell whether a value is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def holds(kind: str, value: Any) -> bool:
    """Tell whether a value is of a key's kind."""
    if kind == TEXTS:
        return is_texts(value)
    if kind == NAMES:
        return is_texts(value) and all(map(NAME.fullmatch, value))
    if kind == TABLE:
        return isinstance(value, dict) and all(map(is_texts, value.values()))
    return isinstance(value, bool if kind == FLAG else str)
