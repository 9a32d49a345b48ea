"""Edits of statements: some come, some go, some move."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import libcst

from .blocks import (
    cell_of,
    extent,
    gap_before,
    gap_behind,
    indent_of,
    indent_within,
    is_alone,
    is_small,
    line_of,
)
from .changes import Guard, Insert, Move
from .edits import Edit, indent_at, line_end
from .expressions import parse
from .tree import Tree, UnfixableError


def indented(tree: Tree, text: str, indent: str) -> str:
    """Return source at an indentation, in the unit that the file indents by."""
    unit = tree.module.default_indent
    lines: list[str] = []
    for line in dedent(text).strip("\n").split("\n"):
        code = line.lstrip(" ")
        levels, rest = divmod(len(line) - len(code), 4)
        lines.append(f"{indent}{unit * levels}{' ' * rest}{code}" if code else "")
    return "\n".join(lines)


def place(tree: Tree, node: Any, where: str, lines: str, indent: str) -> list[Edit]:
    """Return the edits that put whole lines beside a statement.

    Args:
        tree: The file.
        node: The statement.
        where: ``before`` or ``after``.
        lines: What is put there, indented, without a line feed at the end.
        indent: The statement's indentation.
    """
    if is_alone(tree, node):
        start, end = extent(tree, node, with_comments=True)
        if where == "before":
            return [Edit(start, start, f"{lines}\n")]
        return [Edit(end, end, f"\n{lines}")]
    before, behind = gap_before(tree, node), gap_behind(tree, node)
    suite = line_of(tree, node)
    edits: list[Edit] = []
    if isinstance(suite, libcst.SimpleStatementSuite):
        first = gap_before(tree, suite.body[0])
        if first is not None and (where == "after" or first != before):
            edits.append(Edit(*first, f"\n{indent}"))
    if where == "before":
        if before is None:
            start = extent(tree, suite, with_comments=True).start
            return [Edit(start, start, f"{lines}\n")]
        edits.append(Edit(*before, f"\n{lines}\n{indent}"))
    elif behind is None:
        end = line_end(tree.text, tree.span(node)[1])
        edits.append(Edit(end, end, f"\n{lines}"))
    else:
        edits.append(Edit(*behind, f"\n{lines}\n{indent}"))
    return edits


def is_text(node: Any) -> bool:
    """Tell whether a statement is a string on its own, as docstrings are."""
    small = node.body[0] if isinstance(node, libcst.SimpleStatementLine) else node
    return isinstance(small, libcst.Expr) and isinstance(
        small.value, libcst.SimpleString | libcst.ConcatenatedString
    )


def inside(tree: Tree, owner: Any) -> tuple[Any, str]:
    """Return beside which statement, and on which side of it, the first of a body stands."""
    body = getattr(getattr(owner, "body", None), "body", None)
    if not body:
        raise UnfixableError("the statement has no body")
    if not (isinstance(owner, libcst.FunctionDef | libcst.ClassDef) and is_text(body[0])):
        return _first_small(body[0]), "before"
    if len(body) > 1:
        return _first_small(body[1]), "before"
    return _first_small(body[0]), "after"


def _first_small(node: Any) -> Any:
    return node.body[0] if isinstance(node, libcst.SimpleStatementLine) else node


def beside(tree: Tree, node: Any, where: str) -> tuple[Any, str, str]:
    """Return the statement that a place is beside, on which side of it, and its indentation."""
    if where == "inside":
        indent = indent_within(tree, node)
        return *inside(tree, node), indent
    return node, where, indent_of(tree, node)


def insert(tree: Tree, change: Insert) -> list[Edit]:
    """Return the edits that put new statements beside one."""
    node, where, indent = beside(tree, tree.node(change.statement), change.where)
    return place(tree, node, where, indented(tree, change.text, indent), indent)


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


def reindented(tree: Tree, node: Any, old: str, new: str) -> str:
    """Return a statement's lines at another indentation."""
    if not is_alone(tree, node):
        start, end = tree.span(node)
        return new + tree.text[start:end]
    start, end = extent(tree, node, with_comments=True)
    in_strings = lines_of_strings(tree, line_of(tree, node))
    lines: list[str] = []
    while start <= end:
        last = line_end(tree.text, start)
        line = tree.text[start:last]
        if start not in in_strings and line.startswith(old):
            line = new + line[len(old) :] if line.strip() else line
        lines.append(line)
        start = last + 1
    return "\n".join(lines)


def move(tree: Tree, change: Move) -> list[Edit]:
    """Return the edit that puts a statement, as it stands, beside another; not its removal."""
    node, target = tree.node(change.statement), tree.node(change.target)
    within = tree.span(line_of(tree, node))
    if within[0] <= tree.span(target)[0] < within[1] and not is_small(node):
        raise UnfixableError("a statement can't move into itself")
    beside_node, where, indent = beside(tree, target, change.where)
    lines = reindented(tree, node, indent_of(tree, node), indent)
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


def remove(tree: Tree, nodes: list[Any], filled: list[Any], with_comments: bool) -> list[Edit]:
    """Return the edits that remove statements.

    Args:
        tree: The file.
        nodes: The statements.
        filled: Statements beside which others come, so that their block stays filled.
        with_comments: Whether the comments directly above them go along.
    """
    edits: list[Edit] = []
    lines: dict[Any, list[Any]] = {}
    for node in nodes:
        lines.setdefault(line_of(tree, node), []).append(node)
    full = {tree.parent(line_of(tree, node)) for node in filled}
    gone = [line for line, smalls in lines.items() if is_all(line, smalls)]
    for line, smalls in lines.items():
        if line not in gone:
            edits += [_without(tree, small, smalls) for small in smalls]
            continue
        if isinstance(line, libcst.SimpleStatementSuite):
            start, end = tree.span(line.body[0])[0], tree.span(line.body[-1])[1]
            edits.append(Edit(start, end, "pass"))
            continue
        block = tree.parent(line)
        needs_pass = (
            isinstance(block, libcst.IndentedBlock)
            and block not in full
            and all(any(each is other for other in gone) for each in block.body)
        )
        start, end = extent(tree, line, with_comments)
        if needs_pass and line is block.body[0]:
            edits.append(Edit(start, end, f"{indent_at(tree.text, tree.span(line)[0])}pass"))
        else:
            edits.append(whole_lines(tree, start, end))
    return edits


def is_all(line: Any, smalls: list[Any]) -> bool:
    """Tell whether statements are all that stands on their line."""
    return smalls[0] is line or len(smalls) == len(line.body)


def _without(tree: Tree, small: Any, gone: list[Any]) -> Edit:
    """Return the edit that takes a statement out of a line that keeps others."""
    line = tree.parent(small)
    position = list(line.body).index(small)
    start, end = tree.span(small)
    is_kept_before = any(each not in gone for each in line.body[:position])
    if is_kept_before:
        return Edit(tree.span(line.body[position - 1])[1], end, "")
    return Edit(start, tree.span(line.body[position + 1])[0], "")


def whole_lines(tree: Tree, start: int, end: int) -> Edit:
    """Return the edit that removes lines, and one of the ends of lines around them."""
    cell = cell_of(tree, start)
    ends_cell = cell and (end + 1 == len(tree.text) or cell_of(tree, end + 1) != cell)
    if end < len(tree.text) and not ends_cell:
        return Edit(start, end + 1, "")
    if start and cell_of(tree, start - 1) == cell:
        return Edit(start - 1, end, "")
    return Edit(start, end, "")
