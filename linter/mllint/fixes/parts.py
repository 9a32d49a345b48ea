"""What the parts of a split are called, those of a split of a part (for validation) among them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ..facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Name,
    Sequence,
    Slice,
    Subscript,
)
from ..facts.statements import Assign, Body, Statement
from .names import mentioned

# An array, and what its training and its held-out part are called.
Pair = tuple[Expression, str, str]


class Parting(NamedTuple):
    """Rows that are divided, by one split or by several that follow each other.

    Attributes:
        statements: The splits.
        parts: What the parts are called, by these; the training part first.
        is_wide: Whether columns are sliced too, as only those of an array can be.
    """

    statements: tuple[Statement, ...]
    parts: dict[str, tuple[str, ...]]
    is_wide: bool = False


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
    if not pairs and len(wanted) == 1:
        return sliced(block, start, next(iter(wanted)))
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


def sliced(block: Body, start: int, name: str) -> Parting | None:
    """Return how rows are divided by slices: ``train, test = rows[:n], rows[n:]``.

    Args:
        block: The statements.
        start: Position of the first that slices them.
        name: The rows.
    """
    statements: list[Statement] = []
    train: list[str] = []
    held_out: list[str] = []
    is_wide = False
    for statement in block[start:]:
        if name not in mentioned(statement):
            continue
        pairs = slices_of(statement, name)
        if not pairs:
            break
        statements.append(statement)
        for target, rows, columns in pairs:
            is_first = rows.lower in (None, Constant(0)) and rows.upper is not None
            (train if is_first else held_out).append(target)
            is_wide = is_wide or columns
    if len(train) != 1 or not held_out or len({*train, *held_out}) <= len(held_out):
        return None
    return Parting(tuple(statements), {name: (*train, *held_out)}, is_wide)


def slices_of(statement: Statement, name: str) -> list[tuple[str, Slice, bool]]:
    """Return the slices of some rows that a statement gives names to; nothing if it does else.

    Returns:
        For each the name that it gets, the slice of rows, and whether columns are sliced as well.
    """
    match statement:
        case Assign(_, (Sequence("tuple" | "list", targets),), Sequence("tuple", values), None):
            pairs = list(zip(targets, values, strict=False)) if len(targets) == len(values) else []
        case Assign(_, (target,), value, None) if value is not None:
            pairs = [(target, value)]
        case _:
            return []
    found: list[tuple[str, Slice, bool]] = []
    for target, value in pairs:
        match target, value:
            case Name(new), Subscript(Name(rows), Slice() as key) if rows == name:
                found.append((new, key, False))
            case (
                Name(new),
                Subscript(Name(rows), Sequence("tuple", (Slice() as key, *others))),
            ) if rows == name and all(isinstance(each, Slice) for each in others):
                found.append((new, key, True))
            case Name(new), Subscript(Attribute(Name(rows), "iloc"), Slice() as key) if (
                rows == name
            ):
                found.append((new, key, False))
            case _:
                return []
    return found
