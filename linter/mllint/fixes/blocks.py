"""Where statements stand: their lines, the comments with them, and what parts two of one line.

A statement is a line's own (``x = 1``), or a *small* one that shares its line with others
(``x = 1; y = 2``) or with a header (``if x: y = 2``); the latter's line is its *suite*.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import libcst

from .edits import indent_at, line_end, line_start
from .tree import Tree, UnfixableError

# Comments that belong to the file, or part a script into cells; nothing comes above them.
_OF_THE_FILE = re.compile(r"#(!|\s*%%|.*coding[:=])|#\s*(Copyright|SPDX)", re.IGNORECASE)


class Extent(NamedTuple):
    """The lines of a statement: `start` of the first one, `end` of the last, before its end."""

    start: int
    end: int


def is_small(node: Any) -> bool:
    """Tell whether a node is a statement without a body."""
    return isinstance(node, libcst.BaseSmallStatement)


def line_of(tree: Tree, node: Any) -> Any:
    """Return the node that owns a statement's line: a small one's parent, else itself."""
    if isinstance(node, libcst.ExceptHandler | libcst.ExceptStarHandler) or (
        isinstance(node, libcst.If) and isinstance(tree.parent(node), libcst.If)
    ):
        raise UnfixableError("nothing can be put beside elif or except")
    return tree.parent(node) if is_small(node) else node


def is_alone(tree: Tree, node: Any) -> bool:
    """Tell whether a statement has its lines for itself."""
    line = line_of(tree, node)
    return line is node or (isinstance(line, libcst.SimpleStatementLine) and len(line.body) == 1)


def extent(tree: Tree, node: Any, with_comments: bool = False) -> Extent:
    """Return the lines of a statement that has them for itself, its decorators among them.

    Args:
        tree: The file.
        node: The statement.
        with_comments: Whether the comment directly above it belongs to it.
    """
    line = line_of(tree, node)
    start, end = tree.span(line)
    decorators = getattr(line, "decorators", ())
    if decorators:
        start = tree.span(decorators[0])[0]
    start = line_start(tree.text, start)
    if with_comments:
        start = above_comments(tree, start)
    end = line_end(tree.text, end)
    has_body = isinstance(line, libcst.BaseCompoundStatement)
    return Extent(start, below_comments(tree, start, end) if has_body else end)


def cell_of(tree: Tree, offset: int) -> int:
    """Return the notebook's cell that an offset is in; 0 in a Python file."""
    return tree.document.place_of(tree.text.count("\n", 0, offset) + 1).cell


def above_comments(tree: Tree, start: int) -> int:
    """Return where the comment directly above a line begins, or the line if there is none."""
    text, indent, top = tree.text, indent_at(tree.text, start), start
    while top:
        above = line_start(text, top - 1)
        comment = text[above:top].strip()
        if (
            not comment.startswith("#")
            or _OF_THE_FILE.match(comment)
            or indent_at(text, above) != indent
            or cell_of(tree, above) != cell_of(tree, start)
        ):
            return top
        top = above
    return start  # the file's own first comment


def below_comments(tree: Tree, start: int, end: int) -> int:
    """Return where a block ends together with the comments at its end, which are indented more."""
    text, indent = tree.text, indent_at(tree.text, start)
    last = end
    while last < len(text):
        line = text[last + 1 : line_end(text, last + 1)]
        if line.strip() and not line.strip().startswith("#"):
            break
        if cell_of(tree, last + 1) != cell_of(tree, start):
            break
        last += 1 + len(line)
        if line.strip():
            if len(line) - len(line.lstrip()) <= len(indent):
                break
            end = last
    return end


def gap_before(tree: Tree, node: Any) -> tuple[int, int] | None:
    """Return the offsets between a small statement and what stands before it on its line.

    Returns:
        The semicolon before it, or the space behind the colon; None for the first of a line.
    """
    line = tree.parent(node)
    position = list(line.body).index(node)
    start = tree.span(node)[0]
    if position:
        return tree.span(line.body[position - 1])[1], start
    if isinstance(line, libcst.SimpleStatementSuite):
        return start - len(line.leading_whitespace.value), start
    return None


def gap_behind(tree: Tree, node: Any) -> tuple[int, int] | None:
    """Return the offsets of the semicolon behind a small statement; None for the last."""
    line = tree.parent(node)
    position = list(line.body).index(node) + 1
    return gap_before(tree, line.body[position]) if position < len(line.body) else None


def indent_of(tree: Tree, node: Any) -> str:
    """Return the indentation of a statement; of one behind a colon, what it would be below."""
    line = line_of(tree, node)
    if isinstance(line, libcst.SimpleStatementSuite):
        return indent_within(tree, tree.parent(line))
    return indent_at(tree.text, tree.span(line)[0])


def indent_within(tree: Tree, owner: Any) -> str:
    """Return the indentation of the body of a compound statement or clause."""
    if isinstance(owner.body, libcst.IndentedBlock):
        return indent_at(tree.text, tree.span(owner.body.body[0])[0])
    return indent_at(tree.text, tree.span(owner)[0]) + tree.module.default_indent
