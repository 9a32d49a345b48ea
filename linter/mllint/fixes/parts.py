"""What the parts of a split are called, those of a split of a part (for validation) among them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ..facts.expressions import Call, Name, Sequence
from ..facts.statements import Assign, Body, Statement
from .names import mentioned

Pair = tuple[Name, str, str]  # an argument, and what its training and its held-out part are called


class Parting(NamedTuple):
    """Rows that are divided, by one split or by several that follow each other.

    Attributes:
        statements: The splits.
        parts: What the parts are called, by these; the training part first.
    """

    statements: tuple[Statement, ...]
    parts: dict[str, tuple[str, ...]]


def read_parting(
    block: Body, start: int, calls: Collection[int], wanted: Collection[str]
) -> Parting | None:
    """Return how some rows are divided, if that is done in a way that is understood.

    Args:
        block: The statements.
        start: Position of the split.
        calls: The ids of the calls that split each array into two.
        wanted: The names of the rows.
    """
    pairs = pairs_of(block[start], calls)
    if not {name.id for name, _, _ in pairs}.issuperset(wanted):
        return None
    statements = [block[start]]
    parts = {name.id: (train, held_out) for name, train, held_out in pairs if name.id in wanted}
    found: dict[str, tuple[str, ...]] = dict(parts)
    for statement in block[start + 1 :]:
        if mentioned(statement).isdisjoint(name for names in found.values() for name in names):
            continue
        again = {name.id: (one, other) for name, one, other in pairs_of(statement, calls)}
        if not again:
            break
        found = {
            key: tuple(part for name in names for part in again.get(name, (name,)))
            for key, names in found.items()
        }
        statements.append(statement)
    return Parting(tuple(statements), found)


def pairs_of(statement: Statement, calls: Collection[int]) -> list[Pair]:
    """Return what a statement makes of each name that it splits; nothing if it is no split."""
    match statement:
        case Assign(_, (Sequence("tuple" | "list", targets),), Call(_, arguments) as call, None):
            if id(call) not in calls or len(targets) != 2 * len(arguments):
                return []
            names = [target.id if isinstance(target, Name) else "" for target in targets]
            triples = zip(arguments, names[::2], names[1::2], strict=True)
            return [(a, one, other) for a, one, other in triples if isinstance(a, Name) and one]
    return []
