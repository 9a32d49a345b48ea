"""Edits that add an import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import libcst

from ..document import Document
from ..facts.outline import is_type_checking
from ..facts.reading import read_facts
from ..facts.statements import Body, If, Import, Statement, walk
from .blocks import extent
from .edits import Edit
from .statements import is_text
from .tree import Tree, UnfixableError


def read_import(text: str) -> Import:
    """Return the facts of an import.

    Raises:
        UnfixableError: If the text is none.
    """
    _, body = read_facts(Document(Path("import.py"), f"{text.strip()}\n"))
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
        end = extent(tree, imports[-1]).end
        return [Edit(end, end, f"\n{text}")]
    rest = lines[1:] if lines and is_text(lines[0]) else lines
    if not rest:
        end = extent(tree, lines[0]).end if lines else 0
        return [Edit(end, end, f"\n\n{text}")]
    start = extent(tree, rest[0], with_comments=True).start
    return [Edit(start, start, f"{text}\n" if is_import(rest[0]) else f"{text}\n\n")]
