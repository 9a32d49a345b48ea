"""Facts as source again, for what a fix writes a second time."""

from __future__ import annotations

from .expressions import Attribute, Call, Constant, Expression, Name, Operation, Subscript

MAX_TEXT = 80  # of a constant; longer ones may have been cut when they were read
TIGHT = frozenset({"+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>"})


def render(expression: Expression | None) -> str | None:
    """Return an expression as source; None if it has parts that are not worth writing twice."""
    match expression:
        case Name(name):
            return name
        case Attribute(value, attr):
            left = render(value)
            return left and f"{left}.{attr}"
        case Constant(int() | float() | str() | None as value) if len(repr(value)) < MAX_TEXT:
            return repr(value)
        case Subscript(value, key):
            parts = [render(value), render(key)]
            return None if None in parts else f"{parts[0]}[{parts[1]}]"
        case Operation(operator, (left_side, right_side)) if operator in TIGHT:
            parts = [render(left_side), render(right_side)]
            nested = [isinstance(each, Operation) for each in (left_side, right_side)]
            if None in parts:
                return None
            texts = [f"({t})" if deep else t for t, deep in zip(parts, nested, strict=True)]
            return f"{texts[0]} {operator} {texts[1]}"
        case Call(func, args, keywords) if not expression.is_open:
            called = render(func)
            handed = [render(each) for each in args]
            named = [(key, render(value)) for key, value in keywords]
            if called is None or None in handed or any(text is None for _, text in named):
                return None
            return f"{called}({', '.join([*map(str, handed), *(f'{k}={v}' for k, v in named)])})"
    return None
