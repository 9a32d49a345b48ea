"""Expressions, in the form that rules reason over: what is said, without how it is laid out.

Each is a named tuple: small, quick to make and to pickle, immutable, and matched by class::

    match expression:
        case Call(Attribute(Name("optimizer"), "step")): ...

Tuples of different classes with the same content are equal (``Name("x") == Constant("x")``), so a
dictionary keyed by expressions must say the class too. Places are not stored: see `places`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

Expression: TypeAlias = (
    "Name | Attribute | Constant | Template | Call | Subscript | Slice | Sequence | Mapping | Star"
    " | Compare | Operation | Conditional | Lambda | Comprehension | Walrus | Wait | Opaque"
)
Pair: TypeAlias = tuple["Expression | None", "Expression"]  # of a mapping; without key: **value


class Name(NamedTuple):
    """A name: ``x``."""

    id: str


class Attribute(NamedTuple):
    """``value.attr``."""

    value: Expression
    attr: str


class Constant(NamedTuple):
    """A number, string, bytes, True, False, None or Ellipsis."""

    value: Any


class Template(NamedTuple):
    """An f-string: its texts as constants, and what is formatted, in order."""

    parts: tuple[Expression, ...]


class Call(NamedTuple):
    """``func(*args, **keywords)``.

    Attributes:
        func: What is called.
        args: In order; ``*x`` is a `Star`.
        keywords: Name and value; the name of ``**x`` is None.
    """

    func: Expression
    args: tuple[Expression, ...]
    keywords: tuple[tuple[str | None, Expression], ...]

    def keyword(self, name: str) -> Expression | None:
        """Return the value handed by keyword, if one is."""
        return next((value for key, value in self.keywords if key == name), None)

    def argument(self, name: str, position: int | None = None) -> Expression | None:
        """Return what is handed by keyword, or else by position, if that can be seen."""
        found = self.keyword(name)
        if found is None and position is not None and position < len(self.args):
            before = self.args[: position + 1]
            if not any(isinstance(value, Star) for value in before):
                found = before[-1]
        return found

    @property
    def is_open(self) -> bool:
        """Whether arguments are handed that can't be seen: ``*args`` or ``**options``."""
        return any(key is None for key, _ in self.keywords) or any(
            isinstance(value, Star) for value in self.args
        )


class Subscript(NamedTuple):
    """``value[key]``; several keys are a `Sequence` of kind tuple."""

    value: Expression
    key: Expression


class Slice(NamedTuple):
    """``lower:upper:step`` in a subscript."""

    lower: Expression | None
    upper: Expression | None
    step: Expression | None


class Sequence(NamedTuple):
    """A list, tuple or set as written out; `kind` says which."""

    kind: str
    items: tuple[Expression, ...]


class Mapping(NamedTuple):
    """A dictionary as written out."""

    pairs: tuple[Pair, ...]


class Star(NamedTuple):
    """``*value``."""

    value: Expression


class Compare(NamedTuple):
    """``left < a <= b``: the operators, each with what stands to its right."""

    left: Expression
    rest: tuple[tuple[str, Expression], ...]


class Operation(NamedTuple):
    """An operator and its operands: ``a + b``, ``a and b``, ``-a``, ``not a``."""

    operator: str
    operands: tuple[Expression, ...]


class Conditional(NamedTuple):
    """``body if test else orelse``."""

    test: Expression
    body: Expression
    orelse: Expression


class Parameter(NamedTuple):
    """What a function takes.

    Attributes:
        name: As in the source, without stars.
        kind: ``""``, ``"*"`` or ``"**"``; ``"/"`` positional only, ``"k"`` by keyword only.
        default: If any.
        annotation: If any.
    """

    name: str
    kind: str
    default: Expression | None
    annotation: Expression | None


class Lambda(NamedTuple):
    """``lambda parameters: body``."""

    parameters: tuple[Parameter, ...]
    body: Expression


class Comprehension(NamedTuple):
    """A comprehension; `kind` is list, set, dict or generator.

    Attributes:
        element: What is made of each; of a dict, a tuple of key and value.
        loops: Outermost first: target, what is iterated, conditions.
    """

    kind: str
    element: Expression
    loops: tuple[tuple[Expression, Expression, tuple[Expression, ...]], ...]


class Walrus(NamedTuple):
    """``target := value``."""

    target: Expression
    value: Expression


class Wait(NamedTuple):
    """``await value``, ``yield value`` or ``yield from value``; `kind` says which."""

    kind: str
    value: Expression | None


class Opaque(NamedTuple):
    """What no rule reads; named after libcst's class."""

    kind: str


def dotted(expression: Expression | None) -> str:
    """Return ``a.b.c`` for names and attributes of names, else the empty string."""
    match expression:
        case Name(name):
            return name
        case Attribute(value, attr):
            left = dotted(value)
            return f"{left}.{attr}" if left else ""
        case _:
            return ""


def last_name(call: Call) -> str:
    """Return the last part of what is called: ``save`` of ``torch.save(…)``."""
    function = call.func
    if isinstance(function, Attribute):
        return function.attr
    return getattr(function, "id", "")


# What has no expressions within it.
LEAVES = frozenset({Name, Constant})


def subexpressions(expression: Any) -> Iterator[Any]:
    """Yield an expression and all within it, outer first, in the order of the source.

    Lambdas' bodies are included. Any nesting of tuples of expressions is taken, a statement's
    fields for instance; what is neither is passed over.
    """
    if isinstance(expression, tuple):
        if type(expression) is not tuple:
            yield expression
        for part in expression:
            if type(part) in LEAVES:
                yield part
            elif isinstance(part, tuple):
                yield from subexpressions(part)


def calls(expression: Any) -> Iterator[Call]:
    """Yield the calls in an expression, inner ones first, as they are carried out."""
    if isinstance(expression, tuple):
        for part in expression:
            if isinstance(part, tuple) and type(part) not in LEAVES:
                yield from calls(part)
        if type(expression) is Call:
            yield expression
