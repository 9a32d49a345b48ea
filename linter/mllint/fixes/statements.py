"""Edits of statements: some come, some go."""

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
    line_of,
)
from .changes import Insert
from .edits import Edit, indent_at, line_end
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
            return [Edit(start, start, f"{lines}\n{distance(tree, node, start)}")]
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


def distance(tree: Tree, node: Any, start: int) -> str:
    """Return the blank lines that a definition keeps between what stands above it and itself."""
    if not isinstance(node, libcst.FunctionDef | libcst.ClassDef):
        return ""
    above = tree.text[:start]
    count = len(above) - len(above.rstrip("\n")) - 1
    return "\n" * max(count, 0)


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
