"""What is kept while training goes on: values that are read in a later step than they are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import (
    Attribute,
    Call,
    Compare,
    Expression,
    Name,
    Sequence,
    Subscript,
    dotted,
    subexpressions,
)
from ...facts.statements import (
    Assert,
    Assign,
    Declare,
    Evaluate,
    For,
    If,
    Statement,
    While,
    walk,
)
from ...program.activity import Around
from ...program.symbols import definitions
from ..origins import GROWING
from ..scopes import Scope, read_parts
from .aliases import called, roots
from .stepping import Stepping

ORDERS = frozenset({"<", ">", "<=", ">="})
ADDING = frozenset({"append", "appendleft", "insert", "setdefault"})  # put it in as it is
BETTER = ("best", "improve", "better")


class Kept(NamedTuple):
    """A place where a value goes: a name, an attribute, or into a container.

    Attributes:
        statement: The assignment, or the call that adds to a container.
        around: The statements around it.
        name: Of the target or container, dotted.
        grows: Whether it is added to what is there.
    """

    statement: Statement
    around: Around
    name: str
    grows: bool = False


def keepers(statement: Statement, around: Around) -> Iterator[tuple[Kept, Expression]]:
    """Yield where a statement puts values, each with the value."""
    match statement:
        case Assign(_, targets, value) if value is not None:
            for target in targets:
                yield from _paired(target, value, statement, around)
        case Evaluate(_, Call(Attribute(container, method), args)) if method in ADDING:
            for each in args:
                yield Kept(statement, around, dotted(container), True), each
        case Evaluate(_, Call(func, (container, value, *_))) if called(func) == "heappush":
            yield Kept(statement, around, dotted(container), True), value


def _paired(
    target: Expression, value: Expression, statement: Statement, around: Around
) -> Iterator[tuple[Kept, Expression]]:
    match target, value:
        case Sequence(_, targets), Sequence(_, values) if len(targets) == len(values):
            for one, other in zip(targets, values, strict=True):
                yield from _paired(one, other, statement, around)
        case Subscript(container), _:
            yield Kept(statement, around, dotted(container), True), value
        case ((Name() | Attribute()), _) if dotted(target):
            yield Kept(statement, around, dotted(target)), value


class Keeping:
    """Tells what one scope keeps."""

    def __init__(self, scope: Scope, stepping: Stepping) -> None:
        self.scope = scope
        self.stepping = stepping

    def loop(self, around: Around, subject: Expression) -> Statement | None:
        """Return the loop around in which an object is trained that was made before it."""
        names = roots(subject)
        for each in reversed(around):
            if not isinstance(each, For | While):
                continue
            if names & set(definitions((each,))):
                return None
            if any(
                self.stepping.steps(site)
                for site in self.scope.sites
                if any(other is each for other in site.around)
            ):
                return each
        return None

    def is_read_later(self, kept: Kept, loop: Statement, level: int = 0) -> Statement | None:
        """Return a statement that reads what was kept in an earlier pass of a loop, or in it."""
        if not kept.name or level > 2:
            return None
        inside = {id(each) for each in walk((loop,))}
        ordering = self.scope.ordering
        first, last = kept.name.partition(".")[0], kept.name
        table = self.scope.table
        entries = sorted(
            (*table.get(last, ()), *table.get(f"{last}[]", ())),
            key=lambda entry: ordering.number(entry.statement),
        )
        made = kept.statement  # of a container that is new in each pass: where it is made
        for each in table.get(last, ()) if kept.grows else ():
            if id(each.statement) in inside and each.statement is not kept.statement:
                made = each.statement
        for statement, around in self.scope.placed:
            if statement is kept.statement or not reads(statement, last):
                continue
            if kept.grows and made is kept.statement:
                return statement
            after = ordering.number(statement) > ordering.number(kept.statement)
            if id(statement) not in inside:
                seen = ordering.reaching(entries, statement).definitions
                if after and (kept.grows or any(e.statement is kept.statement for e in seen)):
                    return statement
            elif after and self.covers(made, statement):
                for further, value in keepers(statement, around):
                    if dotted(value) == last and further.name != first:
                        later = self.is_read_later(further, loop, level + 1)
                        if later is not None:
                            return later
            else:
                seen_now = ordering.reaching(entries, statement)
                ours = any(e.statement is kept.statement for e in seen_now.definitions)
                if ours or not seen_now.is_complete:
                    return statement
        return self.elsewhere(kept)

    def covers(self, made: Statement, statement: Statement) -> bool:
        """Tell whether a statement below, in the same pass of the loop, sees what was just made.

        Under the same condition, written a second time, it does.
        """
        ordering = self.scope.ordering
        around = set(ordering.links(statement))
        tests = {(each.test, "body") for each in self.conditions(statement)}
        for owner, block in ordering.links(made):
            if (owner, block) in around:
                continue
            found = next((e for e, _ in self.scope.placed if id(e) == owner), None)
            if not isinstance(found, If) or (found.test, block) not in tests:
                return False
        return True

    def conditions(self, statement: Statement) -> list[If]:
        """Return the conditions around a statement."""
        around = next((a for each, a in self.scope.placed if each is statement), ())
        return [each for each in around if isinstance(each, If)]

    def elsewhere(self, kept: Kept) -> Statement | None:
        """Return what reads a kept attribute or global name outside of its function."""
        scope, function = self.scope, self.scope.function
        own = {id(each) for each, _ in scope.placed}
        is_shared = any(
            isinstance(each, Declare) and kept.name in each.names for each, _ in scope.placed
        )
        attribute = kept.name.rpartition(".")[2]
        if function is None or not (is_shared or "." in kept.name):
            return None
        modules = [scope.module]
        if not is_shared:
            modules += [m for m in scope.program.mentioning(attribute) if m is not scope.module]
        for module in modules:
            for statement in walk(module.body, True):
                if id(statement) in own:
                    continue
                if reads(statement, kept.name if is_shared else f".{attribute}"):
                    return statement
        return None


def is_for_the_best(around: Around) -> bool:
    """Tell whether a statement is carried out when something is better than before."""
    return any(isinstance(each, If) and is_comparison(each.test) for each in around)


def is_comparison(test: Expression) -> bool:
    """Tell whether a condition asks whether a value is better than another."""
    for part in subexpressions(test):
        match part:
            case Compare(_, rest) if any(operator in ORDERS for operator, _ in rest):
                return True
            case Name(name) | Attribute(_, name) if any(w in name.lower() for w in BETTER):
                return True
    return False


def reads(statement: Statement, name: str) -> bool:
    """Tell whether a statement uses a value, and does more than ask whether it is there.

    Args:
        statement: The statement.
        name: Dotted; ``.name`` for the attribute of anything.
    """
    if isinstance(statement, If | While | Assert):
        return False
    match statement:
        case Evaluate(_, Call(Attribute(container, method), args, keywords)) if (
            method in (*GROWING, "clear") and dotted(container) == name
        ):
            return any(mentions(each, name) for each in subexpressions((args, keywords)))
    return any(mentions(part, name) for part in read_parts(statement))


def mentions(part: object, name: str) -> bool:
    """Tell whether an expression is a name, or an attribute of anything."""
    if name.startswith("."):
        return isinstance(part, Attribute) and part.attr == name[1:]
    return isinstance(part, Name | Attribute) and dotted(part) == name
