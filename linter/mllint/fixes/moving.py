"""Statements written elsewhere than where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import libcst

from .blocks import extent, indent_of, is_alone, is_small, line_of
from .changes import Copy, Guard, Move, Replace
from .edits import Edit, apply, line_end, line_start
from .expressions import parse, replace
from .statements import beside, place
from .tree import Tree, UnfixableError


def lines_of_strings(tree: Tree, node: Any) -> set[int]:
    """Return the offsets at which lines begin within strings: their indentation is content."""
    found: set[int] = set()
    if isinstance(node, libcst.SimpleString | libcst.FormattedString):
        start, end = tree.span(node)
        position = tree.text.find("\n", start, end)
        while position >= 0:
            found.add(position + 1)
            position = tree.text.find("\n", position + 1, end)
        return found
    for child in node.children:
        found |= lines_of_strings(tree, child)
    return found


def reindented(
    tree: Tree,
    node: Any,
    old: str,
    new: str,
    swaps: Iterable[Replace] = (),
    with_comments: bool = True,
) -> str:
    """Return a statement's lines at another indentation.

    Args:
        tree: The file.
        node: The statement.
        old: Its indentation.
        new: The other one.
        swaps: What in it becomes something else.
        with_comments: Whether the comments above and behind it belong to it.
    """
    if is_alone(tree, node) and with_comments:
        start, end = extent(tree, node, with_comments=True)
    else:
        start, end = tree.span(node)
    in_strings = lines_of_strings(tree, line_of(tree, node))
    edits = [edit for swap in swaps for edit in replace(tree, swap)]
    if start != line_start(tree.text, start):
        edits.append(Edit(start, start, new))
    position = start
    while position <= end:
        last = line_end(tree.text, position)
        line = tree.text[position:last]
        begins = position == line_start(tree.text, position) and position not in in_strings
        if begins and line.startswith(old) and line.strip():
            edits.append(Edit(position, position + len(old), new))
        position = last + 1
    return apply(tree.text[:end], edits)[start:]


def swaps_of(change: Move | Copy) -> list[Replace]:
    """Return what becomes something else in a statement that moves."""
    return [Replace(change.statement, part, text) for part, text in change.swaps]


def move(tree: Tree, change: Move) -> list[Edit]:
    """Return the edit that puts a statement, as it stands, beside another; not its removal."""
    node, target = tree.node(change.statement), tree.node(change.target)
    within = tree.span(line_of(tree, node))
    if within[0] <= tree.span(target)[0] < within[1] and not is_small(node):
        raise UnfixableError("a statement can't move into itself")
    beside_node, where, indent = beside(tree, target, change.where)
    lines = reindented(tree, node, indent_of(tree, node), indent, swaps_of(change))
    return place(tree, beside_node, where, lines, indent)


def copy(tree: Tree, change: Copy) -> list[Edit]:
    """Return the edit that writes a small statement once more, beside another."""
    node, target = tree.node(change.statement), tree.node(change.target)
    if not is_small(node):
        raise UnfixableError("only a statement without a body is written twice")
    beside_node, where, indent = beside(tree, target, change.where)
    lines = reindented(tree, node, indent_of(tree, node), indent, swaps_of(change), False)
    return place(tree, beside_node, where, lines, indent)


def guard(tree: Tree, change: Guard) -> list[Edit]:
    """Return the edit that puts a statement under a condition."""
    node = tree.node(change.statement)
    if not is_alone(tree, node):
        raise UnfixableError("other statements share the line")
    parse(change.test)
    indent = indent_of(tree, node)
    lines = reindented(tree, node, indent, indent + tree.module.default_indent)
    start, end = extent(tree, node, with_comments=True)
    return [Edit(start, end, f"{indent}if {change.test}:\n{lines}")]
