"""Edits of expressions: one becomes another, or text comes around it."""

from __future__ import annotations

import re
from typing import Any

import libcst

from .changes import Replace, Wrap
from .edits import Edit
from .tree import Tree, UnfixableError

# What binds as closely as a name does: `.item()` behind it means all of it.
ATOMS = (
    *(libcst.Name, libcst.Attribute, libcst.Call, libcst.Subscript, libcst.SimpleString),
    *(libcst.List, libcst.Dict, libcst.Set, libcst.ListComp, libcst.SetComp, libcst.DictComp),
    *(libcst.FormattedString, libcst.Ellipsis, libcst.Float, libcst.Imaginary),
)
# Need parentheses of their own even as an argument.
LOOSE = (libcst.Tuple, libcst.Yield, libcst.NamedExpr)
# Where any expression may stand without parentheses.
ROOMY = (
    *(libcst.Arg, libcst.Assign, libcst.AnnAssign, libcst.AugAssign, libcst.Return, libcst.Expr),
    *(libcst.Index, libcst.Element, libcst.DictElement, libcst.If, libcst.While, libcst.For),
    *(libcst.Assert, libcst.WithItem, libcst.Raise, libcst.Slice, libcst.Param),
)


def parse(text: str) -> libcst.BaseExpression:
    """Parse an expression.

    Raises:
        UnfixableError: If the text is none.
    """
    try:
        return libcst.parse_expression(text)
    except libcst.ParserSyntaxError as error:
        raise UnfixableError(f"{text!r} is no expression") from error


def is_atom(node: Any) -> bool:
    """Tell whether an expression means the same wherever it stands."""
    return isinstance(node, ATOMS) or bool(node.lpar)


def in_template(tree: Tree, node: Any) -> bool:
    """Tell whether a node stands within an f-string."""
    while not isinstance(node, libcst.Module | libcst.BaseStatement):
        if isinstance(node, libcst.FormattedString):
            return True
        node = tree.parent(node)
    return False


def refuse_quotes(tree: Tree, node: Any, text: str) -> None:
    """Refuse text in an f-string that may end it: before Python 3.12 any quote or backslash does.

    Raises:
        UnfixableError: If it may.
    """
    if re.search(r"['\"\\\n]", text) and in_template(tree, node):
        raise UnfixableError("the change would put quotes into an f-string")


def fitting(tree: Tree, node: Any, text: str) -> str:
    """Return a text that may stand in place of a node, in parentheses where it needs them."""
    refuse_quotes(tree, node, text)
    new = parse(text)
    if node.lpar or is_atom(new):
        return text
    if isinstance(new, LOOSE):
        is_free = isinstance(tree.parent(node), libcst.Assign | libcst.Return | libcst.Expr)
        return text if is_free and not isinstance(new, libcst.NamedExpr) else f"({text})"
    return text if isinstance(tree.parent(node), ROOMY) else f"({text})"


def spaced(text: str, start: int, end: int, new: str) -> Edit:
    """Return an edit that does not glue words together: ``return(x)``, ``(x)if y``."""
    before = start and re.match(r"\w\w", text[start - 1] + new[:1])
    after = start < end and re.match(r"\w\w", new[-1:] + text[end : end + 1])
    return Edit(start, end, f"{' ' * bool(before)}{new}{' ' * bool(after)}")


def replace(tree: Tree, change: Replace) -> list[Edit]:
    """Return the edits that put another expression in the place of one."""
    node = tree.node(change.part)
    text = fitting(tree, node, tree.source(change.text))
    return [spaced(tree.text, *tree.span(node), text)]


def wrap(tree: Tree, change: Wrap) -> list[Edit]:
    """Return the edits that put text around an expression."""
    node = tree.node(change.part)
    refuse_quotes(tree, node, change.before + change.after)
    before, after = change.before, change.after
    is_generator = isinstance(node, libcst.GeneratorExp)
    is_argument = before.endswith(("(", "[")) and after.startswith((")", "]"))
    is_loose = isinstance(node, LOOSE) or (is_generator and after != ")")
    if is_argument and not is_loose and not is_generator:
        start, end = tree.span(node)
    else:
        start, end = tree.outer_span(node)
        if not node.lpar and (is_loose or not (is_argument or is_atom(node))):
            before, after = f"{before}(", f"){after}"
    stays_inside = start != tree.outer_span(node)[0]
    whole = parse(f"{before}{tree.text[start:end]}{after}")
    if not (stays_inside or is_atom(whole) or isinstance(tree.parent(node), ROOMY)):
        before, after = f"({before}", f"{after})"
    return [spaced(tree.text, start, start, before), Edit(end, end, after)]
