"""What counters are while a program runs: whole numbers, as far as they can be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, islice

from ...facts.expressions import (
    Attribute,
    Call,
    Compare,
    Conditional,
    Constant,
    Expression,
    Name,
    Operation,
    Sequence,
    dotted,
)

ROUNDS = 3  # in which a loop shows what it does to its counters

# A number, text or None; `UNKNOWN` where it can't be told.
Known = object
Look = Callable[[Expression], Known]


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()

ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
}
COMPARISON: dict[str, Callable[[int, int], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
# Calls whose items are those of what they are handed first.
SHOWING = frozenset({"tqdm", "trange", "track", "list", "iter", "progress_bar", "prange"})


def value_of(expression: Expression | None, look: Look) -> Known:
    """Return what an expression is.

    Args:
        expression: The expression.
        look: Says what a name or attribute is.
    """
    match expression:
        case Constant(value):
            return value
        case Name() | Attribute():
            return look(expression)
        case Operation("not", (inside,)):
            value = value_of(inside, look)
            return UNKNOWN if value is UNKNOWN else not value
        case Operation(operator, (left, right)) if operator in ARITHMETIC:
            return calculated(operator, value_of(left, look), value_of(right, look))
        case Conditional(test, body, orelse):
            chosen = value_of(test, look)
            if chosen is UNKNOWN:
                return UNKNOWN
            return value_of(body if chosen else orelse, look)
        case Compare(left, ((("is" | "is not") as operator, Constant(None)),)):
            value = value_of(left, look)
            return UNKNOWN if value is UNKNOWN else (value is None) == (operator == "is")
        case Compare(left, ((operator, right),)) if operator in COMPARISON:
            one, other = value_of(left, look), value_of(right, look)
            if isinstance(one, int) and isinstance(other, int):
                return COMPARISON[operator](one, other)
        case Call(Name("len"), (_,)):
            return ROUNDS
        case Call(Name("int"), (inside,)):
            return value_of(inside, look)
    return UNKNOWN


def calculated(operator: str, left: Known, right: Known) -> Known:
    """Return the result of an operation on two numbers."""
    if not (isinstance(left, int) and isinstance(right, int)):
        return UNKNOWN
    if operator in ("//", "%") and right == 0:
        return UNKNOWN
    return ARITHMETIC[operator](left, right)


def items_of(iterable: Expression, look: Look) -> Iterator[Known]:
    """Yield what a loop goes over in its first rounds: numbers, pairs, or what is not known."""
    match iterable:
        case Call(func, args):
            last = dotted(func).rpartition(".")[2]
            if last in ("range", "trange", "prange", "count"):
                return iter(numbers(last, [value_of(each, look) for each in args]))
            if last == "enumerate" and args:
                start = value_of(iterable.argument("start", 1), look)
                first = start if isinstance(start, int) else 0
                return zip(count(first), items_of(args[0], look), strict=False)
            if last in SHOWING and args:
                return items_of(args[0], look)
    return iter([UNKNOWN] * ROUNDS)


def numbers(name: str, given: list[Known]) -> list[int]:
    """Return what ``range`` or ``count`` gives first; a beginning that is not known is 0."""
    start = given[0] if name == "count" and given else given[0] if len(given) > 1 else 0
    step = given[2] if len(given) > 2 else 1
    first = start if isinstance(start, int) else 0
    return list(islice(count(first, step if isinstance(step, int) else 1), ROUNDS))


def bound(target: Expression, value: Known) -> Iterator[tuple[Expression, Known]]:
    """Yield what the names and attributes of a target become."""
    match target:
        case Name() | Attribute():
            yield target, value
        case Sequence(_, items):
            parts = value if isinstance(value, tuple) and len(value) == len(items) else None
            for position, each in enumerate(items):
                yield from bound(each, parts[position] if parts else UNKNOWN)
