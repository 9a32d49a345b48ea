"""Which bindings of a name are seen from a statement: the order of a scope's statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..facts.statements import (
    BODIES,
    Body,
    Class,
    For,
    Function,
    Handler,
    If,
    Jump,
    Raise,
    Return,
    Statement,
    Try,
    While,
    With,
)
from .symbols import Definition

Link = tuple[int, str]  # a compound statement's id, and in which of its blocks
# Blocks that are entered whenever the statement is reached. (Loops run, as a rule.)
ENTERED = {With: ("body",), Try: ("body", "orelse", "final"), For: ("body",), While: ("body",)}

LEAVING = (Return, Raise, Jump)


class Reaching(NamedTuple):
    """The bindings of a name that a statement may see.

    Attributes:
        definitions: Nearest first.
        is_complete: Whether one of them is seen in any case: what was before does not count.
    """

    definitions: tuple[Definition, ...]
    is_complete: bool


class Ordering:
    """The order of the statements of one scope.

    Args:
        body: The scope's statements; functions and classes in it are not entered.
    """

    def __init__(self, body: Body) -> None:
        self.places: dict[int, tuple[int, tuple[Link, ...]]] = {}
        self.choices: set[int] = set()
        self._enter(body, ())

    def _enter(self, body: Iterable[Statement | Handler], links: tuple[Link, ...]) -> None:
        for statement in body:
            self.places[id(statement)] = len(self.places), links
            if isinstance(statement, Function | Class):
                continue
            entered = ENTERED.get(type(statement), ())
            for name in BODIES.get(type(statement), ()):
                inner = links if name in entered else (*links, (id(statement), name))
                self._enter(getattr(statement, name), inner)
            if isinstance(statement, If):
                self.choices.add(id(statement))
                if statement.body and isinstance(statement.body[-1], LEAVING):
                    links = (*links, (id(statement), "orelse"))  # what follows is its `else`

    def number(self, statement: Statement | Handler | None) -> int:
        """Return how many statements stand before one; None is the end of the scope."""
        place = self.places.get(id(statement))
        return len(self.places) if place is None else place[0]

    def links(self, statement: Statement | Handler | None) -> tuple[Link, ...]:
        """Return the blocks around a statement that are not always entered, outermost first."""
        place = self.places.get(id(statement))
        return () if place is None else place[1]

    def exclude(self, one: Statement, other: Statement) -> bool:
        """Tell whether two statements are in different branches of one ``if``."""
        blocks = dict(self.links(one))
        return any(
            owner in self.choices and blocks.get(owner, name) != name
            for owner, name in self.links(other)
        )

    def reaching(self, entries: Iterable[Definition], at: Statement | None) -> Reaching:
        """Return which of a name's bindings are seen where a statement is evaluated.

        Args:
            entries: All its bindings in the scope, in the order of the source.
            at: The statement; None is the end of the scope.
        """
        use, around = self.number(at), self.links(at)
        found: list[Definition] = []
        covered: set[Link] = set()
        before = [each for each in entries if self.number(each.statement) < use]
        for each in reversed(before):
            if at is not None and self.exclude(each.statement, at):
                continue
            rest = [link for link in self.links(each.statement) if link not in around]
            if any(link in covered for link in rest):
                continue  # a later one in the same branch hides it
            found.append(each)
            while rest:
                covered.add(rest[-1])
                owner = rest[-1][0]
                if owner not in self.choices or not {(owner, "body"), (owner, "orelse")} <= covered:
                    break
                rest.pop()
            if not rest:
                return Reaching(tuple(found), True)
        return Reaching(tuple(found), False)
