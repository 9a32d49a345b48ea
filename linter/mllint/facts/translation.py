"""From libcst's expressions to the facts' own.

One function per class of node, found in a table by the node's class: no visitor, no metadata.
What is layout (whitespace, parentheses, commas) is never looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Sequence as Nodes
from typing import Any

import libcst

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
    Name,
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

# Longer texts are prompts, licences or tables; no rule reads their end.
MAX_TEXT = 500

OPERATORS: dict[str, str] = {
    "Add": "+", "AddAssign": "+", "And": "and", "BitAnd": "&", "BitAndAssign": "&",
    "BitInvert": "~", "BitOr": "|", "BitOrAssign": "|", "BitXor": "^", "BitXorAssign": "^",
    "Divide": "/", "DivideAssign": "/", "Equal": "==", "FloorDivide": "//",
    "FloorDivideAssign": "//", "GreaterThan": ">", "GreaterThanEqual": ">=", "In": "in",
    "Is": "is", "IsNot": "is not", "LeftShift": "<<", "LeftShiftAssign": "<<",
    "LessThan": "<", "LessThanEqual": "<=", "MatrixMultiply": "@", "MatrixMultiplyAssign": "@",
    "Minus": "-", "Modulo": "%", "ModuloAssign": "%", "Multiply": "*", "MultiplyAssign": "*",
    "Not": "not", "NotEqual": "!=", "NotIn": "not in", "Or": "or", "Plus": "+", "Power": "**",
    "PowerAssign": "**", "RightShift": ">>", "RightShiftAssign": ">>", "Subtract": "-",
    "SubtractAssign": "-",
}  # fmt: skip

SINGLETONS = {"True": Constant(True), "False": Constant(False), "None": Constant(None)}

# Set while the place of an expression is looked for: from the fact's id() to its node.
origins: dict[int, libcst.CSTNode] | None = None


def translate(node: libcst.CSTNode) -> Expression:
    """Return an expression's facts."""
    make = TRANSLATORS.get(type(node))
    if make is None:
        return Opaque(type(node).__name__)
    expression: Expression = make(node)
    if origins is not None:
        origins[id(expression)] = node
    return expression


def optional(node: libcst.CSTNode | None) -> Expression | None:
    """Translate, or pass None on."""
    return None if node is None else translate(node)


def operator(node: libcst.CSTNode) -> str:
    """Return an operator as written, without the ``=`` of an assignment."""
    return OPERATORS.get(type(node).__name__, "?")


def _name(node: Any) -> Expression:
    singleton = SINGLETONS.get(node.value)
    return Name(node.value) if singleton is None else Constant(*singleton)


def _text_value(source: str) -> str | bytes:
    """Return what a string literal stands for, cut where it is long."""
    quote = source[0]
    if quote in "'\"" and "\\" not in source:
        width = 3 if source[1:3] == quote * 2 and len(source) > 5 else 1
        value: str | bytes = source[width:-width]
    else:
        try:
            value = ast.literal_eval(source)
        except (SyntaxError, ValueError, MemoryError):
            value = source
    return value[:MAX_TEXT]


def _number(node: Any) -> Expression:
    try:
        return Constant(ast.literal_eval(node.value))
    except (SyntaxError, ValueError):  # more digits than Python's limit, or newer syntax
        return Opaque("Number")


def _integer(node: Any) -> Expression:
    digits: str = node.value
    return Constant(int(digits)) if digits.isdecimal() and len(digits) < 19 else _number(node)


def _template_parts(node: Any) -> list[Expression]:
    """Return the parts of an f-string."""
    parts: list[Expression] = []
    for part in node.parts:
        expression = getattr(part, "expression", None)
        if expression is not None:
            parts.append(translate(expression))
        elif part.value:
            parts.append(Constant(part.value[:MAX_TEXT]))
    return parts


