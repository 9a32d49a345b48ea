"""What the parts of a split are called, those of a split of a part (for validation) among them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ..facts.expressions import Call, Expression, Name, Sequence
from ..facts.statements import Assign, Body, Statement
from .names import mentioned

# An array, and what its training and its held-out part are called.
Pair = tuple[Expression, str, str]


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
    pairs = named_pairs(block[start], calls)
    if not pairs.keys() >= set(wanted):
        return None
    statements = [block[start]]
    found: dict[str, tuple[str, ...]] = {name: pairs[name] for name in wanted}
    for statement in block[start + 1 :]:
        if mentioned(statement).isdisjoint(name for names in found.values() for name in names):
            continue
        again = named_pairs(statement, calls)
        if not again:
            break
        found = {
            key: tuple(part for name in names for part in again.get(name, (name,)))
            for key, names in found.items()
        }
        statements.append(statement)
    return Parting(tuple(statements), found)


def named_pairs(statement: Statement, calls: Collection[int]) -> dict[str, tuple[str, str]]:
    """Return the parts of what a statement splits and that has a name, by that."""
    pairs = pairs_of(statement, calls)
    return {name.id: (one, other) for name, one, other in pairs if isinstance(name, Name)}


def pairs_of(statement: Statement, calls: Collection[int]) -> list[Pair]:
    """Return what a statement makes of each array that it splits; nothing if it is no split."""
    match statement:
        case Assign(_, (Sequence("tuple" | "list", targets),), Call(_, arguments) as call, None):
            if id(call) not in calls or len(targets) != 2 * len(arguments):
                return []
            names = [target.id if isinstance(target, Name) else "" for target in targets]
            triples = zip(arguments, names[::2], names[1::2], strict=True)
            return [triple for triple in triples if triple[1]]
    return []
