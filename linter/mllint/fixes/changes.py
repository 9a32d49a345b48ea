"""What a fix changes, said in facts: rules make these, without a look at the text.

A place is a statement and, where less than all of it is meant, the expression in it that changes;
both as they stand in the facts of the file that the finding is in.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from ..facts.expressions import Call, Expression, Mapping
from ..facts.statements import Handler, Statement
from ..span import Span

Place: TypeAlias = "Statement | Handler"
# What is written: text, an expression of the file as it stands there, or several of both, joined.
Source: TypeAlias = "str | Expression | tuple[str | Expression, ...]"
Swaps: TypeAlias = "tuple[tuple[Expression, Source], ...]"  # expressions, and what comes for each


class Replace(NamedTuple):
    """An expression becomes another text."""

    statement: Place
    part: Expression
    text: Source


class Wrap(NamedTuple):
    """Text comes before and behind an expression: ``sorted(`` … ``)``."""

    statement: Place
    part: Expression
    before: str
    after: str


class SetArgument(NamedTuple):
    """A call is handed a keyword; one that it has gets the new value."""

    statement: Place
    call: Call
    name: str
    text: str


class RemoveArgument(NamedTuple):
    """A call is no longer handed a keyword."""

    statement: Place
    call: Call
    name: str


class AddEntry(NamedTuple):
    """A dictionary that is written out gets one more entry, with a text for its key."""

    statement: Place
    mapping: Mapping
    key: str
    text: str


class Insert(NamedTuple):
    """Statements come before or behind one, at its indentation.

    Attributes:
        statement: Beside which; its decorators and body belong to it.
        text: Source, not indented.
        where: ``before``, ``after``, or ``inside``: as the first of its body, behind a docstring.
    """

    statement: Place
    text: str
    where: str = "before"


class Remove(NamedTuple):
    """A statement goes, with the comment behind it; a block that loses all gets ``pass``."""

    statement: Place


class Move(NamedTuple):
    """A statement moves, as it stands but for `swaps`, to before or behind another."""

    statement: Place
    target: Place
    where: str = "before"
    swaps: Swaps = ()


class Copy(NamedTuple):
    """A statement is written once more, but for `swaps`, without its comments, beside another."""

    statement: Place
    target: Place
    where: str = "before"
    swaps: Swaps = ()


class Guard(NamedTuple):
    """A statement, as it stands, comes under a condition."""

    statement: Place
    test: str


class LogLazily(NamedTuple):
    """A call that prints becomes one of a logger's ``function``, if that writes the same line."""

    statement: Place
    call: Call
    function: str


class AddImport(NamedTuple):
    """An import is added below the others, if the file does not have it: ``import logging``."""

    text: str


class Rewrite(NamedTuple):
    """A stretch of the text that no fact stands for, such as a comment, becomes another text."""

    span: Span
    text: str


Change: TypeAlias = (
    Replace
    | Wrap
    | SetArgument
    | RemoveArgument
    | AddEntry
    | Insert
    | Remove
    | Move
    | Copy
    | Guard
    | LogLazily
    | AddImport
    | Rewrite
)


class Fix(NamedTuple):
    """A way to mend a finding.

    Attributes:
        title: What is done, in the imperative: ``Sort the listing``.
        changes: All of them, or none, are made.
        is_safe: Whether all behaviour stays but for the defect; else the reader is to look.
    """

    title: str
    changes: tuple[Change, ...]
    is_safe: bool