def _concatenated(node: Any) -> Expression:
    """Join ``"a" "b"``; the chain leans to the right, and may have thousands of links."""
    parts: list[Expression] = []
    while isinstance(node, libcst.ConcatenatedString):
        parts.append(translate(node.left))
        node = node.right
    parts.append(translate(node))
    values = [part.value for part in parts if isinstance(part, Constant)]
    if len(values) < len(parts):
        pieces = [part.parts if isinstance(part, Template) else (part,) for part in parts]
        return Template(tuple(piece for each in pieces for piece in each))
    empty: Any = b"" if isinstance(values[0], bytes) else ""
    return Constant(empty.join(values)[:MAX_TEXT])


def _call(node: Any) -> Expression:
    args: list[Expression] = []
    keywords: list[tuple[str | None, Expression]] = []
    for argument in node.args:
        value = translate(argument.value)
        if argument.keyword is not None:
            keywords.append((argument.keyword.value, value))
        elif not argument.star:
            args.append(value)
        elif argument.star == "*":
            args.append(Star(value))
        else:
            keywords.append((None, value))
    return Call(translate(node.func), tuple(args), tuple(keywords))


def _index(node: Any) -> Expression:
    if isinstance(node, libcst.Slice):
        return Slice(optional(node.lower), optional(node.upper), optional(node.step))
    value = translate(node.value)
    return Star(value) if node.star else value


def _subscript(node: Any) -> Expression:
    elements: Nodes[Any] = node.slice
    if len(elements) == 1 and not isinstance(elements[0].comma, libcst.Comma):
        return Subscript(translate(node.value), _index(elements[0].slice))
    indices = tuple(_index(element.slice) for element in elements)
    return Subscript(translate(node.value), Sequence("tuple", indices))


def _sequence(kind: str) -> Callable[[Any], Expression]:
    def make(node: Any) -> Expression:
        items = [
            Star(translate(element.value))
            if isinstance(element, libcst.StarredElement)
            else translate(element.value)
            for element in node.elements
        ]
        return Sequence(kind, tuple(items))

    return make


def _mapping(node: Any) -> Expression:
    return Mapping(
        tuple(
            (
                translate(element.key) if isinstance(element, libcst.DictElement) else None,
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
        if origins is not None:
            origins[id(expression)] = each
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


def parameters(node: libcst.Parameters) -> tuple[Parameter, ...]:
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
    if isinstance(node.star_arg, libcst.Param):
        add(node.star_arg, "*")
    for each in node.kwonly_params:
        add(each, "k")
    if node.star_kwarg is not None:
        add(node.star_kwarg, "**")
    return tuple(found)


def _wait(node: Any) -> Expression:
    if isinstance(node, libcst.Await):
        return Wait("await", translate(node.expression))
    if isinstance(node.value, libcst.From):
        return Wait("yield from", translate(node.value.item))
    return Wait("yield", optional(node.value))


TRANSLATORS: dict[type, Callable[[Any], Any]] = {
    libcst.Name: _name,
    libcst.Attribute: lambda node: Attribute(translate(node.value), node.attr.value),
    libcst.Call: _call,
    libcst.SimpleString: lambda node: Constant(_text_value(node.value)),
    libcst.Integer: _integer,
    libcst.Float: _number,
    libcst.Imaginary: _number,
    libcst.Ellipsis: lambda node: Constant(...),
    libcst.ConcatenatedString: _concatenated,
    libcst.FormattedString: lambda node: Template(tuple(_template_parts(node))),
    libcst.Subscript: _subscript,
    libcst.List: _sequence("list"),
    libcst.Tuple: _sequence("tuple"),
    libcst.Set: _sequence("set"),
    libcst.Dict: _mapping,
    libcst.Comparison: _compare,
    libcst.BinaryOperation: _binary,
    libcst.BooleanOperation: _binary,
    libcst.UnaryOperation: _unary,
    libcst.IfExp: lambda node: Conditional(
        translate(node.test), translate(node.body), translate(node.orelse)
    ),
    libcst.Lambda: lambda node: Lambda(parameters(node.params), translate(node.body)),
    libcst.ListComp: _comprehension("list"),
    libcst.SetComp: _comprehension("set"),
    libcst.GeneratorExp: _comprehension("generator"),
    libcst.DictComp: _dict_comprehension,
    libcst.NamedExpr: lambda node: Walrus(translate(node.target), translate(node.value)),
    libcst.Await: _wait,
    libcst.Yield: _wait,
}
