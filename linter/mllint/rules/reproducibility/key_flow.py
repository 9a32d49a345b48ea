"""Which keys are used twice, in the order in which statements are carried out.

The state is what each key was used by so far. A branch that leaves (``return``, ``raise``,
``continue``, ``break``) takes its state with it; a loop's body is gone through twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...facts.expressions import (
    Call,
    Comprehension,
    Conditional,
    Expression,
    Lambda,
    Name,
    Sequence,
    Star,
    dotted,
    subexpressions,
)
from ...facts.statements import (
    Assign,
    Body,
    Class,
    Delete,
    For,
    Function,
    If,
    Jump,
    Match,
    Raise,
    Return,
    Statement,
    Try,
    Update,
    While,
    With,
    header,
)

State = dict[str, Statement]  # a key, and what used it


class Reuse(NamedTuple):
    """A call that uses a key again."""

    key: str
    statement: Statement
    call: Call
    first: Statement


def bound(target: Expression) -> Iterator[str]:
    """Yield what an assignment to a target binds, by dotted name."""
    match target:
        case Sequence(_, items):
            for item in items:
                yield from bound(item)
        case Star(inside):
            yield from bound(inside)
        case _:
            yield dotted(target)


class KeyFlow:
    """Goes through one function, or a module's top level.

    Args:
        consumed: Returns the key that a call uses up, or the empty string.
    """

    def __init__(self, consumed: Callable[[Call], str]) -> None:
        self.consumed = consumed
        self.found: dict[int, Reuse] = {}
        self.statement: Statement | None = None

    def reuses(self, body: Body) -> list[Reuse]:
        """Return the uses of keys that were used before; one for each key and first use."""
        self.run(body, {})
        by_first: dict[tuple[str, int], Reuse] = {}
        for each in self.found.values():
            by_first.setdefault((each.key, id(each.first)), each)
        return list(by_first.values())

    def run(self, body: Body, state: State) -> State | None:
        """Carry out a block; None if it never comes to its end."""
        current: State | None = state
        for statement in body:
            if current is None:
                return None
            current = self.step(statement, current)
        return current

    def step(self, statement: Statement, state: State) -> State | None:
        """Carry out one statement."""
        self.statement = statement
        match statement:
            case Function() | Class():
                return self.bind(state, statement.name)
            case If(_, test, body, orelse):
                self.use(test, state)
                return merged(self.run(body, dict(state)), self.run(orelse, dict(state)))
            case For(_, target, iterable, body, orelse):
                self.use(iterable, state)
                return self.loop(body, orelse, state, list(bound(target)))
            case While(_, test, body, orelse):
                self.use(test, state)
                return self.loop(body, orelse, state, [])
            case With(_, items, body):
                self.use(items, state)
                return self.run(body, state)
            case Try(_, body, handlers, orelse, final):
                after = self.run((*body, *orelse), dict(state))
                for handler in handlers:
                    after = merged(after, self.run(handler.body, dict(state)))
                return None if after is None else self.run(final, after)
            case Match(_, subject, cases):
                self.use(subject, state)
                ends: State | None = dict(state)
                for case in cases:
                    ends = merged(ends, self.run(case.body, dict(state)))
                return ends
            case Return() | Raise() | Jump():
                self.use(header(statement), state)
                return None
            case Assign(_, targets, value):
                self.use(value, state)
                names = [name for target in targets for name in bound(target)]
                return self.bind(state, *names)
            case Update(_, target, _, value):
                self.use(value, state)
                return self.bind(state, dotted(target))
            case Delete(_, targets):
                return self.bind(state, *map(dotted, targets))
        self.use(header(statement), state)
        return state

    def loop(self, body: Body, orelse: Body, state: State, targets: list[str]) -> State | None:
        """Carry out a loop's body twice; it may also never be carried out."""
        once = self.run(body, self.bind(dict(state), *targets))
        if once is not None:
            self.run(body, self.bind(dict(once), *targets))
        return self.run(orelse, merged(dict(state), once) or state)

    @staticmethod
    def bind(state: State, *names: str) -> State:
        """Forget what was used of names that get another value, and of their attributes."""
        for name in names:
            for key in [key for key in state if key == name or key.startswith(f"{name}.")]:
                del state[key]
        return state

    def use(self, expression: Any, state: State) -> None:
        """Carry out the calls in an expression, inner ones first."""
        match expression:
            case Lambda():
                return
            case Conditional(test, body, orelse):
                self.use(test, state)
                other = dict(state)
                self.use(body, state)
                self.use(orelse, other)
                state.update(other)
                return
            case Comprehension(_, element, loops):
                for _, iterable, _ in loops:
                    self.use(iterable, state)
                own = {
                    part.id
                    for target, _, _ in loops
                    for part in subexpressions((target,))
                    if isinstance(part, Name)
                }
                inner = {key: by for key, by in state.items() if key not in own}
                for _ in range(2):
                    self.use(element, inner)
                    self.bind(inner, *own)
                state.update(inner)
                return
        if isinstance(expression, tuple):
            for part in expression:
                if isinstance(part, tuple):
                    self.use(part, state)
        if isinstance(expression, Call):
            self.call(expression, state)

    def call(self, call: Call, state: State) -> None:
        """Use up the key that a call takes."""
        key = self.consumed(call)
        if not key or self.statement is None:
            return
        first = state.get(key)
        if first is not None:
            self.found.setdefault(id(call), Reuse(key, self.statement, call, first))
        state[key] = self.statement


def merged(left: State | None, right: State | None) -> State | None:
    """Return what may have been used on either of two ways."""
    if left is None or right is None:
        return right if left is None else left
    return {**right, **left}
