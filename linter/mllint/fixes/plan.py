"""From a fix to the edits of its file's text."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from ..syntax import quiet
from .arguments import arguments
from .changes import (
    AddEntry,
    AddImport,
    Change,
    Copy,
    Fix,
    Guard,
    Insert,
    LogLazily,
    Move,
    Remove,
    RemoveArgument,
    Replace,
    Rewrite,
    SetArgument,
    Wrap,
)
from .edits import Edit, offset_of
from .entries import add_entry
from .expressions import replace, wrap
from .imports import add_import
from .messages import log_lazily
from .moving import copy, guard, move
from .statements import beside, insert, remove
from .tree import Tree, UnfixableError


@quiet()
def plan(tree: Tree, fix: Fix) -> tuple[Edit, ...]:
    """Return the edits that carry out a fix, in the order of the text.

    Raises:
        UnfixableError: If it can't be done, or not in one way only.
    """
    edits: list[Edit] = []
    calls: dict[int, list[SetArgument | RemoveArgument]] = {}
    for change in fix.changes:
        if isinstance(change, SetArgument | RemoveArgument):
            calls.setdefault(id(change.call), []).append(change)
    for change in fix.changes:
        match change:
            case Replace():
                edits += replace(tree, change)
            case Wrap():
                edits += wrap(tree, change)
            case AddEntry():
                edits += add_entry(tree, change)
            case Insert():
                edits += insert(tree, change)
            case LogLazily():
                edits += log_lazily(tree, change)
            case Guard():
                edits += guard(tree, change)
            case Move():
                edits += move(tree, change)
            case Copy():
                edits += copy(tree, change)
            case Rewrite(span, text):
                start = offset_of(tree.text, span.line, span.column)
                end = offset_of(tree.text, span.end_line, span.end_column)
                edits.append(Edit(start, end, text))
    for changes in calls.values():
        edits += arguments(tree, changes)
    edits += removals(tree, fix.changes)
    if not edits:
        raise UnfixableError("nothing would change")
    used = min(edit.start for edit in edits)
    imports: list[Edit] = []
    for change in fix.changes:
        if isinstance(change, AddImport):
            imports += [each for each in add_import(tree, change.text, used) if each not in imports]
    edits = sorted([*imports, *edits], key=lambda edit: edit[:2])
    for first, second in pairwise(edits):
        if first.end > second.start:
            raise UnfixableError("two changes of one fix are about the same text")
    return tuple(edits)


def removals(tree: Tree, changes: Iterable[Change]) -> list[Edit]:
    """Return the edits that remove what is removed or has moved."""
    gone: list[Any] = []
    moved: list[Any] = []
    filled: list[Any] = []
    for change in changes:
        match change:
            case Remove(statement):
                gone.append(tree.node(statement))
            case Move(statement, target, where):
                moved.append(tree.node(statement))
                filled.append(beside(tree, tree.node(target), where)[0])
            case Copy(_, target, where):
                filled.append(beside(tree, tree.node(target), where)[0])
            case Insert(statement, _, where):
                filled.append(beside(tree, tree.node(statement), where)[0])
    edits = remove(tree, gone, filled, with_comments=False) if gone else []
    return edits + (remove(tree, moved, filled, with_comments=True) if moved else [])
