"""The name that a user who mistyped one meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the most similar of some names; the empty string if none is similar."""
    from difflib import get_close_matches  # only needed when something is wrong

    by_key = {name.lower(): name for name in names}
    found = get_close_matches(word.lower(), by_key, 1, 0.62)
    return by_key[found[0]] if found else ""


def suggestion(word: str, names: Iterable[str], otherwise: str = "") -> str:
    """Return ``; did you mean 'name'?`` for the most similar name, or what to say without one."""
    found = nearest(word, names)
    return f"; did you mean {found!r}?" if found else otherwise
