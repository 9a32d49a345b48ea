"""Statements that come, go and move, wherever they stand."""

from __future__ import annotations

import pytest

from mllint.fixes.changes import AddImport, Copy, Insert, Move, Remove, Replace
from mllint.fixes.tree import UnfixableError


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n# why\nx()  # c\nb\n", "a\nnew()\n# why\nx()  # c\nb\n"),
        ("# the file's\nx()\n", "# the file's\nnew()\nx()\n"),
        ("#!/usr/bin/env python\n# why\nx()\n", "#!/usr/bin/env python\nnew()\n# why\nx()\n"),
        ("a\n# %%\n# why\nx()\n", "a\n# %%\nnew()\n# why\nx()\n"),
        ("a; x(); b  # c\n", "a\nnew()\nx(); b  # c\n"),
        ("x(); b  # c\n", "new()\nx(); b  # c\n"),
        ("if a: x()  # c\nb\n", "if a:\n    new()\n    x()  # c\nb\n"),
        ("if a: b; x(); c\n", "if a:\n    b\n    new()\n    x(); c\n"),
        ("if a: \\\n  b; \\\n  x(); c\n", "if a:\n    b\n    new()\n    x(); c\n"),
        ("if a: b\nelse: x()\n", "if a: b\nelse:\n    new()\n    x()\n"),
        ("if a:\n\tif b: x()\n", "if a:\n\tif b:\n\t\tnew()\n\t\tx()\n"),
        ("if a:\n  # why\n  x()\n", "if a:\n  new()\n  # why\n  x()\n"),
        ("try:\n  a\nexcept b:\n  x()", "try:\n  a\nexcept b:\n  new()\n  x()"),
        ("for a in x():\n  b\n", "new()\nfor a in x():\n  b\n"),
    ],
)
def test_insert_before(file, before, after):
    it = file(before)
    assert it.fixed(Insert(it.statement("x"), "new()")).decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x()  # c\nb\n", "x()  # c\nnew()\nb\n"),
        ("x()", "x()\nnew()"),
        ("a; x(); b  # c\n", "a; x()\nnew()\nb  # c\n"),
        ("a; x();  # c\n", "a; x();  # c\nnew()\n"),
        ("if a: x()  # c\nb\n", "if a:\n    x()  # c\n    new()\nb\n"),
        ("if a: b; x(); c\n", "if a:\n    b; x()\n    new()\n    c\n"),
        ("x(\n1\n)  # c\n\nb\n", "x(\n1\n)  # c\nnew()\n\nb\n"),
        ("if x(): a\nb\n", "if x(): a\nnew()\nb\n"),
        ("if x():\n  a  # c\n  # end\n\n  # of it\n# b's\nb\n",
         "if x():\n  a  # c\n  # end\n\n  # of it\nnew()\n# b's\nb\n"),
        ("if x(): a\nelif b:\n  c\nelse:\n  d\n", "if x(): a\nelif b:\n  c\nelse:\n  d\nnew()\n"),
    ],
)  # fmt: skip
def test_insert_after(file, before, after):
    it = file(before)
    assert it.fixed(Insert(it.statement("x"), "new()", "after")).decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def x():\n    a\n", "def x():\n    new()\n    a\n"),
        ("def x(): a; b\n", "def x():\n    new()\n    a; b\n"),
        ('def x(): "doc"\n', 'def x():\n    "doc"\n    new()\n'),
        ('def x():\n  """Doc."""  # c\n', 'def x():\n  """Doc."""  # c\n  new()\n'),
        ('def x():\n  """Doc."""\n\n  # why\n  a\n',
         'def x():\n  """Doc."""\n\n  new()\n  # why\n  a\n'),
        ("def x():\n  # why\n  a\n", "def x():\n  new()\n  # why\n  a\n"),
        ("def x():\n  @b\n  def a(): pass\n", "def x():\n  new()\n  @b\n  def a(): pass\n"),
        ("for x in a:  # c\n\tpass\n", "for x in a:  # c\n\tnew()\n\tpass\n"),
        ("if a: b\nelif x: c\n", "if a: b\nelif x:\n    new()\n    c\n"),
        ("try: a\nexcept x: c\n", "try: a\nexcept x:\n    new()\n    c\n"),
    ],
)  # fmt: skip
def test_insert_inside(file, before, after):
    it = file(before)
    assert it.fixed(Insert(it.statement("x"), "new()", "inside")).decode() == after


