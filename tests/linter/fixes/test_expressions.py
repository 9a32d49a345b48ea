"""Expressions and arguments that change, in all the ways in which they are written."""

from __future__ import annotations

import pytest

from mllint.fixes.changes import RemoveArgument, Replace, SetArgument, Wrap
from mllint.fixes.tree import UnfixableError


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("y = x.old + 1\n", "x.new", "y = x.new + 1\n"),
        ("y = x.old.item()\n", "a / b", "y = (a / b).item()\n"),
        ("y = (x.old).item()\n", "a / b", "y = (a / b).item()\n"),
        ("f(x.old)\n", "a / b", "f(a / b)\n"),
        ("f(x.old, 1)\n", "a, b", "f((a, b), 1)\n"),
        ("y = x.old\n", "a, b", "y = a, b\n"),
        ("if 1: return_ = (x.old)if 1 else 2\n", "n", "if 1: return_ = (n)if 1 else 2\n"),
        ("def f():\n    return(x.old)\n", "n", "def f():\n    return(n)\n"),
        ("y = (  # why\n    x.old  # this\n)\n", "n", "y = (  # why\n    n  # this\n)\n"),
        ("y = 1 + \\\n    x.old  # c\n", "n()", "y = 1 + \\\n    n()  # c\n"),
        ("y = f'{x.old} and'\n", "n", "y = f'{n} and'\n"),
        ("@x.old\ndef f(): pass\n", "n", "@n\ndef f(): pass\n"),
        ("def f(a=x.old): pass\n", "None", "def f(a=None): pass\n"),
        ("a; y = x.old; b\n", "n", "a; y = n; b\n"),
        ("if z: y = x.old\nelif x: b\n", "n", "if z: y = n\nelif x: b\n"),
        ("y = -x.old ** 2\n", "-1", "y = -(-1) ** 2\n"),
        ("y = 'ä\u2028' + x.old\n", "n", "y = 'ä\u2028' + n\n"),
    ],
)
def test_replace(file, before, text, after):
    it = file(before)
    assert it.fixed(Replace(*it.part("x.old"), text)).decode() == after


def test_no_quotes_in_a_template(file):
    it = file("y = f'{x.old} and'\n")
    with pytest.raises(UnfixableError):
        it.fixed(Replace(*it.part("x.old"), "a['b']"))


def test_what_is_no_expression_is_refused(file):
    it = file("y = x.old\n")
    with pytest.raises(UnfixableError):
        it.fixed(Replace(*it.part("x.old"), "a b"))


def test_a_fact_of_another_file_is_refused(file):
    it = file("y = x.old\n")
    with pytest.raises(UnfixableError):
        it.fixed(Replace(it.statements[0], ("x",), "a"))


@pytest.mark.parametrize(
    ("before", "around", "after"),
    [
        ("y = ls(d)\n", ("sorted(", ")"), "y = sorted(ls(d))\n"),
        ("y = (ls(d))\n", ("sorted(", ")"), "y = (sorted(ls(d)))\n"),
        ("y = (\n    ls(d)  # c\n)\n", ("sorted(", ")"), "y = (\n    sorted(ls(d))  # c\n)\n"),
        ("for y in(ls(d)): pass\n", ("sorted(", ")"), "for y in(sorted(ls(d))): pass\n"),
        ("y = [a for a in ls(d)]\n", ("sorted(", ")"), "y = [a for a in sorted(ls(d))]\n"),
        ("y = ls(d)\n", ("", ".item()"), "y = ls(d).item()\n"),
        ("y = ls(d)[0]\n", ("", " / n"), "y = (ls(d) / n)[0]\n"),
        ("y = ls(\n  d,\n)  # c\n", ("f(", ", 1)"), "y = f(ls(\n  d,\n), 1)  # c\n"),
    ],
)
def test_wrap_a_call(file, before, around, after):
    it = file(before)
    assert it.fixed(Wrap(*it.part("ls"), *around)).decode() == after


@pytest.mark.parametrize(
    ("before", "around", "after"),
    [
        ("y = a, b\n", ("f(", ")"), "y = f((a, b))\n"),
        ("y = (a, b)\n", ("f(", ")"), "y = f((a, b))\n"),
        ("y = a + b\n", ("f(", ")"), "y = f(a + b)\n"),
        ("y = a + b\n", ("", ".c"), "y = (a + b).c\n"),
        ("y = (a + b)\n", ("", ".c"), "y = (a + b).c\n"),
        ("y = (a for a in b)\n", ("f(", ")"), "y = f((a for a in b))\n"),
        ("y = 1\n", ("", ".c"), "y = (1).c\n"),
        ("y = lambda: 1\n", ("f(", ")"), "y = f(lambda: 1)\n"),
    ],
)
def test_wrap_a_value(file, before, around, after):
    it = file(before)
    statement = it.statements[0]
    assert it.fixed(Wrap(statement, statement.value, *around)).decode() == after


