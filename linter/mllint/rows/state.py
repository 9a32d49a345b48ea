"""What names and objects hold at one moment of the program.

A branch writes to a layer of its own, so that entering and leaving it costs what it changes, not
what there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from .value import Value

# Of a name: its scope and the name. Of an object: itself and the attribute.
Key: TypeAlias = tuple[object, str]
Layer: TypeAlias = dict[Key, Value]


class State:
    """Values by key, in layers."""

    def __init__(self) -> None:
        self.layers: list[Layer] = [{}]

    def get(self, key: Key) -> Value | None:
        """Return what a key holds, if that is known."""
        for layer in reversed(self.layers):
            found = layer.get(key)
            if found is not None:
                return found
        return None

    def set(self, key: Key, value: Value) -> None:
        """Let a key hold a value."""
        self.layers[-1][key] = value

    def forget(self, keys: Iterator[Key]) -> None:
        """Drop keys that nothing can ask for any more."""
        top = self.layers[-1]
        for key in keys:
            top.pop(key, None)

    def names(self, scope: object) -> list[str]:
        """Return the names of one scope."""
        return [name for layer in self.layers for owner, name in layer if owner is scope]

    def begin(self) -> None:
        """Begin a branch."""
        self.layers.append({})

    def end(self) -> Layer:
        """End a branch; return what it has changed, which is undone."""
        return self.layers.pop()

    def since(self, depth: int) -> Layer:
        """Return what all branches from one on have changed."""
        found: Layer = {}
        for layer in self.layers[depth:]:
            found |= layer
        return found

    def merge(self, branches: list[Layer]) -> None:
        """Let hold what may hold behind some branches; an empty one is that of doing nothing."""
        if len(branches) == 1:
            self.layers[-1].update(branches[0])
            return
        for key in dict.fromkeys(key for branch in branches for key in branch):
            before = self.get(key)
            found: Value | None = None
            for branch in branches:
                value = branch.get(key, before)
                if value is not None:
                    found = value if found is None else found.join(value)
            if found is not None:
                self.layers[-1][key] = found

    def settle(self) -> None:
        """Keep what unfinished branches have changed, when the work is broken off."""
        while len(self.layers) > 1:
            branch = self.layers.pop()
            self.layers[-1].update(branch)
