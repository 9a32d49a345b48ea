"""From libcst's expressions to the facts' own.

One function per class of node, found in a table by the node's class: no visitor, no metadata.
What is layout (whitespace, parentheses, commas) is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Nodes
from sys import intern
from typing import Any

from . import literals
from .expressions import (
    Attribute,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Lambda,
    Mapping,
    Opaque,
    Operation,
    Parameter,
    Sequence,
    Slice,
    Star,
    Subscript,
    Template,
    Wait,
    Walrus,
)
from .operators import OPERATORS

# Set while the places of facts are looked for: from a fact's id() to it, kept alive so that no
# other gets its id, and to its node. Statements are entered by `extraction`.
origins: dict[int, tuple[object, Any]] | None = None


def remember(fact: object, node: Any) -> None:
    """Enter a fact's node, if places are looked for."""
    if origins is not None:
        origins[id(fact)] = fact, node


def translate(node: Any) -> Expression:
    """Return an expression's facts."""
    kind = type(node).__name__
    make = TRANSLATORS.get(kind)
    if make is None:
        return Opaque(kind)
    expression: Expression = make(node)
    if origins is not None:
        origins[id(expression)] = expression, node
    return expression


def kind_of(node: Any) -> str:
    """Return the name of a node's class."""
    return type(node).__name__


def optional(node: Any | None) -> Expression | None:
    """Translate, or pass None on."""
    return None if node is None else translate(node)


def operator(node: Any) -> str:
    """Return an operator as written, without the ``=`` of an assignment."""
    return OPERATORS.get(type(node).__name__, "?")


def _template_parts(node: Any) -> list[Expression]:
    """Return the parts of an f-string."""
    parts: list[Expression] = []
    for part in node.parts:
        expression = getattr(part, "expression", None)
        if expression is not None:
            parts.append(translate(expression))
        elif part.value:
            parts.append(Constant(part.value[: literals.MAX_TEXT]))
    return parts


def _concatenated(node: Any) -> Expression:
    """Join ``"a" "b"``; the chain leans to the right, and may have thousands of links."""
    parts: list[Expression] = []
    while kind_of(node) == "ConcatenatedString":
        parts.append(translate(node.left))
        node = node.right
    parts.append(translate(node))
    values = [part.value for part in parts if isinstance(part, Constant)]
    if len(values) < len(parts):
        pieces = [part.parts if isinstance(part, Template) else (part,) for part in parts]
        return Template(tuple(piece for each in pieces for piece in each))
    empty: Any = b"" if isinstance(values[0], bytes) else ""
    return Constant(empty.join(values)[: literals.MAX_TEXT])


def _call(node: Any) -> Expression:
    args: list[Expression] = []
    keywords: list[tuple[str | None, Expression]] = []
    for argument in node.args:
        value = translate(argument.value)
        if argument.keyword is not None:
            keywords.append((intern(argument.keyword.value), value))
        elif not argument.star:
            args.append(value)
        elif argument.star == "*":
            args.append(Star(value))
        else:
            keywords.append((None, value))
    return Call(translate(node.func), tuple(args), tuple(keywords))


def _index(node: Any) -> Expression:
    if kind_of(node) == "Slice":
        return Slice(optional(node.lower), optional(node.upper), optional(node.step))
    value = translate(node.value)
    return Star(value) if node.star else value


def _subscript(node: Any) -> Expression:
    elements: Nodes[Any] = node.slice
    if len(elements) == 1 and kind_of(elements[0].comma) != "Comma":
        return Subscript(translate(node.value), _index(elements[0].slice))
    indices = tuple(_index(element.slice) for element in elements)
    return Subscript(translate(node.value), Sequence("tuple", indices))


def _sequence(kind: str) -> Callable[[Any], Expression]:
    def make(node: Any) -> Expression:
        items = [
            Star(translate(element.value))
            if kind_of(element) == "StarredElement"
            else translate(element.value)
            for element in node.elements
        ]
        return Sequence(kind, tuple(items))

    return make


