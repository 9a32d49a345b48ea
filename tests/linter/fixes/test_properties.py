"""Random changes of real sources: Python afterwards, and what was meant, to the last fact.

The sources are those of the standard library and of installed packages, as they are laid out by
many hands. What they should be afterwards is made from their facts, in which no layout is.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from mllint.document import Document, UnreadableDocumentError, read_document
from mllint.facts.expressions import Attribute, Call, Expression, Name, subexpressions
from mllint.facts.module import encode
from mllint.facts.reading import read_facts
from mllint.facts.statements import (
    BODIES,
    Body,
    Evaluate,
    If,
    Import,
    Statement,
    header,
    walk,
)
from mllint.fixes.changes import (
    AddImport,
    Change,
    Copy,
    Fix,
    Insert,
    Move,
    Remove,
    RemoveArgument,
    Replace,
    SetArgument,
    Wrap,
)
from mllint.fixes.content import edit_content
from mllint.fixes.edits import Edit
from mllint.fixes.plan import plan
from mllint.fixes.tree import Tree, UnfixableError

MAX_BYTES = 8_000


@cache
def sources() -> list[Path]:
    folders = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]
    found = {path for folder in folders for path in folder.glob("*/*.py")}
    found |= set(folders[0].glob("*.py"))
    found |= set(folders[1].glob("*/*/*.py"))
    return sorted(path for path in found if 500 < path.stat().st_size < MAX_BYTES)


@cache
def read(path: Path) -> tuple[Document, Body] | None:
    try:
        document = read_document(path)
    except UnreadableDocumentError:
        return None
    outline, body, _ = read_facts(document)
    # As rules see them: read from bytes, in which facts are shared.
    facts = encode(outline, body)
    return (document, facts.read_body()) if body and outline.failure is None else None


Lists = dict[int, list[Any]]  # by the id of a fact, what stands in its place


def expected(fact: Any, instead: Lists) -> Any:
    """Return a fact without lines, as it is with some facts in the place of others."""
    if not isinstance(fact, tuple):
        return type(fact).__name__, repr(fact)
    kind = type(fact)
    parts: list[Any] = []
    fields = zip(getattr(fact, "_fields", [""] * len(fact)), fact, strict=True)
    for name, part in fields:
        if name == "line":
            continue
        if id(part) in instead and isinstance(part, tuple) and part:
            parts += [expected(each, instead) for each in instead[id(part)]]
        else:
            parts.append(expected(part, instead))
    return kind.__name__, tuple(parts)


NEW = Evaluate(0, Call(Name("brand_new"), (), ()))


class Case:
    """A change, and what the facts are to be afterwards."""

    def __init__(self, body: Body, data: st.DataObject) -> None:
        self.body = body
        self.data = data
        elifs = elifs_in(body)
        self.statements = [
            each
            for each in walk(body, True)
            if type(each).__name__ not in ("Handler", "Case") and id(each) not in elifs
        ]

    def statement(self) -> Statement:
        return self.data.draw(st.sampled_from(self.statements), label="statement")

    def part(
        self, kind: type | None = None, is_fit: Callable[[Any], bool] = lambda _: True
    ) -> tuple[Statement, Any]:
        found = [
            (statement, part)
            for statement in self.statements
            if not isinstance(statement, Import)
            for part in readable(statement)
            if (kind is None or isinstance(part, kind)) and is_fit(part)
        ]
        assume(found)
        return self.data.draw(st.sampled_from(found), label="part")

    def wrap(self) -> tuple[Change, Lists]:
        statement, part = self.part()
        before, after = self.data.draw(
            st.sampled_from([("new(", ")"), ("", ".new"), ("(", ").new")])
        )
        new = Call(Name("new"), (part,), ()) if "n" in before else Attribute(part, "new")
        kept = [part._replace()]  # another object, that nothing is put in the place of
        new = new._replace(args=tuple(kept)) if isinstance(new, Call) else Attribute(*kept, "new")
        return Wrap(statement, part, before, after), {id(part): [new]}

    def replace(self) -> tuple[Change, Lists]:
        statement, part = self.part()
        text = self.data.draw(st.sampled_from(["new", "new()", "a, b", "a or b", "lambda: a"]))
        fact, *_ = read_facts(Document(Path("x.py"), f"_ = {text}\n")).body
        return Replace(statement, part, text), {id(part): [fact.value]}

    def set_argument(self) -> tuple[Change, Lists]:
        statement, call = self.part(Call)
        new = call._replace(keywords=(*call.keywords, ("new_one", Name("new"))))
        return SetArgument(statement, call, "new_one", "new"), {id(call): [new]}

    def remove_argument(self) -> tuple[Change, Lists]:
        statement, call = self.part(Call, lambda call: any(name for name, _ in call.keywords))
        name = self.data.draw(st.sampled_from([name for name, _ in call.keywords if name]))
        kept = tuple(each for each in call.keywords if each[0] != name)
        return RemoveArgument(statement, call, name), {id(call): [call._replace(keywords=kept)]}

    def insert(self) -> tuple[Change, Lists]:
        statement = self.statement()
        where = self.data.draw(st.sampled_from(["before", "after", "inside"]))
        if where == "inside":
            assume("body" in BODIES.get(type(statement), ()))
            new = statement._replace(body=(NEW, *statement.body))
            return Insert(statement, "brand_new()", where), {id(statement): [new]}
        other = statement._replace()
        order = [NEW, other] if where == "before" else [other, NEW]
        return Insert(statement, "brand_new()", where), {id(statement): order}

    def remove(self) -> tuple[Change, Lists]:
        statement = self.statement()
        return Remove(statement), {id(statement): []}

    def move(self) -> tuple[Change, Lists]:
        statement, target = self.statement(), self.statement()
        assume(not any(each is target for each in walk([statement], True)))
        where = self.data.draw(st.sampled_from(["before", "after"]))
        assume(not any(each is statement for each in walk([target], True)))
        both = [statement._replace(), target._replace()]
        order = both if where == "before" else both[::-1]
        return Move(statement, target, where), {id(statement): [], id(target): order}

    def copy(self) -> tuple[Change, Lists]:
        target = self.statement()
        statement, part = self.part(Name)
        assume(type(statement) not in BODIES)
        assume(not any(each is statement for each in walk([target], True)))
        where = self.data.draw(st.sampled_from(["before", "after"]))
        new = with_swapped(statement, part, Name("brand_new"))
        other = target._replace()
        order = [new, other] if where == "before" else [other, new]
        change = Copy(statement, target, where, ((part, "brand_new"),))
        return change, {id(target): order}

    def add_import(self) -> tuple[Change, Lists]:
        return AddImport("import brand_new"), {}


def with_swapped(fact: Any, part: Any, new: Any) -> Any:
    """Return a fact, made anew, with another in the place of one in it."""
    if fact is part:
        return new
    if not isinstance(fact, tuple):
        return fact
    parts = [with_swapped(each, part, new) for each in fact]
    return type(fact)(*parts) if hasattr(fact, "_fields") else tuple(parts)


def elifs_in(body: Body) -> set[int]:
    """Return the ids of each `if` that may be an ``elif``: nothing can be put beside those."""
    return {
        id(each.orelse[0])
        for each in walk(body, True)
        if isinstance(each, If) and len(each.orelse) == 1 and isinstance(each.orelse[0], If)
    }


def readable(statement: Any) -> list[Expression]:
    """Return the expressions of a statement that may be any other expression."""
    taken: list[Any] = []
    match type(statement).__name__:
        case "Assign" | "Update":
            taken = [statement.value]
        case "For":
            taken = [statement.iterable]
        case "With":
            taken = [item for item, _ in statement.items]
        case "Function":
            taken = [each.default for each in statement.parameters]
        case "Evaluate" | "Return" | "If" | "While" | "Assert" | "Raise":
            taken = list(header(statement))
    found: list[Any] = []
    for each in taken:
        for part in subexpressions(each):
            kind = type(part).__name__
            if kind in ("Lambda", "Comprehension", "Template", "Walrus", "Slice", "Star", "Wait"):
                break  # what binds names is no place for any expression
            if kind in ("Name", "Call", "Attribute", "Subscript", "Operation", "Sequence"):
                found.append(part)
    return found


KINDS = [name for name, value in vars(Case).items() if callable(value) and name[0] != "_"]
KINDS = [name for name in KINDS if name not in ("statement", "part")]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_change_is_what_was_meant(kind: str, data: st.DataObject):
    path = data.draw(st.sampled_from(sources()), label="path")
    found = read(path)
    assume(found is not None)
    document, body = found
    change, instead = getattr(Case(body, data), kind)()
    changes: tuple[Change, ...] = (change,)
    if kind == "add_import":
        changes = (change, Insert(body[-1], "brand_new()"))
        instead = {id(body[-1]): [NEW, body[-1]._replace()]}
    try:
        edits = plan(Tree(document, body), Fix("", changes, True))
        content = path.read_bytes()
        new = edit_content(content, document, edits)
    except UnfixableError as error:
        event(f"refused: {error}")
        return
    outline, after, _ = read_facts(read_document(path, new))
    assert outline.failure is None
    if kind == "add_import":
        after = tuple(
            each for each in after if not (isinstance(each, Import) and "brand_new" in str(each))
        )
    assert expected(after, {}) == expected(body, instead)
    assert_untouched(content, new, document, edits)


def assert_untouched(old: bytes, new: bytes, document: Document, edits: tuple[Edit, ...]) -> None:
    """Assert that all before the first edit and behind the last one has its bytes."""
    head = len(document.text[: edits[0].start].encode())
    tail = len(document.text[edits[-1].end :].encode())
    assert new[:head] == old[:head]
    assert new[len(new) - tail :] == old[len(old) - tail :]
