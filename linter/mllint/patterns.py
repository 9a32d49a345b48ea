"""Patterns by which a user says which files he means, as ruff reads them."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple


@cache
def _compiled(text: str) -> re.Pattern[str]:
    """Return what matches a path, or a name, that a pattern means."""
    regex = ""
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.", text, re.DOTALL):
        if part == "**/":
            regex += "(?:.*/)?"
        elif part == "**":
            regex += ".*"
        elif part == "*":
            regex += "[^/]*"
        elif part == "?":
            regex += "[^/]"
        elif len(part) > 1:
            regex += "[^" + part[2:] if part[1] == "!" else part
        else:
            regex += re.escape(part)
    try:
        return re.compile(regex)
    except re.error:  # [z-a]
        return re.compile(re.escape(text))


class Pattern(NamedTuple):
    """A pattern.

    Attributes:
        text: ``name``, ``folder/*.py``, ``**/x.py``; one without a slash is about a name anywhere
            below the folder, one with a slash about a path from it.
        folder: Absolute; what it is relative to.
    """

    text: str
    folder: Path

    def matches(self, path: str | Path) -> bool:
        """Tell whether it means a file, or a folder that the file is in."""
        parts = self._parts(path)
        return any(self._means(parts[:count]) for count in range(1, len(parts) + 1))

    def means(self, path: str | Path) -> bool:
        """Tell whether it means a file or folder itself."""
        parts = self._parts(path)
        return bool(parts) and self._means(parts)

    @property
    def _path(self) -> str:
        return self.text.rstrip("/").removeprefix("./")

    def _parts(self, path: str | Path) -> list[str]:
        """Return a path from where the pattern begins; nothing if it is elsewhere."""
        absolute = os.path.abspath(path)  # noqa: PTH100 (links stay as they are)
        if not Path(self._path).is_absolute():
            prefix = f"{self.folder}{os.sep}".replace(f"{os.sep}{os.sep}", os.sep)
            if not absolute.startswith(prefix):
                return []
            absolute = absolute[len(prefix) :]
        return absolute.replace(os.sep, "/").split("/")

    def _means(self, parts: list[str]) -> bool:
        path = self._path
        text = "/".join(parts) if "/" in path else parts[-1]
        return _compiled(path).fullmatch(text) is not None
