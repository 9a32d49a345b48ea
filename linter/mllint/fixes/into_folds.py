"""A fit that stands above a loop over folds goes into it: each fold's training part teaches.

``X = scaler.fit_transform(X)`` above ``for train, test in folds.split(X):`` becomes, in the loop,
``X_train = scaler.fit_transform(X[train])`` and ``X_test = scaler.transform(X[test])``. That is
done only where all that is made of the rows is parted by the fold's own indices.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from ..facts.expressions import (
    Attribute,
    Call,
    Expression,
    Name,
    Sequence,
    Subscript,
    subexpressions,
)
from ..facts.rendering import render
from ..facts.statements import Assign, Body, For, Statement, header, walk
from .changes import AddImport, Change, Copy, Insert, Move, Replace, Swaps
from .fits import PREPROCESSING, Fit, may_import, nouns, read_fit, strays
from .into_pipeline import is_all
from .later import is_free_in_a_definition
from .looks import indexer
from .names import block_of, mentioned, names_in, position, same
from .swapping import Swapping


class Fold(NamedTuple):
    """A part of some rows, as a loop over folds takes it.

    Attributes:
        statement: Where.
        part: The expression: ``X[train]``, ``X.iloc[test]``.
        number: 0 of the training part, 1 of the held-out one.
        name: What it is called, if that is all that is done with it; else empty.
    """

    statement: Statement
    part: Expression
    number: int
    name: str


def into_folds(
    body: Body, statement: object, call: Call, loop: object
) -> tuple[Change, ...] | None:
    """Return the changes that put a fit into a loop over folds; None where that can't be right.

    Args:
        body: The file.
        statement: That which learns.
        call: The call in it.
        loop: The loop.
    """
    place = block_of(body, statement)
    if place is None or not isinstance(loop, For) or not loop.body:
        return None
    block, owner = place
    start, at = position(block, statement), position(block, loop)
    indices = indices_of(loop)
    if not start < at or indices is None:
        return None
    fit = read_fit(block, start, at, call)
    if fit is None or fit.applied is None or fit.resamples or strays(fit) or not is_all(fit):
        return None
    if fit.stand_in and not may_import(body, fit.stand_in):
        return None
    form = indexer(fit.rows[0], block[:start])
    if form is None:
        return None
    taken = {name for each in walk(body, True) for name in names_in(header(each))}
    work = Folding(owner, fit, loop, indices, form)
    return tuple(work.changes()) if work.is_possible(taken) else None


def indices_of(loop: For) -> tuple[str, str] | None:
    """Return what a loop over ``folds.split(X)`` calls a fold's indices."""
    target, folds = loop.target, loop.iterable
    match target, folds:
        case Sequence("tuple", (_, inner)), Call(Name("enumerate"), (inside, *_)):
            target, folds = inner, inside
    match target, folds:
        case Sequence("tuple", (Name(train), Name(test))), Call(Attribute(_, "split")):
            return (train, test) if train != test else None
    return None


