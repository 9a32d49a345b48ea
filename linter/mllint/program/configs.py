"""What Hydra's YAML files name: each ``_target_``, by the path of keys that leads to it.

The files are not parsed, only their indentation is: a name may be read from any file, broken or
hostile, in no time. A file in a folder of options (``configs/model/cnn.yaml``) stands at the
folder's key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..facts.expressions import Expression, dotted
from .values import Library, Values

MAX_BYTES = 1_000_000
MAX_TARGETS = 16
# The config that Hydra hands to a main function, as a value.
CONFIG = "hydra.config"
_LINE = re.compile(r"^(?P<indent> *)(?:- )?(?P<key>[\w.-]+) *:(?: +(?P<value>.*?))? *(?:#.*)?$")
_INLINE = re.compile(r"_target_ *: *['\"]?(?P<name>[\w.]+)")

Path_ = tuple[str, ...]


def targets_in(text: str) -> Iterator[tuple[Path_, str]]:
    """Yield the path of keys and the dotted name of each ``_target_`` in a YAML file."""
    stack: list[tuple[int, str]] = []
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        indent = len(found["indent"]) + (2 if line.lstrip().startswith("- ") else 0)
        while stack and stack[-1][0] >= indent:
            stack.pop()
        path = tuple(key for _, key in stack)
        value = (found["value"] or "").strip("'\"")
        if found["key"] == "_target_":
            if re.fullmatch(r"[\w.]+", value):
                yield path, value
            continue
        for inline in _INLINE.finditer(value):
            yield (*path, found["key"]), inline["name"]
        if not value:
            stack.append((indent, found["key"]))


def is_below(keys: Path_, node: Path_) -> bool:
    """Tell whether a path of keys leads through a node and further."""
    return any(keys[at : at + len(node)] == node for at in range(len(keys) - len(node)))


class Configs:
    """The project's YAML files.

    Args:
        paths: Of the files; read when a target is first asked for.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = list(paths)
        self._entries: list[tuple[Path_, str, Path]] | None = None

    @property
    def entries(self) -> list[tuple[Path_, str, Path]]:
        """Each target: its keys, folders included, its name, and its file."""
        if self._entries is None:
            self._entries = []
            for path in self.paths:
                try:
                    if path.stat().st_size > MAX_BYTES:
                        continue
                    text = path.read_text(encoding="utf-8", errors="replace")
                except OSError:
                    continue
                if "_target_" in text:
                    groups = path.parts[:-1][-3:]
                    found = targets_in(text)
                    self._entries += [((*groups, *keys), name, path) for keys, name in found]
        return self._entries

    def targets(self, expression: Expression, values: Values, within: bool = False) -> list[str]:
        """Return the names that ``instantiate(cfg.model)`` may mean.

        Args:
            expression: What is handed to it.
            values: What that stands for.
            within: Whether those further inside of the node are meant.
        """
        asked: tuple[str, ...] = ()
        for value in values:
            if isinstance(value, Library) and value.name.startswith((CONFIG, "omegaconf.")):
                name = value.name.removeprefix(CONFIG).removeprefix("omegaconf.DictConfig()")
                asked = tuple(name.strip(".").split("."))
        asked = asked or tuple(dotted(expression).split(".")[1:])
        for length in range(len(asked), 0, -1):
            wanted = asked[-length:]
            found = [name for keys, name, _ in self.entries if keys[-length:] == wanted]
            if within:
                found = [name for keys, name, _ in self.entries if is_below(keys, wanted)]
            if found:
                return list(dict.fromkeys(found))[:MAX_TARGETS]
        if within:
            return []
        # Which one is not known: any that the project has.
        return list(dict.fromkeys(name for _, name, _ in self.entries))[:MAX_TARGETS]
