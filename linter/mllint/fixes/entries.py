"""Edits of dictionaries that are written out."""

from __future__ import annotations

import libcst

from .changes import AddEntry
from .edits import Edit, begins_line, indent_at, is_rest_empty, line_end
from .expressions import parse, refuse_quotes
from .tree import Tree, UnfixableError


def add_entry(tree: Tree, change: AddEntry) -> list[Edit]:
    """Return the edits that add an entry behind the last, in the way in which that is laid out."""
    node = tree.node(change.mapping)
    if not isinstance(node, libcst.Dict) or not node.elements:
        raise UnfixableError("there is no entry to add another to")
    entry = f'"{change.key}": {change.text}'
    parse("{" + entry + "}")
    refuse_quotes(tree, node, entry)
    last = node.elements[-1]
    has_comma = isinstance(last.comma, libcst.Comma)
    end = tree.outer_span(last.value)[1]
    behind = tree.span(last.comma)[1] if isinstance(last.comma, libcst.Comma) else end
    key = last.key if isinstance(last, libcst.DictElement) else last.value
    start = tree.outer_span(key)[0]
    if begins_line(tree.text, start) and is_rest_empty(tree.text, behind):
        comma = [] if has_comma else [Edit(end, end, ",")]
        line = line_end(tree.text, behind)
        text = f"\n{indent_at(tree.text, start)}{entry}{',' if has_comma else ''}"
        return [*comma, Edit(line, line, text)]
    if has_comma:
        return [Edit(behind, behind, f" {entry},")]
    return [Edit(end, end, f", {entry}")]
