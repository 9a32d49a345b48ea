"""Lines and columns of what is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllint.document import Document
from mllint.facts.expressions import dotted, subexpressions
from mllint.facts.reading import read_facts
from mllint.facts.statements import header, walk
from mllint.places import locate

TEXT = '''"""Doc."""
import a

@deco(1)
@target(2)
def f(x=target(3)):
    if x:
        y = other(
            1,  # comment
            target(4), target(4))
    elif target(5): pass
    for i in target(6):
        try:
            with target(7) as z: target(8); target(9)
        except (A, target.b):
            return [target(10) for _ in x]
'''


def places(text: str) -> list[tuple[str, tuple[int, int, int, int]]]:
    document = Document(Path("x.py"), text)
    body = read_facts(document).body
    found = []
    for statement in walk(body, True):
        for part in subexpressions(header(statement)):
            if dotted(getattr(part, "func", None)) == "target":
                found.append((part.args[0].value, tuple(locate(document, statement, part))))
    return found


def test_calls_are_found_where_they_stand():
    lines = TEXT.split("\n")
    found = places(TEXT)
    assert sorted(number for number, _ in found) == [2, 3, 4, 4, 5, 6, 7, 8, 9, 10]
    assert found[2][1] != found[3][1]
    for number, (line, column, end_line, end_column) in found:
        assert line == end_line
        assert lines[line - 1][column - 1 : end_column - 1] == f"target({number})"


@pytest.mark.parametrize("indent", ["  ", "\t", "    "])
def test_any_indent(indent):
    text = f"while x:\n{indent}if y:\n{indent}{indent}b = target(1)\n"
    ((_, span),) = places(text)
    assert span[:2] == (3, 2 * len(indent) + 5)
