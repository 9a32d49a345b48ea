"""From libcst's statements to the facts' own, and with them a module's facts.

Statements are met in the order of the source, each taking its line from `lines`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst

from .expressions import Constant, Expression, dotted
from .statements import (
    Assert,
    Assign,
    Body,
    Case,
    Class,
    Declare,
    Delete,
    Evaluate,
    For,
    Function,
    Handler,
    If,
    Import,
    Jump,
    Match,
    Raise,
    Return,
    Statement,
    Try,
    Update,
    While,
    With,
)
from .translation import operator, optional, parameters, translate

TakeLine = Callable[[libcst.CSTNode], int]  # the line of the next logical line, which is the node's


class Extraction:
    """The translation of one module's statements."""

    def __init__(self, take_line: TakeLine) -> None:
        self.take_line = take_line
        self.compound: dict[type, Callable[[Any, int], Statement]] = {
            libcst.If: self._branch,
            libcst.For: self._loop,
            libcst.While: self._loop,
            libcst.With: self._with_block,
            libcst.Try: self._try_block,
            libcst.TryStar: self._try_block,
            libcst.Match: self._match,
            libcst.ClassDef: self._definition,
            libcst.FunctionDef: self._definition,
        }

    def statements(self, nodes: Any) -> Body:
        """Translate what stands in one block."""
        found: list[Statement] = []
        for node in nodes:
            kind = type(node)
            if kind is libcst.SimpleStatementLine:
                line = self.take_line(node)
                for small in node.body:
                    simple(small, line, found)
            elif kind is libcst.FunctionDef or kind is libcst.ClassDef:
                for decorator in node.decorators:
                    self.take_line(decorator)
                found.append(self._definition(node, self.take_line(node)))
            else:
                found.append(self.compound[kind](node, self.take_line(node)))
        return tuple(found)

    def _block(self, node: Any, line: int) -> Body:
        """Translate a suite: an indented block, or statements behind the colon."""
        if type(node) is libcst.IndentedBlock:
            return self.statements(node.body)
        found: list[Statement] = []
        for small in node.body:
            simple(small, line, found)
        return tuple(found)

    def _clause(self, node: Any) -> Body:
        """Translate an ``else`` or ``finally``, if there is one."""
        return () if node is None else self._block(node.body, self.take_line(node))

    def _branch(self, node: Any, line: int) -> Statement:
        """Translate ``if``; a chain of ``elif`` may be longer than Python's stack is deep."""
        chain = [(line, translate(node.test), self._block(node.body, line))]
        node = node.orelse
        while type(node) is libcst.If:
            line = self.take_line(node)
            chain.append((line, translate(node.test), self._block(node.body, line)))
            node = node.orelse
        orelse = self._clause(node)
        for line, test, body in reversed(chain):
            statement = If(line, test, body, orelse)
            orelse = (statement,)
        return statement

    def _loop(self, node: Any, line: int) -> Statement:
        if type(node) is libcst.While:
            test = translate(node.test)
            return While(line, test, self._block(node.body, line), self._clause(node.orelse))
        target, iterable = translate(node.target), translate(node.iter)
        body = self._block(node.body, line)
        return For(line, target, iterable, body, self._clause(node.orelse))

    def _with_block(self, node: Any, line: int) -> Statement:
        items = tuple(
            (translate(each.item), optional(each.asname and each.asname.name))
            for each in node.items
        )
        return With(line, items, self._block(node.body, line))

    def _try_block(self, node: Any, line: int) -> Statement:
        body = self._block(node.body, line)
        handlers: list[Handler] = []
        for each in node.handlers:
            at = self.take_line(each)
            bound = each.name and dotted(translate(each.name.name))
            handlers.append(Handler(at, optional(each.type), bound, self._block(each.body, at)))
        orelse = self._clause(node.orelse)
        return Try(line, body, tuple(handlers), orelse, self._clause(node.finalbody))

    def _match(self, node: Any, line: int) -> Statement:
        subject = translate(node.subject)
        cases: list[Case] = []
        for each in node.cases:
            at = self.take_line(each)
            names = tuple(pattern_names(each.pattern))
            cases.append(Case(at, names, optional(each.guard), self._block(each.body, at)))
        return Match(line, subject, tuple(cases))

    def _definition(self, node: Any, line: int) -> Statement:
        decorators = tuple(translate(each.decorator) for each in node.decorators)
        if type(node) is libcst.FunctionDef:
            taken = parameters(node.params)
            returns = optional(node.returns and node.returns.annotation)
            body = self._block(node.body, line)
            is_async = node.asynchronous is not None
            return Function(line, node.name.value, taken, returns, decorators, body, is_async)
        bases = tuple(translate(each.value) for each in node.bases)
        keywords = tuple(
            (each.keyword and each.keyword.value, translate(each.value)) for each in node.keywords
        )
        body = self._block(node.body, line)
        return Class(line, node.name.value, bases, keywords, decorators, body)