class Folding:
    """A fit that is to go into a loop over folds.

    Args:
        owner: The statements of the function, or the file, around both.
        fit: The fit.
        loop: The loop.
        indices: What it calls the indices of a fold's two parts.
        form: What takes rows by number: nothing, or ``.iloc``.
    """

    def __init__(
        self, owner: Body, fit: Fit, loop: For, indices: tuple[str, str], form: str
    ) -> None:
        self.owner, self.fit, self.loop, self.indices, self.form = owner, fit, loop, indices, form
        self.made = fit.made[0]
        self.inside = list(walk(loop.body))
        self.folds = [each for s in self.inside for each in self.folds_in(s, self.made)]
        self.names = self.names_of(self.folds)
        self.is_named = bool(self.names)
        self.names = self.names or (f"{self.made}_train", f"{self.made}_test")
        self.learner = fit.learner

    def folds_in(self, statement: Statement, rows: str) -> Iterator[Fold]:
        """Yield the parts of some rows that a statement takes."""
        for part in subexpressions(header(statement)):
            match part:
                case Subscript(Name(name) | Attribute(Name(name), "iloc"), Name(index)):
                    if name == rows and index in self.indices:
                        number = self.indices.index(index)
                        yield Fold(statement, part, number, self.name_in(statement, part))

    def name_in(self, statement: Statement, part: Expression) -> str:
        """Return what the loop calls a part, if a statement of its own block says so."""
        if not any(each is statement for each in self.loop.body):
            return ""
        match statement:
            case Assign(_, (Name(name),), value, None) if value is part:
                return name
            case Assign(_, (Sequence(_, targets),), Sequence(_, values), None):
                for target, value in zip(targets, values, strict=False):
                    if value is part and isinstance(target, Name):
                        return target.id
        return ""

    def names_of(self, folds: list[Fold]) -> tuple[str, ...]:
        """Return what the loop calls both parts of some rows; nothing if not always the same."""
        names = {each.number: each.name for each in folds}
        is_clear = len(folds) == 2 and len(names) == 2 and all(names.values())
        return (names[0], names[1]) if is_clear else ()

    def is_possible(self, taken: set[str]) -> bool:
        """Tell whether nothing but the leak goes.

        Args:
            taken: All names of the file.
        """
        fit, row = self.fit, self.fit.rows[0]
        if fit.maker is not None:
            self.learner = next((each for each in nouns(fit.maker) if each not in taken), "")
        is_free = self.is_named or taken.isdisjoint(self.names)
        if not isinstance(row, Name) or not self.learner or not is_free:
            return False
        if {each.number for each in self.folds} != {0, 1}:
            return False
        if fit.target and self.taught is None:
            return False
        moving = [fit.statement, fit.applied]
        first = fit.statement.line
        others = [
            each
            for each in walk(self.owner, True)
            if each.line > first and not any(each is other for other in (*moving, *self.inside))
        ]
        gone = {self.made, row.id, fit.learner} - {""}
        if any(gone & names_in(header(each)) for each in others if each is not self.loop):
            return False
        if any(is_free_in_a_definition(name, self.owner) for name in gone):
            return False
        if fit.learner and any(fit.learner in mentioned(each) for each in self.inside):
            return False
        uses = [
            part
            for each in self.inside
            for part in subexpressions(header(each))
            if same(part, Name(self.made))
        ]
        raw = row.id != self.made and any(row.id in mentioned(each) for each in self.inside)
        return len(uses) == len(self.folds) and not raw and not self.is_read_before()

    def is_read_before(self) -> bool:
        """Tell whether a part is read before what it is changed behind."""
        if not self.is_named:
            return False
        first = min(each.statement.line for each in self.folds)
        known = [each.statement for each in self.folds]
        return any(
            not mentioned(each).isdisjoint(self.names)
            for each in self.loop.body
            if first < each.line <= self.anchor.line and not any(each is s for s in known)
        )

    @property
    def anchor(self) -> Statement:
        """Behind which statement of the loop the parts have their names."""
        known = [each.statement for each in self.folds]
        if self.taught is not None and self.taught.name:
            known.append(self.taught.statement)
        return max(known, key=lambda each: each.line)

    @cached_property
    def taught(self) -> Fold | None:
        """The target of a fold's training part, where the fit needs it."""
        folds = (each for s in self.inside for each in self.folds_in(s, self.fit.target))
        return next((each for each in folds if each.number == 0), None)

    def changes(self) -> Iterator[Change]:
        """Yield what is to be done."""
        fit, names = self.fit, self.names
        assert isinstance(fit.applied, Assign)
        assert isinstance(fit.rows[0], Name)
        if fit.stand_in:
            yield AddImport(f"from {PREPROCESSING} import {fit.stand_in}")
        if self.is_named:
            anchor, where = self.anchor, "after"
            yield from self.handed_rows()
        else:
            anchor, where = self.loop.body[0], "before"
            parts_taken = ", ".join(f"{fit.rows[0].id}{self.form}[{each}]" for each in self.indices)
            yield Insert(anchor, f"{', '.join(names)} = {parts_taken}", where)
            for each in self.folds:
                yield Replace(each.statement, each.part, names[each.number])
        parts = {self.made: self.names}
        if fit.target and self.taught is not None:
            name = self.taught.name if self.is_named else ""
            parts[fit.target] = (name or render(self.taught.part) or "", "")
        swapping = Swapping(fit, parts, self.learner)
        if fit.statement is not fit.applied:
            yield Move(fit.statement, anchor, where, tuple(swapping.swaps(fit.statement, 0)))
        kind: type[Move | Copy] = Move  # the first takes the comments along
        if fit.maker is not None and fit.applied.value is not None:
            construction: Swaps = (
                (fit.applied.targets[0], self.learner),
                (fit.applied.value, fit.construction or ""),
            )
            yield kind(fit.applied, anchor, where, construction)
            kind = Copy
        for number in (0, 1):
            yield kind(fit.applied, anchor, where, tuple(swapping.swaps(fit.applied, number)))
            kind = Copy
        yield from self.split_rows()

    def handed_rows(self) -> Iterator[Change]:
        """Yield what lets the loop part the rows themselves."""
        row = self.fit.rows[0]
        for each in self.folds:
            assert isinstance(each.part, Subscript)
            value = Attribute(row, self.form[1:]) if self.form else row
            if not same(each.part.value, value):
                index = self.indices[each.number]
                yield Replace(each.statement, each.part, f"{render(row)}{self.form}[{index}]")

    def split_rows(self) -> Iterator[Change]:
        """Yield what lets the loop split the rows themselves."""
        row = self.fit.rows[0]
        for part in subexpressions(header(self.loop)):
            if same(part, Name(self.made)) and not same(part, row):
                yield Replace(self.loop, part, row)
