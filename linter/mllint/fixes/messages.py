"""Calls that print become calls of a logger, which formats its message only if it is wanted."""

from __future__ import annotations

import ast
import re
from string import Formatter
from typing import Any, NamedTuple

import libcst

from .changes import LogLazily
from .edits import Edit, indent_at, line_start
from .tree import Tree, UnfixableError

MAX_WIDTH = 100  # of a line, beyond which a call is laid out on several
# What both ways of formatting write alike: {x:>8.3f} and %8.3f.
_NUMBER = re.compile(r"(?P<sign>\+?)(?P<width>\d*)(?P<precision>(?:\.\d+)?)(?P<type>[dfeEgG])")
_ALIGNED = re.compile(r"(?P<align>[<>])(?P<width>[1-9]\d*)(?P<type>s?)")
_FIELD = re.compile(r"(?P<first>\w*)(?P<rest>(?:\.\w+)*)")
_NAMED = re.compile(r"%\(|%[^%a-zA-Z]*\*")


class Message(NamedTuple):
    """A text with places for arguments, as ``%`` fills them, and the arguments' source."""

    text: str
    args: tuple[str, ...] = ()

    def __add__(self, other: object) -> Message:
        if not isinstance(other, Message):
            return NotImplemented
        return Message(self.text + other.text, self.args + other.args)


def log_lazily(tree: Tree, change: LogLazily) -> list[Edit]:
    """Return the edit that makes a call of ``print`` one of a logger.

    Raises:
        UnfixableError: If the logger would not write the same line.
    """
    node = tree.node(change.call)
    separator = " "
    message = Message("")
    count = 0
    for argument in node.args:
        keyword = argument.keyword.value if argument.keyword else ""
        if argument.star or keyword not in ("", "sep", "end", "flush"):
            raise UnfixableError("an argument has no counterpart")
        if keyword == "sep":
            separator = literal(argument.value)
        elif keyword == "end" and literal(argument.value) != "\n":
            raise UnfixableError("a logger ends each line")
        count += not keyword
    gap = Message("")
    for argument in node.args:
        if argument.keyword is None:
            message = message + gap + message_of(tree, argument.value)
            gap = Message(separator.replace("%", "%%"))
    if not count or has_comment(node):
        raise UnfixableError("there is nothing to log, or a comment would be lost")
    text = message.text if message.args else message.text.replace("%%", "%")
    start, end = tree.span(node)
    return [Edit(start, end, laid_out(tree, start, change.function, [quoted(text), *message.args]))]


def laid_out(tree: Tree, start: int, function: str, args: list[str]) -> str:
    """Return a call as it is laid out: on a line, or with the text and the others below it.

    Args:
        tree: The file.
        start: Where the call begins.
        function: What is called.
        args: What is handed.
    """
    one_line = f"{function}({', '.join(args)})"
    begin = line_start(tree.text, start)
    if start - begin + len(one_line) <= MAX_WIDTH or len(args) == 1 or "\n" in one_line:
        return one_line
    indent = indent_at(tree.text, start)
    inner = f"\n{indent}{tree.module.default_indent}"
    values = ", ".join(args[1:])
    if len(inner) + len(values) > MAX_WIDTH:
        values = f",{inner}".join(args[1:])
    return f"{function}({inner}{args[0]},{inner}{values},\n{indent})"


def message_of(tree: Tree, node: Any) -> Message:
    """Return what ``print`` writes of an argument."""
    match node:
        case libcst.SimpleString() if not node.prefix.lower().startswith(("b", "rb")):
            return Message(literal(node).replace("%", "%%"))
        case libcst.ConcatenatedString():
            return message_of(tree, node.left) + message_of(tree, node.right)
        case libcst.FormattedString():
            pieces = [template_part(tree, node, part) for part in node.parts]
            return sum(pieces, Message(""))
        case libcst.BinaryOperation(operator=libcst.Add()) if is_text(node):
            return message_of(tree, node.left) + message_of(tree, node.right)
        case libcst.BinaryOperation(
            left=libcst.SimpleString() | libcst.ConcatenatedString(), operator=libcst.Modulo()
        ):
            return filled(tree, node)
        case libcst.Call(func=libcst.Name("str"), args=[libcst.Arg(keyword=None, star="") as arg]):
            return Message("%s", (source(tree, arg.value),))
        case libcst.Call(
            func=libcst.Attribute(
                libcst.SimpleString() | libcst.ConcatenatedString() as text, libcst.Name("format")
            )
        ):
            return formatted(tree, literal(text), node)
    return Message("%s", (source(tree, node),))


