"""Where logical lines begin, compared with Python's own parser."""

from __future__ import annotations

import ast
from bisect import bisect_right
from pathlib import Path

import libcst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mllint
from mllint.facts.extraction import Extraction
from mllint.facts.lines import comments, logical_lines
from mllint.facts.statements import Case, Handler, walk

OWN = sorted(Path(mllint.__file__).parent.rglob("*.py"))
STANDARD = [Path(ast.__file__).with_name(f"{name}.py") for name in ("ast", "dataclasses", "typing")]


def lines_from_facts(text: str) -> list[int]:
    remaining = iter(logical_lines(text))
    body = Extraction(lambda _: next(remaining)).statements(libcst.parse_module(text).body)
    assert next(remaining, None) is None
    return sorted(s.line for s in walk(body, True) if not isinstance(s, Handler | Case))


def lines_from_python(text: str) -> list[int]:
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.stmt)
        and not isinstance(node, ast.Pass)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    )


@pytest.mark.parametrize("path", [*OWN[::4], *STANDARD], ids=lambda path: path.name)
def test_real_files(path):
    text = path.read_text()
    assert lines_from_facts(text) == lines_from_python(text)


def beginnings(text: str) -> list[int]:
    """Python's lines, of statements behind a colon or semicolon that of the first on their line."""
    starts = logical_lines(text)
    return [starts[bisect_right(starts, line) - 1] for line in lines_from_python(text)]


PIECES = [
    "x = 1",
    "x = (1,\n  # c (\n  2)",
    "# comment ( ' \"",
    "",
    "  ",
    "s = '''a\n# no comment\n(b'''",
    's = "\\"(" # "',
    "y = 1; z = 2",
    "y = \\\n  2",
    "if x:\n  y = 1\nelif y: z = 1\nelse:\n  # c\n\n  z = 2",
    "for i in x: f(i)",
    "try:\n\tf()\nexcept (A,\n  B) as e:\n\tg()\nelse: h()\nfinally:\n\tpass",
    "@a\n@b(1,\n  2)\n\ndef f(x,\n  y=[1]): return x",
    "with a as b, \\\n  c: d()",
    "class A:\n  '''doc\n  '''\n  x: int = 1",
    "match x:\n  case [1,\n    y]: f()\n  case _:\n    g()",
    "f(lambda: [\n])",
    "\x0c",
    "s = f'{x}' f\"{y['a']}\"",
    "s = r'\\''",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.booleans())
def test_any_mixture(pieces, ends):
    text = "\n".join(pieces) + "\n" * ends
    assert lines_from_facts(text) == beginnings(text)


@settings(max_examples=150, deadline=None)
@given(st.text("'\"#()[]\\\n ax:=\t", max_size=60))
def test_no_text_breaks_the_scanner(text):
    lines = logical_lines(text)
    assert lines == sorted(lines)
    list(comments(text))


def test_comments():
    text = "# a\nx = ( # b\n# c\n) # d\ns = '# e'\n  # f\n"
    assert list(comments(text)) == [
        (1, "# a", True),
        (2, "# b", False),
        (3, "# c", False),
        (4, "# d", False),
        (6, "# f", True),
    ]
