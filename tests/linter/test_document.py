"""The text of a file, and where its lines stand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mllint.document import Place, UnreadableDocumentError, read_document
from mllint.syntax import failure_of


def notebook(path: Path, *cells: tuple[str, str | list[str]]) -> Path:
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [{"cell_type": kind, "source": source} for kind, source in cells],
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_notebook_is_its_code_cells_in_order(tmp_path):
    path = notebook(
        tmp_path / "n.ipynb",
        ("markdown", "# Title"),
        ("code", ["import torch\n", "x = 1"]),
        ("code", "y = 2"),
    )
    document = read_document(path)
    assert document.text == "import torch\nx = 1\ny = 2\n"
    assert [document.place_of(line) for line in (1, 2, 3, 4)] == [
        Place(2, 1),
        Place(2, 2),
        Place(3, 1),
        Place(3, 1),
    ]


def test_format_3_has_its_cells_in_worksheets(tmp_path):
    path = tmp_path / "n.ipynb"
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Title"]},
        {"cell_type": "code", "input": ["import torch\n", "x = 1"], "language": "python"},
    ]
    content = {"nbformat": 3, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    document = read_document(path)
    assert document.text == "import torch\nx = 1\n"
    assert document.place_of(2) == Place(2, 2)


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"kernelspec": {"language": "haskell"}}, "\n"),
        ({"language_info": {"name": "R"}, "kernelspec": {}}, "\n"),
        ({"language_info": {"name": "ipython"}}, "x = 1\n"),
        ({"kernelspec": {"name": "ir"}}, "x = 1\n"),
        ([], "x = 1\n"),
    ],
)
def test_a_notebook_of_another_language_has_no_python(metadata, text, tmp_path):
    path = tmp_path / "n.ipynb"
    cells = [{"cell_type": "code", "source": "x = 1"}]
    path.write_text(json.dumps({"cells": cells, "metadata": metadata}), encoding="utf-8")
    assert read_document(path).text == text


def test_magics_become_python_that_does_nothing(tmp_path):
    path = notebook(
        tmp_path / "n.ipynb",
        ("code", "!pip install torch\n%matplotlib inline\nfiles = !ls\nmodel?\nif x:\n    %time y"),
        ("code", "%%bash\nls -l | wc\n"),
        ("code", "%%time\nfit()"),
        ("code", 's = """\n% kept\n"""'),
    )
    lines = read_document(path).text.splitlines()
    assert lines[:6] == ["pass", "pass", "files = None", "pass", "if x:", "    ...;  y"]
    assert lines[6:9] == ["", "", ""]
    assert lines[9:11] == ["pass", "fit()"]
    assert lines[11:] == ['s = """', "% kept", '"""']


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("  x = 1\n  y = 2", ["x = 1", "y = 2"]),
        ("print('%d'\n % x)\n%who", ["print('%d'", " % x)", "pass"]),
        ("x = 7 \\\n  %y", ["x = 7 \\", "  %y"]),
        ("!pip install \\\n  torch\nx", ["pass", "", "x"]),
        ("pip install torch\npip = 3", ["pass", "pip = 3"]),
        ("run = fit(\n  x)", ["run = fit(", "  x)"]),
        ("%timeit -n 10 -r3 fit(x)", ["...;              fit(x)"]),
        ("t = %timeit -o fit(x)", ["t =            fit(x)"]),
        ("%time", ["pass"]),
        ("%timeit -n 10 --", ["pass"]),
        ("%run lib/setup.py", ["from lib.setup import *"]),
        ("%run 01-setup.ipynb", ["pass"]),
        ("np.*load*?", ["pass"]),
        ("plot(x)\n;", ["plot(x)", "pass"]),
        (";print a b", ["pass"]),
        ("x = (1\n, 2\n/ 3)", ["x = (1", ", 2", "/ 3)"]),
    ],
)
def test_a_cell_as_python(cell, python, tmp_path):
    assert read_document(notebook(tmp_path / "n.ipynb", ("code", cell))).text == (
        "\n".join(python) + "\n"
    )


def test_columns_are_those_of_the_notebook(tmp_path):
    document = read_document(notebook(tmp_path / "n.ipynb", ("code", "  x = 1\n  y = 2")))
    assert [place.indent for place in document.places] == [2, 2]


def test_a_cell_that_is_no_python_is_left_out(tmp_path):
    cells = ("if x:\n  y", "y = (\n", "# y\n  y", "z = 3")
    document = read_document(notebook(tmp_path / "n.ipynb", *(("code", each) for each in cells)))
    assert document.text == "if x:\n  y\n\n\n\n\nz = 3\n"
    assert [(gap.line, document.place_of(gap.line).cell) for gap in document.gaps] == [
        (3, 2),
        (6, 3),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"{}", 1),
        (b"[]", 1),
        (b'{\n"cells": oops}', 2),
        (b"\xff\xfe\xfa", 1),
        (b'{"cells": [1]}', 1),
    ],
)
def test_what_is_no_notebook(content, line, tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(path)
    assert caught.value.line == line


def test_encodings(tmp_path):
    path = tmp_path / "x.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"))
    assert "é" in read_document(path).text
    path.write_bytes(b"\xef\xbb\xbfx = 1\n")
    assert read_document(path).text == "x = 1\n"
    path.write_bytes(b"x = 1\ny = '\xe9'\n")
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(path)
    assert caught.value.line == 2
    path.write_bytes(b"# coding: klingon\n")
    with pytest.raises(UnreadableDocumentError):
        read_document(path)


def test_lines_end_in_a_line_feed_whatever_the_file_says(tmp_path):
    path = tmp_path / "x.py"
    path.write_bytes(b"x = 1\r\ny = 2\rz = 3\n")
    assert read_document(path).text == "x = 1\ny = 2\nz = 3\n"


def test_what_is_no_file_or_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("mllint.document.MAX_BYTES", 10)
    path = tmp_path / "x.py"
    path.write_text("x = 1 + 1 + 1\n")
    os.mkfifo(tmp_path / "pipe.py")
    for each in (path, tmp_path / "pipe.py"):
        with pytest.raises(UnreadableDocumentError):
            read_document(each)


HINTS = [
    ("f(async=True)\n", "'async' is a keyword since Python 3.7"),
    ("def f(x, await=None): pass\n", "'await' is a keyword since Python 3.7"),
    ("import torch.async\n", "'async' is a keyword since Python 3.7"),
    ("print 'a'\n", "it looks like Python 2"),
    ("exec code in names\n", "it looks like Python 2"),
    ("try:\n  f()\nexcept A, e:\n  print e\n", "it looks like Python 2"),
    ("raise A, 'b'\n", "it looks like Python 2"),
    ("x = 0777\n", "it looks like Python 2"),
    ("x = 10L\n", "it looks like Python 2"),
    ("if x <> 1: pass\n", "it looks like Python 2"),
    ("x = `1`\n", "it looks like Python 2"),
    ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n", "a merge left its marks"),
    ("import {{ name }}\n", "it looks like a template"),
    ("{% if a %}\nx = 1\n{% endif %}\n", "it looks like a template"),
    ("x = (1\n", None),
    ("f(x=)\n", None),
    ("x = 1 +\n", None),
    ("def f()\n  async = 1\n", None),
]


@pytest.mark.parametrize(("text", "hint"), HINTS)
def test_why_a_file_is_no_python_is_said_where_it_can_be_told(text, hint):
    message = str(failure_of(text))
    assert message.endswith(f"; {hint}") if hint else "; " not in message
