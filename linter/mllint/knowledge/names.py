"""Which library names a row means: ``torch.optim.*().step``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property
from typing import NamedTuple


class Wildcard(NamedTuple):
    """A name with ``*`` in it, which stands for letters, digits, dots and calls.

    Attributes:
        name: As it is written.
        start: What stands before the first ``*``.
        end: What stands after the last.
    """

    name: str
    start: str
    end: str

    def matches(self, name: str) -> bool:
        """Tell whether a name matches. Few begin and end alike: most are compared, not matched."""
        return (
            name.startswith(self.start)
            and name.endswith(self.end)
            and compiled(self.name).fullmatch(name) is not None
        )


@cache
def compiled(wildcard: str) -> re.Pattern[str]:
    """Return a wildcard as a regular expression."""
    return re.compile(re.escape(wildcard).replace(r"\*", r"[\w.()\[\]]*"))


class Pattern:
    """Names of which any may be meant, but for those after ``!``, whichever of the others match.

    Args:
        names: They.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._known: dict[str, bool] = {}  # a large project asks the same a million times

    @cached_property
    def wanted(self) -> tuple[frozenset[str], tuple[Wildcard, ...]]:
        """The names that are meant: those written out, and the others."""
        return parted(each for each in self.names if not each.startswith("!"))

    @cached_property
    def unwanted(self) -> tuple[frozenset[str], tuple[Wildcard, ...]]:
        """The names that are not."""
        return parted(each[1:] for each in self.names if each.startswith("!"))

    def matches(self, name: str) -> bool:
        """Tell whether a name is meant."""
        known = self._known.get(name)
        if known is None:
            known = is_among(name, *self.wanted) and not is_among(name, *self.unwanted)
            self._known[name] = known
        return known


def parted(names: Iterable[str]) -> tuple[frozenset[str], tuple[Wildcard, ...]]:
    """Return the names that are written out, and the others."""
    names = tuple(names)
    wildcards = [each for each in names if "*" in each]
    return frozenset(names).difference(wildcards), tuple(
        Wildcard(each, each.partition("*")[0], each.rpartition("*")[2]) for each in wildcards
    )


def is_among(name: str, names: frozenset[str], wildcards: tuple[Wildcard, ...]) -> bool:
    """Tell whether a name is one of some, or matches one of others."""
    return name in names or any(each.matches(name) for each in wildcards)


@cache
def pattern(*names: str) -> Pattern:
    """Return what matches any of some names; made once."""
    return Pattern(names)