def test_insert_above_decorators_and_with_a_body_of_its_own(file):
    it = file("class A:\n\t# why\n\t@b\n\tdef x(): pass\n")
    text = "\n    if c:\n        d(\n          1)\n"
    assert it.fixed(Insert(it.statement("x"), text)).decode() == (
        "class A:\n\tif c:\n\t\td(\n\t\t  1)\n\t# why\n\t@b\n\tdef x(): pass\n"
    )


@pytest.mark.parametrize("text", ["if a: b\nelif x: c\n", "try: a\nexcept x: c\n"])
def test_nothing_comes_beside_a_clause(file, text):
    it = file(text)
    place = it.statements[0].handlers[0] if "try" in text else it.statement("x")
    with pytest.raises(UnfixableError):
        it.fixed(Insert(place, "new()"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nx()  # c\nb\n", "a\nb\n"),
        ("a\nx()", "a"),
        ("x()\n", ""),
        ("# why\nx()\n\nb\n", "# why\n\nb\n"),
        ("a; x(); b  # c\n", "a; b  # c\n"),
        ("x(); b  # c\n", "b  # c\n"),
        ("a; x()  # c\n", "a  # c\n"),
        ("a; x();\n", "a;\n"),
        ("if a: x()  # c\n", "if a: pass  # c\n"),
        ("if a:\n  # why\n  x()  # c\nb\n", "if a:\n  # why\n  pass\nb\n"),
        ("if a:\n  x(\n  1)\n  b\n", "if a:\n  b\n"),
        ('def f():\n  "Doc."\n  x()\n', 'def f():\n  "Doc."\n'),
        ("a\nif x():\n  a\nelse:\n  b\n  # end\nc\n", "a\nc\n"),
        ("if a:\n  @b\n  def x():\n    pass\nc\n", "if a:\n  pass\nc\n"),
    ],
)
def test_remove(file, before, after):
    it = file(before)
    assert it.fixed(Remove(it.statement("x"))).decode() == after


def test_remove_all_of_a_block(file):
    it = file("if a:\n  x()\n  y(); z()\nb\n")
    gone = [Remove(it.statement(name)) for name in "xyz"]
    assert it.fixed(*gone) == b"if a:\n  pass\nb\n"
    assert it.fixed(*gone[1:]) == b"if a:\n  x()\nb\n"
    assert it.fixed(*gone, Insert(it.statement("x"), "new()")) == b"if a:\n  new()\nb\n"


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("y()\na\n# why\nx()  # c\nb\n", "before", "# why\nx()  # c\ny()\na\nb\n"),
        ("a\n# why\nx()  # c\nb\nif y():\n  a\nc\n", "after",
         "a\nb\nif y():\n  a\n# why\nx()  # c\nc\n"),
        ("x(\n  1,\n2)\nfor y in a:\n    b\n", "inside",
         "for y in a:\n    x(\n      1,\n    2)\n    b\n"),
        ("if a:\n    x('''\n    s\n  ''')\n    b\ny()\n", "after",
         "if a:\n    b\ny()\nx('''\n    s\n  ''')\n"),
        ("if a:\n  x()\ny()\n", "before", "if a:\n  pass\nx()\ny()\n"),
        ("a; x(); y(); b\n", "after", "a; y()\nx()\nb\n"),
        ("x(); y()\n", "after", "y()\nx()\n"),
    ],
)  # fmt: skip
def test_move(file, before, where, after):
    it = file(before)
    assert it.fixed(Move(it.statement("x"), it.statement("y"), where)).decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("b\n# why\nx(a)  # c\ny()\nb\n", "b\ny()\n# why\nx(c)  # c\nx(x(a))\nb\n"),
        ("if a:\n  x(\n    (a)\n  )\ny()",
         "if a:\n  pass\ny()\nx(\n  (c)\n)\nx(\n  (x(\n    (a)\n  ))\n)"),
        ("x(a); y()\nb\n", "y()\nx(c)\nx(x(a))\nb\n"),
    ],
)  # fmt: skip
def test_what_moves_and_what_is_copied_have_other_parts(file, before, after):
    it = file(before)
    statement, call = it.part("x")
    argument, target = call.args[0], it.statement("y")
    moved = Move(statement, target, "after", ((argument, "c"),))
    copied = Copy(statement, target, "after", ((argument, call),))
    assert it.fixed(moved, copied).decode() == after


def test_only_what_has_no_body_is_copied(file):
    it = file("while x():\n  a\ny()\n")
    with pytest.raises(UnfixableError):
        it.fixed(Copy(it.statement("x"), it.statement("y")))