def _mapping(node: Any) -> Expression:
    return Mapping(
        tuple(
            (
                translate(element.key) if kind_of(element) == "DictElement" else None,
                translate(element.value),
            )
            for element in node.elements
        )
    )


def _compare(node: Any) -> Expression:
    rest = tuple(
        (operator(target.operator), translate(target.comparator)) for target in node.comparisons
    )
    return Compare(translate(node.left), rest)


def _binary(node: Any) -> Expression:
    """Translate ``a + b``; the chain of ``a + b + c + …`` leans to the left, and may be long."""
    chain: list[Any] = []
    left = node
    while type(left) is type(node):
        chain.append(left)
        left = left.left
    expression = translate(left)
    for each in reversed(chain):
        expression = Operation(operator(each.operator), (expression, translate(each.right)))
        remember(expression, each)
    return expression


def _unary(node: Any) -> Expression:
    operand = translate(node.expression)
    sign = operator(node.operator)
    if sign == "-" and isinstance(operand, Constant) and type(operand.value) in (int, float):
        return Constant(-operand.value)
    return Operation(sign, (operand,))


def _loops(node: Any) -> tuple[tuple[Expression, Expression, tuple[Expression, ...]], ...]:
    found: list[tuple[Expression, Expression, tuple[Expression, ...]]] = []
    while node is not None:
        conditions = tuple(translate(condition.test) for condition in node.ifs)
        found.append((translate(node.target), translate(node.iter), conditions))
        node = node.inner_for_in
    return tuple(found)


def _comprehension(kind: str) -> Callable[[Any], Expression]:
    return lambda node: Comprehension(kind, translate(node.elt), _loops(node.for_in))


def _dict_comprehension(node: Any) -> Expression:
    element = Sequence("tuple", (translate(node.key), translate(node.value)))
    return Comprehension("dict", element, _loops(node.for_in))


def parameters(node: Any) -> tuple[Parameter, ...]:
    """Return what a function or lambda takes, in the order of the source."""
    found: list[Parameter] = []

    def add(each: Any, kind: str) -> None:
        annotation = each.annotation and each.annotation.annotation
        default = optional(each.default)
        found.append(Parameter(each.name.value, kind, default, optional(annotation)))

    for each in node.posonly_params:
        add(each, "/")
    for each in node.params:
        add(each, "")
    if kind_of(node.star_arg) == "Param":
        add(node.star_arg, "*")
    for each in node.kwonly_params:
        add(each, "k")
    if node.star_kwarg is not None:
        add(node.star_kwarg, "**")
    return tuple(found)


def _wait(node: Any) -> Expression:
    if kind_of(node) == "Await":
        return Wait("await", translate(node.expression))
    if kind_of(node.value) == "From":
        return Wait("yield from", translate(node.value.item))
    return Wait("yield", optional(node.value))


TRANSLATORS: dict[str, Callable[[Any], Any]] = {
    "Name": literals.name,
    "Attribute": lambda node: Attribute(translate(node.value), intern(node.attr.value)),
    "Call": _call,
    "SimpleString": literals.text,
    "Integer": literals.integer,
    "Float": literals.number,
    "Imaginary": literals.number,
    "Ellipsis": lambda node: Constant(...),
    "ConcatenatedString": _concatenated,
    "FormattedString": lambda node: Template(tuple(_template_parts(node))),
    "Subscript": _subscript,
    "List": _sequence("list"),
    "Tuple": _sequence("tuple"),
    "Set": _sequence("set"),
    "Dict": _mapping,
    "Comparison": _compare,
    "BinaryOperation": _binary,
    "BooleanOperation": _binary,
    "UnaryOperation": _unary,
    "IfExp": lambda node: Conditional(
        translate(node.test), translate(node.body), translate(node.orelse)
    ),
    "Lambda": lambda node: Lambda(parameters(node.params), translate(node.body)),
    "ListComp": _comprehension("list"),
    "SetComp": _comprehension("set"),
    "GeneratorExp": _comprehension("generator"),
    "DictComp": _dict_comprehension,
    "NamedExpr": lambda node: Walrus(translate(node.target), translate(node.value)),
    "Await": _wait,
    "Yield": _wait,
}