def is_text(node: Any) -> bool:
    """Tell whether a sum is one of texts."""
    match node:
        case libcst.SimpleString() | libcst.FormattedString() | libcst.ConcatenatedString():
            return True
        case libcst.BinaryOperation(operator=libcst.Add()):
            return is_text(node.left) and is_text(node.right)
        case libcst.BinaryOperation(
            left=libcst.SimpleString() | libcst.ConcatenatedString(), operator=libcst.Modulo()
        ):
            return True
        case libcst.Call(func=libcst.Name("str"), args=[libcst.Arg(keyword=None, star="")]):
            return True
        case libcst.Call(
            func=libcst.Attribute(
                libcst.SimpleString() | libcst.ConcatenatedString(), libcst.Name("format")
            )
        ):
            return True
    return False


def template_part(tree: Tree, template: libcst.FormattedString, part: Any) -> Message:
    """Return what a part of an f-string gives."""
    if isinstance(part, libcst.FormattedStringText):
        prefix = template.start.rstrip("'\"").lower().replace("f", "")
        text = f"{prefix}{template.end}{part.value}{template.end}"
        value = str(ast.literal_eval(text)).replace("{{", "{").replace("}}", "}")
        return Message(value.replace("%", "%%"))
    if part.equal is not None:
        raise UnfixableError("the expression's own text is part of the message")
    spec = part.format_spec or ()
    if not all(isinstance(each, libcst.FormattedStringText) for each in spec):
        raise UnfixableError("how it is formatted is known at run time only")
    return field(
        source(tree, part.expression), part.conversion, "".join(each.value for each in spec)
    )


def field(value: str, conversion: str | None, spec: str) -> Message:
    """Return the place of one value; where ``%`` has no such format, ``format`` makes the text."""
    if conversion:
        if spec:
            raise UnfixableError("a converted value is formatted")
        return Message(f"%{conversion}", (value,))
    number, aligned = _NUMBER.fullmatch(spec), _ALIGNED.fullmatch(spec)
    if not spec or spec == "s":
        return Message("%s", (value,))
    if number:
        return Message(f"%{spec}", (value,))
    if aligned:
        minus = "-" if aligned["align"] == "<" else ""
        return Message(f"%{minus}{aligned['width']}s", (value,))
    return Message("%s", (f"format({value}, {quoted(spec)})",))


def filled(tree: Tree, node: libcst.BinaryOperation) -> Message:
    """Return what ``"…" % values`` gives."""
    text = literal(node.left)
    if _NAMED.search(text) or isinstance(node.right, libcst.Dict):
        raise UnfixableError("the values are taken by name")
    if not isinstance(node.right, libcst.Tuple):
        return Message(text, (source(tree, node.right),))
    if any(isinstance(each, libcst.StarredElement) for each in node.right.elements):
        raise UnfixableError("how many values there are is known at run time only")
    return Message(text, tuple(source(tree, each.value) for each in node.right.elements))


def formatted(tree: Tree, text: str, call: libcst.Call) -> Message:
    """Return what ``"…".format(values)`` gives."""
    given: dict[str, str] = {}
    for argument in call.args:
        if argument.star:
            raise UnfixableError("what is formatted is known at run time only")
        name = argument.keyword.value if argument.keyword else str(len(given))
        given[name] = source(tree, argument.value)
    found, used = Message(""), 0
    for before, place, spec, conversion in Formatter().parse(text):
        found = found + Message(before.replace("%", "%%"))
        if place is None:
            continue
        parts = _FIELD.fullmatch(place)
        if parts is None or "{" in (spec or ""):
            raise UnfixableError("what is formatted is known at run time only")
        first = parts["first"] or str(used)
        used += not parts["first"]
        if first not in given:
            raise UnfixableError("a value is missing")
        value = given[first]
        if parts["rest"]:
            is_name = re.fullmatch(r"[\w.]+", value)
            value = f"{value if is_name else f'({value})'}{parts['rest']}"
        found = found + field(value, conversion, spec or "")
    return found


def source(tree: Tree, node: Any) -> str:
    """Return an expression's source, as an argument."""
    if isinstance(node, libcst.GeneratorExp) and not node.lpar:
        raise UnfixableError("a generator stands alone in a call only")
    start, end = tree.outer_span(node)
    text = tree.text[start:end]
    is_loose = isinstance(node, libcst.NamedExpr | libcst.Yield | libcst.Tuple) and not node.lpar
    return f"({text})" if is_loose else text


def literal(node: Any) -> str:
    """Return the text that is written out."""
    is_written = isinstance(node, libcst.SimpleString | libcst.ConcatenatedString)
    value = node.evaluated_value if is_written else None
    if not isinstance(value, str):
        raise UnfixableError("a text is not written out")
    return value


def quoted(text: str) -> str:
    """Return a text as it is written out."""
    inner = repr(text)
    if inner.startswith("'"):
        return '"' + inner[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    return inner


def has_comment(node: libcst.CSTNode) -> bool:
    """Tell whether a comment stands within a node."""
    return isinstance(node, libcst.Comment) or any(map(has_comment, node.children))
