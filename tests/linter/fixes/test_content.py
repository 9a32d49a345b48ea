"""What no edit touches keeps its bytes."""

from __future__ import annotations

import json
from itertools import product

import pytest

from mllint.fixes.changes import AddImport, Insert, Remove, Replace, Wrap
from mllint.fixes.content import placed
from mllint.fixes.edits import Edit
from mllint.fixes.tree import UnfixableError


@pytest.mark.parametrize(
    ("encoding", "end"),
    [*product(("utf-8", "utf-8-sig", "latin-1", "cp1251"), ("\n", "\r\n")), ("utf-8", "\r")],
)
def test_encodings_and_ends_of_lines(file, encoding, end):
    cookie = "" if encoding.startswith("utf-8") else f"# coding: {encoding}\n"
    letter = "я" if encoding == "cp1251" else "é"
    text = f"{cookie}a = '{letter}'  # c\ny = ls(1)\nb\n".replace("\n", end)
    it = file(text.encode(encoding))
    fixed = it.fixed(Wrap(*it.part("ls"), "sorted(", ")"), Insert(it.statement("b"), "new()\n1"))
    after = text.replace("ls(1)", "sorted(ls(1))").replace("b" + end, f"new(){end}1{end}b{end}")
    assert fixed == after.encode(encoding)


def test_ends_of_lines_that_differ(file):
    it = file(b"a\r\nls()\nb\r\nc")
    assert it.fixed(Insert(it.statement("ls"), "new()")) == b"a\r\nnew()\nls()\nb\r\nc"
    assert it.fixed(Insert(it.statement("b"), "new()")) == b"a\r\nls()\nnew()\r\nb\r\nc"
    assert it.fixed(Remove(it.statement("b"))) == b"a\r\nls()\nc"


def test_form_feeds_and_tabs(file):
    it = file(b"a\n\x0c\nclass A:\n\tdef f(self):\n\t\tls()\n")
    after = b"a\n\x0c\nclass A:\n\tdef f(self):\n\t\tnew()\n\t\tls()\n"
    assert it.fixed(Insert(it.statement("ls"), "new()")) == after


def test_what_the_encoding_can_not_say_is_refused(file):
    it = file("# coding: latin-1\nls()\n")
    with pytest.raises(UnfixableError):
        it.fixed(Replace(*it.part("ls"), "'\u2192'"))


def test_a_file_that_has_changed_is_left_alone(file):
    it = file("ls()\n")
    it.source.path.write_text("ls()  # more\n")
    with pytest.raises(UnfixableError):
        it.fixed(Wrap(*it.part("ls"), "sorted(", ")"))


def cell(*lines: str, kind: str = "code") -> dict[str, object]:
    return {"metadata": {}, "cell_type": kind, "outputs": [{"z": 1, "a": "é"}], "source": lines}


CELLS = [
    cell("# Title\n", "text", kind="markdown"),
    cell("%matplotlib inline\n", "import os\n", "!ls"),
    cell("a = 1\n", "y = ls(2)\n", "b = '\u2192'"),
    cell("%%time\n", "ls(3)\n", "\n", "c"),
]


@pytest.mark.parametrize("indent", [None, 1, 4, "\t"])
@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("form", [3, 4])
def test_notebooks(file, indent, escaped, end, joined, form):
    def dump(*sources: tuple[str, ...]) -> str:
        cells = [each | {"source": list(each["source"])} for each in CELLS]
        for number, source in zip((1, 2, 3), sources, strict=False):
            cells[number]["source"] = list(source)
        for each in cells:
            each["source"] = "".join(each["source"]) if joined else each["source"]
        book = {"nbformat": form, "cells": cells, "metadata": {"x": 1.50}}
        if form == 3:  # cells in worksheets, the text of code under another key
            for each in cells:
                if each["cell_type"] == "code":
                    each["input"] = each.pop("source")
            book["worksheets"] = [{"metadata": {}, "cells": book.pop("cells")}]
        return json.dumps(book, indent=indent, ensure_ascii=escaped) + end

    text = dump().replace("1.5", "1.50")  # as no other program would write it
    it = file(text, "x.ipynb")
    fixed = it.fixed(
        Wrap(*it.part("ls"), "sorted(", ")"),
        Insert(it.statement("b"), "new()", "after"),
        AddImport("import new"),
        Remove(it.statement("c")),
    )
    after = dump(
        ("%matplotlib inline\n", "import os\n", "\n", "import new\n", "!ls"),
        ("a = 1\n", "y = sorted(ls(2))\n", "b = '\u2192'\n", "new()"),
        ("%%time\n", "ls(3)\n"),
    )
    assert fixed.decode() == after.replace("1.5", "1.50")


@pytest.mark.parametrize("joined", [True, False])
def test_lines_of_a_cell(file, joined):
    def edited(lines: list[str], *changes: object) -> list[str]:
        source = "".join(lines) if joined else lines
        it = file(json.dumps({"cells": [{"cell_type": "code", "source": source}]}), "x.ipynb")
        made = [change(it) for change in changes]
        (cell,) = json.loads(it.fixed(*made))["cells"]
        return cell["source"] if not joined else cell["source"].splitlines(keepends=True)

    def gone(name: str) -> object:
        return lambda it: Remove(it.statement(name))

    assert edited(["x()"], gone("x")) == []
    assert edited(["x()\n", "y()"], gone("x")) == ["y()"]
    assert edited(["x()\n", "y()"], gone("y")) == ["x()"]
    assert edited(["x()\n", "y()\n", "z()"], gone("y")) == ["x()\n", "z()"]
    assert edited(["x()"], lambda it: Insert(it.statement("x"), "n")) == ["n\n", "x()"]
    assert edited(["x()"], lambda it: Insert(it.statement("x"), "n", "after")) == ["x()\n", "n"]


def test_what_is_not_python_in_a_cell_is_left_alone(file):
    lines = ["y = x()\n", "if x():\n", "    !ls\n", "    z()"]
    it = file(json.dumps({"cells": [cell(*lines)]}), "x.ipynb")
    with pytest.raises(UnfixableError):
        it.fixed(Remove(it.statements[1]))
    assert json.loads(it.fixed(Remove(it.statement("z"))))["cells"][0]["source"] == [
        "y = x()\n",
        "if x():\n",
        "    !ls",
    ]


def test_nothing_comes_before_a_magic_of_the_cell(file):
    it = file(json.dumps({"cells": [cell("%%time\n", "x()")]}), "x.ipynb")
    with pytest.raises(UnfixableError):
        it.fixed(Replace(*it.part("x"), "y()"), AddImport("import y"))


def test_no_change_goes_beyond_its_cell(file):
    cells = [cell("x()"), cell("y()")]
    document = file(json.dumps({"cells": cells}), "x.ipynb").source.document()
    with pytest.raises(UnfixableError):
        placed(document, [Edit(0, len(document.text) - 1, "z()")])


def test_a_notebook_with_a_byte_order_mark_and_escapes(file):
    text = '\ufeff{"cells": [{"source": ["x()\\n", "\\u0061"], "cell_type": "code"}]}'
    it = file(text, "x.ipynb")
    assert it.fixed(Replace(*it.part("x"), "y('é')")).decode() == text.replace(
        '"x()\\n"', "\"y('\\u00e9')\\n\""
    )
