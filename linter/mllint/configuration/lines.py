"""On which line of a TOML text a key stands; tomllib reads values only."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_PATH})\s*\]")
_KEY = re.compile(rf"\s*({_PATH})\s*=")


def _parts(path: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, path)]


def line_of_key(text: str, keys: Sequence[str]) -> int:
    """Return the line, from 1, on which a key or a table stands.

    Args:
        text: A text that tomllib reads.
        keys: The key, after the tables that it is in: ``("tool", "mllint", "select")``.

    Returns:
        The line; of a key in an inline table, that of the table.
    """
    wanted = list(keys)
    table: list[str] = []
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header is not None:
            found = table = _parts(header[1])
        else:
            key = _KEY.match(line)
            if key is None:
                continue
            found = table + _parts(key[1])
        if found[: len(wanted)] == wanted:
            return number
        if wanted[: len(found)] == found and len(found) > depth:
            best, depth = number, len(found)
    return best


def line_of_item(text: str, keys: Sequence[str], item: str) -> int:
    """Return the line on which a text in the list of a key stands."""
    first = line_of_key(text, keys)
    lines = text.splitlines()[first - 1 :]
    for number, line in enumerate(lines, start=first):
        if f'"{item}"' in line or f"'{item}'" in line:
            return number
    return first