def test_an_expression_becomes_others_of_the_file(file):
    it = file("x = f(a)  # c\ny('1', (2))\n")
    (statement, call), (_, other) = it.part("f"), it.part("y")
    sources = (other.args[0], " + ", other.args[1])
    assert it.fixed(Replace(statement, call, sources)).startswith(b"x = '1' + (2)  # c\n")


def test_a_statement_does_not_move_into_itself(file):
    it = file("while x():\n  y()\n")
    with pytest.raises(UnfixableError):
        it.fixed(Move(it.statement("x"), it.statement("y")))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x()\n", "import new\n\nx()\n"),
        ("# the file's\nx()\n", "# the file's\nimport new\n\nx()\n"),
        ('"""Doc."""\nx()\n', '"""Doc."""\nimport new\n\nx()\n'),
        ('"""Doc."""\n\nimport a\n\nx()\n', '"""Doc."""\n\nimport a\nimport new\n\nx()\n'),
        ("from __future__ import a\nx()\n", "from __future__ import a\n\nimport new\nx()\n"),
        ("import a  # c\ntry:\n  import b\nexcept C: d\nfrom e import (\n  f,\n)\nx()\n",
         "import a  # c\nimport new\ntry:\n  import b\nexcept C: d\nfrom e import (\n  f,\n)\n"
         "x()\n"),
        ("import a\nx()\nimport b\n", "import a\nimport new\nx()\nimport b\n"),
        ("import a\ndef f(): b\nimport c\nx()\n",
         "import a\nimport new\ndef f(): b\nimport c\nx()\n"),
        ("def f():\n  import new\n  x()\n", "import new\n\ndef f():\n  import new\n  x()\n"),
        ("if TYPE_CHECKING:\n  import new\nx()\n",
         "import new\n\nif TYPE_CHECKING:\n  import new\nx()\n"),
        ("import new as n\nx()\n", "import new as n\nimport new\nx()\n"),
        ("import new\nx()\n", "import new\nx()\n"),
        ("import new.er\nx()\n", "import new.er\nx()\n"),
        ("import a, new\nx()\n", "import a, new\nx()\n"),
        ("try:\n  import new\nexcept E: pass\nx()\n", "try:\n  import new\nexcept E: pass\nx()\n"),
        ("def f(): x()\nimport new\n", "def f(): x()\nimport new\n"),
        ("x()\nimport new\n", "import new\n\nx()\nimport new\n"),
    ],
)  # fmt: skip
def test_add_import(file, before, after):
    it = file(before)
    fixed = it.fixed(Replace(*it.part("x"), "y()"), AddImport("import new")).decode()
    assert fixed == after.replace("x()", "y()")


SORTED = [
    ("import torch\n", "import os\n\nimport torch\n"),
    ("# ours\nimport torch\n", "# ours\nimport os\n\nimport torch\n"),
    ('"""Doc."""\n\n# b\nimport torch\n', '"""Doc."""\n\nimport os\n\n# b\nimport torch\n'),
    ("import torch\nfrom a import os\n", "import torch\nfrom a import os\nimport os\n"),
    ("import sys\n\nimport torch\n", "import os\nimport sys\n\nimport torch\n"),
    ("import abc\n\nimport torch\n", "import abc\nimport os\n\nimport torch\n"),
    ("from abc import ABC\n\nimport torch\n", "import os\nfrom abc import ABC\n\nimport torch\n"),
    ("from __future__ import a\n\nfrom .b import c\n",
     "from __future__ import a\n\nimport os\n\nfrom .b import c\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), SORTED)
def test_an_import_comes_where_sorters_put_it(file, before, after):
    it = file(f"{before}\nx()\n")
    fixed = it.fixed(Replace(*it.part("x"), "y()"), AddImport("import os")).decode()
    assert fixed == f"{after}\ny()\n"


@pytest.mark.parametrize("blank", range(4))
def test_a_definition_keeps_its_distance(file, blank):
    gap = "\n" * blank
    it = file(f"import a\n{gap}# why\n@d\ndef f(): pass\n")
    after = it.fixed(Insert(it.statement("f"), "x = 1")).decode()
    assert after == f"import a\n{gap}x = 1\n{gap}# why\n@d\ndef f(): pass\n"


@pytest.mark.parametrize(
    ("had", "is_enough"),
    [("from a import b", True), ("from a import c, b", True), ("from a import b as d", False),
     ("from .a import b", False), ("import a.b", False)],
)  # fmt: skip
def test_add_import_from(file, had, is_enough):
    it = file(f"{had}\nx()\n")
    fixed = it.fixed(Insert(it.statement("x"), "y()"), AddImport("from a import b")).decode()
    assert fixed == f"{had}\n" + "from a import b\n" * (not is_enough) + "y()\nx()\n"