def pattern_names(node: libcst.CSTNode) -> list[str]:
    """Return the names that a pattern of ``match`` binds."""
    found: list[str] = []
    bound = getattr(node, "name", None) or getattr(node, "rest", None)
    if isinstance(node, libcst.MatchAs | libcst.MatchStar | libcst.MatchMapping) and bound:
        found.append(bound.value)
    for child in node.children:
        if type(child).__name__.startswith("Match"):
            found += pattern_names(child)
    return found


def _import_statement(node: Any, line: int) -> Import:
    if isinstance(node.names, libcst.ImportStar):
        names: tuple[tuple[str, str | None], ...] = (("*", None),)
    else:
        names = tuple(
            (dotted(translate(each.name)), each.asname and each.asname.name.value)
            for each in node.names
        )
    if type(node) is libcst.Import:
        return Import(line, None, 0, names)
    module = dotted(optional(node.module))
    return Import(line, module, len(node.relative), names)


def _raise_statement(node: Any, line: int) -> Raise:
    return Raise(line, optional(node.exc), optional(node.cause and node.cause.item))


def _annotated(node: Any, line: int) -> Assign:
    value, annotation = optional(node.value), translate(node.annotation.annotation)
    return Assign(line, (translate(node.target),), value, annotation)


def _deletion(node: Any, line: int) -> Delete:
    target = node.target
    nodes = [each.value for each in target.elements] if type(target) is libcst.Tuple else [target]
    return Delete(line, tuple(translate(each) for each in nodes))


def _declaration(node: Any, line: int) -> Declare:
    kind = type(node).__name__.lower()
    return Declare(line, kind, tuple(each.name.value for each in node.names))


SIMPLE: dict[type, Callable[[Any, int], Any]] = {
    libcst.Assign: lambda node, line: Assign(
        line, tuple(translate(each.target) for each in node.targets), translate(node.value), None
    ),
    libcst.AnnAssign: _annotated,
    libcst.AugAssign: lambda node, line: Update(
        line, translate(node.target), operator(node.operator), translate(node.value)
    ),
    libcst.Return: lambda node, line: Return(line, optional(node.value)),
    libcst.Raise: _raise_statement,
    libcst.Del: _deletion,
    libcst.Assert: lambda node, line: Assert(line, translate(node.test), optional(node.msg)),
    libcst.Break: lambda node, line: Jump(line, "break"),
    libcst.Continue: lambda node, line: Jump(line, "continue"),
    libcst.Global: _declaration,
    libcst.Nonlocal: _declaration,
    libcst.Import: _import_statement,
    libcst.ImportFrom: _import_statement,
    libcst.TypeAlias: lambda node, line: Assign(
        line, (translate(node.name),), translate(node.value), None
    ),
}


def simple(node: Any, line: int, found: list[Statement]) -> None:
    """Translate a simple statement; docstrings and ``pass`` say nothing, and are left out."""
    if type(node) is libcst.Expr:
        value: Expression = translate(node.value)
        if not isinstance(value, Constant):
            found.append(Evaluate(line, value))
    elif type(node) is not libcst.Pass:
        found.append(SIMPLE[type(node)](node, line))
