"""What becomes of texts that are written out: how dispatch tables name what they import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from ..facts.expressions import Constant, Expression, Sequence

# Methods of str without effects, whose result is short.
PURE = frozenset(
    {"partition", "rpartition", "split", "rsplit", "strip", "lstrip", "rstrip", "lower", "upper"}
    | {"replace", "removeprefix", "removesuffix", "title", "capitalize", "format"}
)
MAX_TEXT = 200


def method_result(text: str, method: str, args: list[object]) -> Expression | None:
    """Return what a method of a text gives, or None if that is not worth knowing."""
    if method not in PURE or len(text) > MAX_TEXT:
        return None
    try:
        found = getattr(text, method)(*args)
    except (TypeError, ValueError, LookupError, AttributeError):
        return None
    if isinstance(found, str):
        return Constant(found) if len(found) <= MAX_TEXT else None
    kind = "tuple" if isinstance(found, tuple) else "list"
    return Sequence(kind, tuple(Constant(each) for each in found))


def joined(parts: Iterable[list[str]]) -> Iterator[Constant]:
    """Yield the texts that parts, each with some possible texts, can make together."""
    for count, chosen in enumerate(product(*parts)):
        if count == 16:
            return
        text = "".join(chosen)
        if len(text) <= MAX_TEXT:
            yield Constant(text)
