"""Edits that add an import."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import libcst

from ..document import Document
from ..facts.outline import is_type_checking
from ..facts.reading import read_facts
from ..facts.statements import Body, If, Import, Statement, walk
from .blocks import extent, line_of
from .edits import Edit
from .statements import is_text
from .tree import Tree, UnfixableError


def read_import(text: str) -> Import:
    """Return the facts of an import.

    Raises:
        UnfixableError: If the text is none.
    """
    body = read_facts(Document(Path("import.py"), f"{text.strip()}\n")).body
    if len(body) != 1 or not isinstance(body[0], Import):
        raise UnfixableError(f"{text!r} is no import")
    return body[0]


def gives(statement: Statement, wanted: Import) -> bool:
    """Tell whether a statement imports all that another one would, under the same names."""
    if not isinstance(statement, Import) or statement[1:3] != wanted[1:3]:
        return False
    had = set(statement.names)
    if wanted.module is None:  # `import a.b` gives `a` too
        had |= {(name.partition(".")[0], None) for name, alias in had if alias is None}
    return had.issuperset(wanted.names)


def at_top(body: Body) -> list[Statement]:
    """Return the statements that run when a module is imported, those for type checkers aside."""
    hidden = {
        id(each)
        for statement in walk(body)
        if isinstance(statement, If) and is_type_checking(statement.test)
        for each in walk(statement.body)
    }
    return [each for each in walk(body) if id(each) not in hidden]


def is_import(line: Any) -> bool:
    """Tell whether a statement at top level is an import, alone on its line."""
    return isinstance(line, libcst.SimpleStatementLine) and all(
        isinstance(small, libcst.Import | libcst.ImportFrom) for small in line.body
    )


class Rank(NamedTuple):
    """Where an import comes among others, as their sorters have it.

    Attributes:
        section: From the future, of Python itself, of others, of the package around.
        is_from: Whether names of a module are imported rather than modules.
        name: Of the module.
    """

    section: int
    is_from: bool
    name: str


def rank(statement: Import) -> Rank:
    """Return where an import comes among others."""
    name = statement.module if statement.module is not None else statement.names[0][0]
    root = name.partition(".")[0]
    section = 1 if root in sys.stdlib_module_names else 2
    if statement.level:
        section = 3
    elif root == "__future__":
        section = 0
    return Rank(section, statement.module is not None, name.lower())


def bound(statement: Import) -> set[str]:
    """Return the names that an import binds."""
    is_from = statement.module is not None
    return {
        alias or (name if is_from else name.partition(".")[0]) for name, alias in statement.names
    }


def among(tree: Tree, imports: list[Any], wanted: Import, text: str) -> Edit:
    """Return the edit that adds an import among others: where a sorter would put it.

    Args:
        tree: The file.
        imports: The lines that import, one at least.
        wanted: The import.
        text: Its text.
    """
    others = [each for each in at_top(tree.body) if isinstance(each, Import)]
    if any(not bound(wanted).isdisjoint(bound(each)) for each in others):
        end = extent(tree, imports[-1]).end  # the last one of a name is what it means
        return Edit(end, end, f"\n{text}")
    ranks = {id(line_of(tree, tree.node(each))): rank(each) for each in others}
    new = rank(wanted)
    known = [(each, ranks.get(id(each), new)) for each in imports]
    alike = [each for each in known if each[1].section == new.section]
    before = [each for each, its in alike or known if its <= new]
    gap = "" if alike else "\n"
    if before:
        end = extent(tree, before[-1]).end
        return Edit(end, end, f"\n{gap}{text}")
    first = (alike or known)[0][0]
    start = extent(tree, first, with_comments=True).start
    return Edit(start, start, f"{text}\n{gap}")


def add_import(tree: Tree, text: str, before: int) -> list[Edit]:
    """Return the edit that adds an import, if the file does not have it.

    Args:
        tree: The file.
        text: The import.
        before: Offset of what needs it.
    """
    wanted = read_import(text)
    lines = list(tree.module.body)
    first_use = next((each for each in reversed(lines) if extent(tree, each).start <= before), None)
    use_is_nested = isinstance(first_use, libcst.FunctionDef | libcst.ClassDef)
    for statement in at_top(tree.body):
        if gives(statement, wanted):
            start = tree.span(tree.node(statement))[0]
            if use_is_nested or start < before:
                return []
    above = lines[: lines.index(first_use)] if first_use is not None else lines
    definitions = libcst.FunctionDef, libcst.ClassDef
    head = next((at for at, each in enumerate(above) if isinstance(each, definitions)), len(above))
    imports = [each for each in above[:head] if is_import(each)] or list(filter(is_import, above))
    if imports:
        return [among(tree, imports, wanted, text)]
    rest = lines[1:] if lines and is_text(lines[0]) else lines
    if not rest:
        end = extent(tree, lines[0]).end if lines else 0
        return [Edit(end, end, f"\n\n{text}")]
    start = extent(tree, rest[0], with_comments=True).start
    return [Edit(start, start, f"{text}\n" if is_import(rest[0]) else f"{text}\n\n")]
