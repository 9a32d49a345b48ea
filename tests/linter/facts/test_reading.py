"""What facts say of a source, and that they survive the way to disk."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllint.document import Document
from mllint.facts.expressions import Call, Compare, Constant, Name, Star, calls, dotted
from mllint.facts.module import EncodedFacts, Start, encode
from mllint.facts.reading import read_facts
from mllint.facts.statements import Assign, Evaluate, For, Function, If, Import, Try, With


def facts(text: str):
    return read_facts(Document(Path("x.py"), text))[:2]


def expression(text: str):
    (statement,) = facts(f"_ = {text}\n")[1]
    return statement.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a' 'b'", "ab"),
        ("r'\\d'", "\\d"),
        ("'''x'''", "x"),
        ("''", ""),
        ("b'x'", b"x"),
        ("1_000", 1000),
        ("-1e-3", -0.001),
        ("0x10", 16),
        ("True", True),
        ("None", None),
        ("...", ...),
    ],
)
def test_constants(text, value):
    found = expression(text)
    assert type(found) is Constant
    assert found.value == value


def test_calls_say_how_arguments_are_handed():
    call = expression("f(1, *rest, seed=2, **more)")
    assert call == Call(
        Name("f"), (Constant(1), Star(Name("rest"))), (("seed", Constant(2)), (None, Name("more")))
    )
    assert call.is_open
    assert call.argument("seed", 5) == Constant(2)
    assert call.argument("x", 0) == Constant(1)
    assert call.argument("x", 1) is None


def test_inner_calls_come_first():
    assert [dotted(call.func) for call in calls(expression("a(b(c()))(d)"))][:3] == ["c", "b", "a"]


def test_statements_nest_and_know_their_lines():
    _, body = facts(
        "import a.b as c\nfor x in y:\n    with z as w:\n        try: f()\n"
        "        except E as e: g()\nif a < b: h()\nelif c: i()\n"
    )
    imported, loop, branch = body
    assert imported == Import(1, None, 0, (("a.b", "c"),))
    assert isinstance(loop, For)
    (block,) = loop.body
    assert isinstance(block, With)
    (attempt,) = block.body
    assert isinstance(attempt, Try)
    assert (attempt.line, attempt.handlers[0].line, attempt.handlers[0].name) == (4, 5, "e")
    assert isinstance(branch, If)
    assert isinstance(branch.test, Compare)
    assert branch.orelse[0].line == 7


def test_what_says_nothing_is_left_out():
    assert facts('"""Doc."""\npass\n')[1] == ()


def test_signs_of_a_beginning():
    outline, _ = facts(
        "import click\n@click.command()\ndef main():\n    pass\nx = 1\n"
        'if __name__ == "__main__":\n    main()\n'
    )
    assert outline.starts == (Start("decorated", 3, "main", "click.command"), Start("main", 6))
    assert {"click", "main"} <= outline.words


def test_what_a_module_mentions_and_what_it_calls():
    outline, _ = facts(
        "import a.b as c\nx = c.d(e)(f)\n\ndef g(h):\n    return [i.j() for i in h if not k(*m)]\n"
    )
    assert outline.words == {"a", "b", "x", "c", "d", "e", "f", "i", "j", "h", "k", "m"}
    assert outline.called == {"d", "", "j", "k"}


def test_long_chains_are_no_problem():
    assert facts("x = " + " + ".join(["1"] * 3000) + "\n")[0].failure is None
    text = "if x: y()\n" + "elif z: y()\n" * 1500
    assert facts(text)[0].failure is None


def test_newer_syntax():
    _, body = facts("type X = int\ndef f[T](x: T, /, y, *, z=1, **k) -> T: return x\n")
    assert isinstance(body[0], Assign)
    assert isinstance(body[1], Function)
    assert [(each.name, each.kind) for each in body[1].parameters] == [
        ("x", "/"),
        ("y", ""),
        ("z", "k"),
        ("k", "**"),
    ]


def test_facts_come_back_as_they_were():
    outline, body = facts("import torch\nif x:\n    y = 3j + torch.f(z, k=...)\n__all__ = ['y']\n")
    encoded = encode(outline, body)
    assert encoded.read_outline() == outline
    assert encoded.read_body() == body
    assert outline.exports == ("y",)


def test_nothing_but_facts_is_unpickled():
    class Evil:
        def __reduce__(self):
            return print, ("owned",)

    evil = pickle.dumps(Evil())
    with pytest.raises(pickle.UnpicklingError):
        EncodedFacts(evil, evil).read_outline()
    with pytest.raises(pickle.UnpicklingError):
        EncodedFacts(evil, evil).read_body()


@settings(max_examples=100, deadline=None)
@given(st.text("abx=()[]:,.'\"#\n *", max_size=40))
def test_any_text_gives_facts_or_says_why_not(text):
    outline, body = facts(text)
    assert outline.failure is None or body == ()


def test_a_bare_call_is_an_expression_statement():
    assert isinstance(facts("f()\n")[1][0], Evaluate)
