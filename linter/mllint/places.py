"""The line and columns of a fact, found when it is reported.

Facts keep the line of their statement only. For a place within it, the text of that one statement
is parsed again, translated again in the same way, and the part that stands where the fact stands
is asked for its node's position.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider

from .document import Document
from .facts import translation
from .facts.extraction import Extraction
from .facts.lines import logical_lines
from .facts.statements import Class, Function, Handler, Statement, header, walk
from .span import Span
from .syntax import quiet


def path_to(target: object, parts: Any) -> tuple[int, ...] | None:
    """Return the positions that lead to an object within nested tuples."""
    for position, part in enumerate(parts):
        if part is target:
            return (position,)
        if isinstance(part, tuple):
            inner = path_to(target, part)
            if inner is not None:
                return (position, *inner)
    return None


def at_path(path: tuple[int, ...], parts: Any) -> Any:
    """Return what stands at a path."""
    for position in path:
        parts = parts[position]
    return parts


def complete(text: str) -> tuple[str, int]:
    """Make a logical line a module of its own.

    Returns:
        The module's text, and by how many lines it is longer at the beginning.
    """
    text = text.rstrip("\n")
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    code = text.lstrip(" \t")
    word = re.match(r"\w*", code)[0]  # type: ignore[index]
    before = ["if 1:"] if indent else []
    if word == "elif":
        text = f"{indent}  {code[2:]}"
    elif word == "except":
        before.append(f"{indent}try: pass")
    elif word == "case":
        before.append(f"{indent}match 0:")
        text = f"{indent} {code}"
    code_end = re.sub(r"#[^\n]*$", "", text).rstrip()
    after = [f"{indent}  pass"] if code_end.endswith(":") and word != "lambda" else []
    if code.startswith("@"):
        after = [f"{indent}def _(): pass"]
    return "\n".join([*before, text, *after]) + "\n", len(before)


@quiet()
def locate(document: Document, statement: Statement | Handler, part: object = None) -> Span:
    """Return where a statement, or an expression in it, stands.

    Args:
        document: The file.
        statement: One of its statements.
        part: A fact within the statement's own line; None is the statement itself.
    """
    lines = document.text.split("\n")
    first = min(statement.line, len(lines))
    text = lines[first - 1]
    column = len(text) - len(text.lstrip()) + 1
    whole = Span(first, column, first, max(len(text.rstrip()) + 1, column))
    if part is None:
        return whole
    starts = logical_lines(document.text)
    number = bisect_left(starts, first)
    decorators = getattr(statement, "decorators", ())
    inside = path_to(part, decorators)
    if inside is not None:  # each decorator is a logical line above
        number -= len(decorators) - inside[0]
    if not 0 <= number < len(starts):
        return whole
    first = starts[number]
    last = starts[number + 1] - 1 if number + 1 < len(starts) else len(lines)
    try:
        return _find("\n".join(lines[first - 1 : last]), first, statement, part) or whole
    except (libcst.ParserSyntaxError, LookupError, RecursionError):
        return whole


def _find(text: str, first: int, statement: Statement | Handler, part: object) -> Span | None:
    """Find a part of a statement in the text of its logical line."""
    source, shift = complete(text)
    module = libcst.parse_module(source)
    origins: dict[int, tuple[object, libcst.CSTNode]] = {}
    translation.origins = origins
    try:
        body = Extraction(lambda _: 1).statements(module.body)
    finally:
        translation.origins = None
    shape = comparable(statement)
    path = path_to(part, shape)
    in_decorator = path_to(part, getattr(statement, "decorators", ()))
    for again in walk(body, True):
        candidates: tuple[Statement | Handler, ...] = (again, *getattr(again, "handlers", ()))
        for candidate in candidates:
            found: Any = None
            if in_decorator and isinstance(candidate, Function):
                found = at_path((0, *in_decorator[1:]), candidate.decorators)
            elif path and type(candidate) is type(statement) and comparable(candidate) == shape:
                found = at_path(path, comparable(candidate))
            if id(found) in origins:
                node = origins[id(found)][1]
                positions: Any = MetadataWrapper(module, unsafe_skip_copy=True)
                span = positions.resolve(PositionProvider)[node]
                down = first - 1 - shift
                return Span(
                    span.start.line + down,
                    span.start.column + 1,
                    span.end.line + down,
                    span.end.column + 1,
                )
    return None


def comparable(statement: Statement | Handler) -> tuple[object, ...]:
    """Return what a statement's own logical line says: not its number, body or decorators."""
    if isinstance(statement, Function | Class):
        statement = statement._replace(decorators=())
    return header(statement)[1:]
