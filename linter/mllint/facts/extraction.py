"""From libcst's statements to the facts' own, and with them a module's facts.

Statements are met in the order of the source, each taking its line from `lines`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from .translation import kind_of, operator, optional, parameters, remember, translate

TakeLine = Callable[[Any], int]  # the line of the next logical line, which is the node's


class Extraction:
    """The translation of one module's statements."""

    def __init__(self, take_line: TakeLine) -> None:
        self.take_line = take_line
        self.compound: dict[str, Callable[[Any, int], Statement]] = {
            "If": self._branch,
            "For": self._loop,
            "While": self._loop,
            "With": self._with_block,
            "Try": self._try_block,
            "TryStar": self._try_block,
            "Match": self._match,
            "ClassDef": self._definition,
            "FunctionDef": self._definition,
        }

    def statements(self, nodes: Any) -> Body:
        """Translate what stands in one block."""
        found: list[Statement] = []
        for node in nodes:
            kind = type(node).__name__
            if kind == "SimpleStatementLine":
                line = self.take_line(node)
                for small in node.body:
                    simple(small, line, found)
            elif kind == "FunctionDef" or kind == "ClassDef":
                for decorator in node.decorators:
                    self.take_line(decorator)
                found.append(self._definition(node, self.take_line(node)))
                remember(found[-1], node)
            else:
                found.append(self.compound[kind](node, self.take_line(node)))
                remember(found[-1], node)
        return tuple(found)

    def _block(self, node: Any, line: int) -> Body:
        """Translate a suite: an indented block, or statements behind the colon."""
        if kind_of(node) == "IndentedBlock":
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
        chain = [(node, line, translate(node.test), self._block(node.body, line))]
        node = node.orelse
        while kind_of(node) == "If":
            line = self.take_line(node)
            chain.append((node, line, translate(node.test), self._block(node.body, line)))
            node = node.orelse
        orelse = self._clause(node)
        for branch, line, test, body in reversed(chain):
            statement = If(line, test, body, orelse)
            remember(statement, branch)
            orelse = (statement,)
        return statement

    def _loop(self, node: Any, line: int) -> Statement:
        if kind_of(node) == "While":
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
            remember(handlers[-1], each)
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
        if kind_of(node) == "FunctionDef":
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


def pattern_names(node: Any) -> list[str]:
    """Return the names that a pattern of ``match`` binds."""
    found: list[str] = []
    bound = getattr(node, "name", None) or getattr(node, "rest", None)
    if bound is not None and kind_of(node) in ("MatchAs", "MatchStar", "MatchMapping"):
        found.append(bound.value)
    for part in ("pattern", "patterns", "elements", "kwds", "value"):
        inner = getattr(node, part, ())
        for child in inner if isinstance(inner, tuple | list) else (inner,):
            if kind_of(child).startswith("Match"):
                found += pattern_names(child)
    return found


def _import_statement(node: Any, line: int) -> Import:
    if kind_of(node.names) == "ImportStar":
        names: tuple[tuple[str, str | None], ...] = (("*", None),)
    else:
        names = tuple(
            (dotted(translate(each.name)), each.asname and each.asname.name.value)
            for each in node.names
        )
    if kind_of(node) == "Import":
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
    nodes = [each.value for each in target.elements] if kind_of(target) == "Tuple" else [target]
    return Delete(line, tuple(translate(each) for each in nodes))


def _declaration(node: Any, line: int) -> Declare:
    kind = kind_of(node).lower()
    return Declare(line, kind, tuple(each.name.value for each in node.names))


SIMPLE: dict[str, Callable[[Any, int], Any]] = {
    "Assign": lambda node, line: Assign(
        line, tuple(translate(each.target) for each in node.targets), translate(node.value), None
    ),
    "AnnAssign": _annotated,
    "AugAssign": lambda node, line: Update(
        line, translate(node.target), operator(node.operator), translate(node.value)
    ),
    "Return": lambda node, line: Return(line, optional(node.value)),
    "Raise": _raise_statement,
    "Del": _deletion,
    "Assert": lambda node, line: Assert(line, translate(node.test), optional(node.msg)),
    "Break": lambda node, line: Jump(line, "break"),
    "Continue": lambda node, line: Jump(line, "continue"),
    "Global": _declaration,
    "Nonlocal": _declaration,
    "Import": _import_statement,
    "ImportFrom": _import_statement,
    "TypeAlias": lambda node, line: Assign(
        line, (translate(node.name),), translate(node.value), None
    ),
}


def simple(node: Any, line: int, found: list[Statement]) -> None:
    """Translate a simple statement; docstrings and ``pass`` say nothing, and are left out."""
    kind = type(node).__name__
    if kind == "Expr":
        value: Expression = translate(node.value)
        if not isinstance(value, Constant):
            found.append(Evaluate(line, value))
            remember(found[-1], node)
    elif kind != "Pass":
        found.append(SIMPLE[kind](node, line))
        remember(found[-1], node)