def test_wrap_an_only_argument(file):
    it = file("y = s(a for a in b)\n")
    statement, call = it.part("s")
    after = it.fixed(Wrap(statement, call.args[0], "sorted(", ")")).decode()
    assert after == "y = s(sorted(a for a in b))\n"
    after = it.fixed(Wrap(statement, call.args[0], "f(", ", 1)")).decode()
    assert after == "y = s(f((a for a in b), 1))\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()\n", "f(k=1)\n"),
        ("f(  # c\n)\n", "f(  # c\nk=1)\n"),
        ("f(a)\n", "f(a, k=1)\n"),
        ("f(a, )\n", "f(a, k=1, )\n"),
        ("f(a,)\n", "f(a, k=1,)\n"),
        ("f((a))\n", "f((a), k=1)\n"),
        ("f(*a, **b)\n", "f(*a, **b, k=1)\n"),
        ("f(a for a in b)\n", "f((a for a in b), k=1)\n"),
        (
            "f(\n    a,  # one\n    b,  # two\n)\n",
            "f(\n    a,  # one\n    b,  # two\n    k=1,\n)\n",
        ),
        ("f(\n    a,\n    b  # two\n)\n", "f(\n    a,\n    b,  # two\n    k=1\n)\n"),
        ("f(a,\n  b)\n", "f(a,\n  b, k=1)\n"),
        ("f(a,\n  b = 1,\n  c = 2)\n", "f(a,\n  b = 1,\n  c = 2,\n  k=1)\n"),
        ("f(a, b,\n  c)\n", "f(a, b,\n  c, k=1)\n"),
        ("f(a,b,c)\n", "f(a,b,c,k=1)\n"),
        ("f(a,b, c)\n", "f(a,b, c, k=1)\n"),
        ("f(k=2)\n", "f(k=1)\n"),
        ("f(k = (2), c=3)\n", "f(k = (1), c=3)\n"),
        ("f(a  # x, y\n, b=2  # z, z\n,)\n", "f(a  # x, y\n, b=2  # z, z\n, k=1,)\n"),
        ("@f\ndef g(x=f(a)): pass\n", "@f\ndef g(x=f(a, k=1)): pass\n"),
        ("@f(a)\ndef g(): pass\n", "@f(a, k=1)\ndef g(): pass\n"),
    ],
)
def test_set_argument(file, before, after):
    it = file(before)
    assert it.fixed(SetArgument(*it.part("f"), "k", "1")).decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(k=1)\n", "f()\n"),
        ("f(k=1,)\n", "f()\n"),
        ("f(a, k=1)\n", "f(a)\n"),
        ("f(a, k=1,)\n", "f(a,)\n"),
        ("f(k=1, b=2)\n", "f(b=2)\n"),
        ("f(a, k=1, b=2)\n", "f(a, b=2)\n"),
        ("f(\n    a,  # one\n    k=1,  # two\n    b=2,\n)\n", "f(\n    a,  # one\n    b=2,\n)\n"),
        ("f(\n    a,  # one\n    k=1  # two\n)\n", "f(\n    a,  # one\n)\n"),
        ("f(a,\n  k=g(\n  1), b=2)\n", "f(a,\n  b=2)\n"),
    ],
)
def test_remove_argument(file, before, after):
    it = file(before)
    assert it.fixed(RemoveArgument(*it.part("f"), "k")).decode() == after


def test_several_arguments(file):
    it = file("f(a, k=1, b=2, c=3)\n")
    at = it.part("f")
    assert it.fixed(RemoveArgument(*at, "k"), RemoveArgument(*at, "b")) == b"f(a, c=3)\n"
    assert it.fixed(RemoveArgument(*at, "b"), RemoveArgument(*at, "c")) == b"f(a, k=1)\n"
    assert (
        it.fixed(RemoveArgument(*at, "k"), SetArgument(*at, "n", "5")) == b"f(a, n=5, b=2, c=3)\n"
    )
    assert it.fixed(SetArgument(*at, "m", "4"), SetArgument(*at, "n", "5")) == (
        b"f(a, k=1, b=2, c=3, m=4, n=5)\n"
    )
    with pytest.raises(UnfixableError):
        it.fixed(RemoveArgument(*at, "z"))
