"""Expressions as text, short: for messages, and to tell whether two say the same."""

from __future__ import annotations

from ..facts.expressions import (
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Operation,
    Sequence,
    Slice,
    Star,
    Subscript,
)

BRACKETS = {"list": "[]", "tuple": "()", "set": "{}"}


def spelled(expression: object, depth: int = 5) -> str:
    """Return an expression as one would write it; ``…`` for what is too long or too deep."""
    if depth == 0:
        return "…"
    inner = depth - 1
    match expression:
        case Name(name):
            return name
        case Attribute(value, attr):
            return f"{spelled(value, inner)}.{attr}"
        case Constant():
            text = repr(expression.value)
            return text if len(text) < 30 else "…"
        case Call(func, args, keywords):
            named = [f"{k}={spelled(v, inner)}" if k else "**…" for k, v in keywords]
            handed = [spelled(each, inner) for each in args] + named
            return f"{spelled(func, inner)}({', '.join(handed)})"
        case Subscript(value, Sequence("tuple", items)):
            return f"{spelled(value, inner)}[{', '.join(spelled(i, inner) for i in items)}]"
        case Subscript(value, key):
            return f"{spelled(value, inner)}[{spelled(key, inner)}]"
        case Slice(lower, upper, step):
            parts = [spelled(each, inner) if each is not None else "" for each in (lower, upper)]
            return ":".join(parts) + (f":{spelled(step, inner)}" if step is not None else "")
        case Sequence(kind, items):
            inside = ", ".join(spelled(each, inner) for each in items[:6])
            return f"{BRACKETS[kind][0]}{inside}{BRACKETS[kind][1]}"
        case Star(value):
            return f"*{spelled(value, inner)}"
        case Compare(left, rest):
            return " ".join(
                [spelled(left, inner), *(f"{o} {spelled(right, inner)}" for o, right in rest)]
            )
        case Operation(operator, (operand,)):
            return f"{operator}{spelled(operand, inner)}"
        case Operation(operator, operands):
            return f" {operator} ".join(spelled(each, inner) for each in operands)
    return "…"


def shortened(expression: object, length: int = 60) -> str:
    """Return an expression as text for a message, cut to its callee where it is long."""
    text = spelled(expression)
    if len(text) > length and isinstance(expression, Call):
        text = f"{spelled(expression.func)}(…)"
    if len(text) > length:
        text = without_arguments(expression)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def without_arguments(expression: object) -> str:
    """Return a chain of calls as text that leaves out what they are handed."""
    match expression:
        case Attribute(value, attr):
            return f"{without_arguments(value)}.{attr}"
        case Call(func, args, keywords):
            return f"{without_arguments(func)}({'…' if args or keywords else ''})"
    return spelled(expression)
