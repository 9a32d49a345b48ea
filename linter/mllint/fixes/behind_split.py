"""A fit that stands above a split moves below it: it learns from the training part alone.

``X = scaler.fit_transform(X)`` above ``X_train, X_test = train_test_split(X)`` becomes, below it,
``X_train = scaler.fit_transform(X_train)`` and ``X_test = scaler.transform(X_test)``. That is done
only where nothing else can tell the difference: fit and split stand in one block, and the names
that they share are used in no other way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from ..facts.expressions import Call, Expression, Name, subexpressions
from ..facts.statements import Assign, Body, Evaluate, Statement, header, walk
from ..program.symbols import definitions
from .changes import AddImport, Change, Copy, Move, Replace, Source, Swaps
from .fits import PREPROCESSING, Fit, may_import, nouns, read_fit, strays
from .later import is_read_later
from .looks import is_array, only_counts, only_shows
from .names import (
    block_of,
    mentioned,
    names_in,
    position,
    same,
    touched,
)
from .parts import Parting, read_parting, slices_of
from .swapping import Swapping


def behind_split(
    body: Body,
    statement: object,
    call: Call,
    split: object,
    calls: Collection[int],
    is_table: bool = True,
) -> tuple[Change, ...] | None:
    """Return the changes that put a fit behind a split; None where they can't be known to be right.

    Args:
        body: The file.
        statement: That which learns.
        call: The call in it.
        split: The statement that splits.
        calls: The ids of the calls that split each array into a training and a held-out part; none
            where slices do.
        is_table: Whether what learns changes tables into tables, rather than texts into one.
    """
    place = block_of(body, statement)
    if place is None:
        return None
    block, owner = place
    start, cut = position(block, statement), position(block, split)
    if not start < cut:
        return None
    fit = read_fit(block, start, cut, call)
    if fit is None or strays(fit):
        return None
    if not calls:
        places = (at for at in range(start + 1, cut) if slices_of(block[at], fit.made[0]))
        cut = next(places, cut)
    parting = read_parting(block, cut, calls, {*fit.made, fit.target} - {""})
    if parting is None:
        return None
    postponing = Postponing(block, owner, fit, parting, is_table)
    taken = {name for each in walk(body, True) for name in names_in(header(each))}
    if fit.stand_in and not may_import(body, fit.stand_in):
        return None
    return tuple(postponing.changes()) if postponing.is_possible(taken) else None


class Postponing:
    """A fit that is to move.

    Args:
        block: The statements among which it stands.
        owner: Those of the function, or the file, around them.
        fit: The fit.
        parting: How the rows are divided.
        is_table: Whether the rows are tables before the fit, too.
    """

    def __init__(
        self, block: Body, owner: Body, fit: Fit, parting: Parting, is_table: bool
    ) -> None:
        self.is_table = is_table
        self.block = block
        self.owner = owner
        self.fit = fit
        self.parting = parting
        self.last = parting.statements[-1]
        moving = (fit.statement, fit.applied, *parting.statements)
        start, self.end = position(block, fit.statement), position(block, self.last)
        cut = position(block, parting.statements[0])
        self.between = [
            each for each in block[start:cut] if not any(each is other for other in moving)
        ]
        self.beyond = [
            each for each in block[cut : self.end] if not any(each is other for other in moving)
        ]
        self.held_out = len(parting.parts[fit.made[0]])
        self.names = fit.made
        self.is_named = fit.maker is not None and not fit.resamples
        self.learner = fit.learner
        self.stays = fit.applied is not None and self.must_stay()
        self.followers: list[Statement] = []
        self.is_read_later = False  # so that all rows are to be had, too

    def must_stay(self) -> bool:
        """Tell whether the rows keep their name: ``X = vectorizer.fit_transform(table["text"])``.

        Else the split is handed the rows themselves. That can't be if they may change on the way.
        """
        whole = all(isinstance(row, Name) for row in self.fit.rows)
        rows = {name for row in self.fit.rows for name in names_in(row)}
        changed = {name for each in self.between for name in touched(each)}
        read = {name for each in self.between for name in mentioned(each)}
        return not whole and bool(rows & (changed | set(self.names)) or read & set(self.names))

    def is_possible(self, taken: set[str]) -> bool:
        """Tell whether nothing but the leak goes.

        Args:
            taken: All names of the file.
        """
        fit, parts = self.fit, self.parting.parts
        if self.is_named and fit.maker is not None:
            free = [each for each in nouns(fit.maker) if each not in taken]
            if not free:
                return False
            self.learner = free[0]
        if any(names[0] == "_" for names in parts.values()):
            return False
        rows = {row.id for row in fit.rows if isinstance(row, Name)}
        fixed = fit.others | rows | set(self.names)
        if self.parting.is_wide:
            before = self.block[: position(self.block, fit.applied or fit.statement)]
            if not all(is_array(row, before) for row in fit.rows):
                return False
        following = {self.learner, *definitions((fit.statement,))} - set(self.names)
        for each in (*self.between, *self.beyond):
            read = mentioned(each)
            if fixed & touched(each):
                return False
            if following & read:
                if not self.can_follow(each):
                    return False
                self.followers.append(each)
                following |= definitions((each,)).keys()
            if fit.applied and not all(
                self.is_shown(each, name) or only_counts(each, name)
                for name in self.names
                if name in read
            ):
                return False
        if any(following & mentioned(each) for each in self.parting.statements):
            return False
        self.is_read_later = fit.applied is not None and any(
            is_read_later(name, self.block, self.end, self.owner, partial(self.is_shown, name=name))
            for name in self.names
        )
        return not (self.is_read_later and fit.resamples)

    def can_follow(self, statement: Statement) -> bool:
        """Tell whether what reads what was learned can move along: ``print(scaler.mean_)``."""
        match statement:
            case Assign(_, (Name(),), value) | Evaluate(_, Call() as value):
                later = self.block[position(self.block, statement) + 1 : self.end + 1]
                read = names_in(value)
                is_apart = read.isdisjoint(self.names)
                return is_apart and not any(read & touched(each) for each in later)
        return False

    def is_shown(self, statement: Statement, name: str) -> bool:
        """Tell whether a statement only shows rows that are there, changed or not."""
        row = self.fit.rows[self.names.index(name)]
        if not self.stays and not same(row, Name(name)):
            return False
        if not isinstance(statement, Evaluate) or not self.is_table:
            return False
        return only_shows(statement, name)

    def changes(self) -> Iterator[Change]:
        """Yield what is to be done."""
        if self.fit.stand_in:
            yield AddImport(f"from {PREPROCESSING} import {self.fit.stand_in}")
        yield from self.moves()
        for each in self.followers:
            yield Move(each, self.last, "after")

    def moves(self) -> Iterator[Change]:
        """Yield what becomes of the fit, and of what the split is handed."""
        fit = self.fit
        swapping = Swapping(fit, self.parting.parts, self.learner)
        if fit.applied is not fit.statement:
            yield Move(fit.statement, self.last, "after", tuple(swapping.swaps(fit.statement, 0)))
        if isinstance(fit.applied, Assign) and fit.applied.value is not None:
            moves = not self.stays
            if self.is_named and fit.maker is not None:
                kind = Move if moves else Copy
                construction: Swaps = (
                    (fit.applied.targets[0], self.learner),
                    (fit.applied.value, fit.construction or ""),
                )
                yield kind(fit.applied, self.last, "after", construction)
                moves = False
            for number in range(1 if fit.resamples else self.held_out):
                if self.parting.parts[fit.made[0]][number] in ("", "_"):
                    continue
                kind = Move if moves and not number else Copy
                swaps = tuple(swapping.swaps(fit.applied, number))
                yield kind(fit.applied, self.last, "after", swaps)
            if self.is_read_later:
                yield Copy(fit.applied, self.last, "after", self.whole(fit.applied))
            if self.stays:
                yield Replace(fit.applied, fit.applied.value, joined(fit.rows))
                return
        for statement in (*self.between, *self.beyond, *self.parting.statements):
            for name, row in zip(self.names, fit.rows, strict=True):
                for part in subexpressions(header(statement)):
                    if same(part, Name(name)) and not same(part, row):
                        yield Replace(statement, part, row)

    def whole(self, statement: Statement) -> Swaps:
        """Return what stands for what where all rows are changed, as the training part taught."""
        fit = self.fit
        row: Source = self.names[0] if self.stays else fit.rows[0]
        if fit.applied is fit.statement and fit.call.args[0] is not fit.rows[0]:
            return ((fit.call.func, f"{self.learner}.transform"),)
        if fit.applied is fit.statement:
            return ((fit.call, (f"{self.learner}.transform(", *pieces(row), ")")),)
        return ((fit.application.args[0], row),) if self.stays else ()


def pieces(source: Source) -> tuple[str | Expression, ...]:
    """Return the parts of a source."""
    return source if type(source) is tuple else (source,)  # type: ignore[return-value]


def joined(rows: tuple[Expression, ...]) -> Source:
    """Return several expressions side by side."""
    parts: list[str | Expression] = []
    for row in rows:
        parts += [", ", row] if parts else [row]
    return tuple(parts)
