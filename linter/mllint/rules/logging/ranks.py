"""Which calls of a program that several processes carry out are left to one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Compare,
    Conditional,
    Constant,
    Expression,
    Name,
    Operation,
    dotted,
    subexpressions,
)
from ...facts.statements import Function, If, Jump, Raise, Return, header
from ...program.activity import Around, Site
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.symbols import FunctionSymbol, Owner
from ...program.values import Frame
from ..origins import Origins

# Names that tell processes apart; they only ever keep us silent.
_RANK = re.compile(
    r"rank|master|primary|chief|leader|coordinator|main_?proc|proc(ess)?_?(id|idx|index|zero|num)"
    r"|host_?id|global_?zero|(^|_)(is_?)?(main|root|first)$",
    re.IGNORECASE,
)
_DEVICE = re.compile(r"gpu|device|node|local", re.IGNORECASE)
MAX_DEPTH = 3  # of names that a condition comes through


class Ranks:
    """Tells what one process alone carries out.

    Args:
        program: The program.
        graph: Its calls.
    """

    def __init__(self, program: Program, graph: CallGraph) -> None:
        self.program = program
        self.graph = graph
        self.origins = Origins(graph)
        self.known: dict[Owner, bool] = {}

    def is_guarded(self, site: Site) -> bool:
        """Tell whether a call is left to one process, on each way to it."""
        return self.is_guarded_here(site) or self._is_reached_guarded(owner_of(site.frame))

    def _is_reached_guarded(self, owner: Owner) -> bool:
        if owner not in self.known:
            self.known[owner] = True  # a way in a circle is none
            callers = self.graph.callers.get(owner, ())
            self.known[owner] = bool(callers) and all(
                self.is_hook(owner, caller) or self.is_guarded(caller) for caller in callers
            )
        return self.known[owner]

    def is_hook(self, owner: Owner, caller: Site) -> bool:
        """Tell whether a call leads to a method only because a library is handed its object.

        Whether and where it calls the method is not known.
        """
        is_method = isinstance(owner, FunctionSymbol) and owner.owner is not None
        return is_method and not any(each is owner for each in self.graph.called(caller))

    def is_guarded_here(self, site: Site) -> bool:
        """Tell whether the function at hand leaves a call to one process."""
        frame, call = site.frame, site.call
        subject = dotted(call.func.value) if isinstance(call.func, Attribute) else ""
        around = (*site.around, site.statement)
        if any(self.tells(each.test, frame, subject) for each in around if isinstance(each, If)):
            return True
        for part in subexpressions(header(site.statement)):
            match part:
                case Conditional(test) | Operation("and" | "or", (test, *_)):
                    is_inside = any(each is call for each in subexpressions(part))
                    if is_inside and self.tells(test, frame, subject):
                        return True
        if any(self.tells(each, frame, "") for each in handed(call)):
            return True
        function = frame.function
        if function is not None and any(
            _RANK.search(word) for each in function.decorators for word in words(each)
        ):
            return True
        return any(self.tells(test, frame, subject) for test in self.leaving(site))

    @staticmethod
    def leaving(site: Site) -> Iterator[Expression]:
        """Yield the conditions under which a function has been left, or a round, before a call."""
        owner = owner_of(site.frame)
        inside: Around = (*site.around, site.statement)
        blocks = [owner.body, *(getattr(each, "body", ()) for each in inside)]
        for block in blocks:
            for each in block:
                if any(each is other for other in inside):
                    break
                if (
                    isinstance(each, If)
                    and each.body
                    and isinstance(each.body[-1], Return | Raise | Jump)
                ):
                    yield each.test

    def tells(self, test: Expression, frame: Frame, subject: str, depth: int = 0) -> bool:
        """Tell whether an expression depends on which process it is.

        Args:
            test: The expression.
            frame: Where it stands.
            subject: The object whose method is called: it may be none in other processes.
            depth: How many names it has come through.
        """
        for part in subexpressions(test):
            match part:
                case Name() | Attribute():
                    word = part[-1] if isinstance(part, Attribute) else part.id
                    if _RANK.search(word) or (subject and dotted(part) == subject):
                        return True
                    if isinstance(part, Name) and depth < MAX_DEPTH:
                        given = self.origins.origins(part, frame)
                        if any(self.tells(*each, "", depth + 1) for each in given):
                            return True
                case Compare(left, ((_, Constant(int())),)):
                    if any(_DEVICE.search(word) for word in words(left)):
                        return True
        return False


def handed(call: Call) -> Iterator[Expression]:
    """Yield what may tell a tracker which process it is told by."""
    for key, value in call.keywords:
        if key in ("mode", "disabled", "group", "id", "name", "log_dir", "logdir", "dir"):
            yield Name("rank") if key == "group" else value
    yield from call.args


def words(expression: Expression) -> Iterator[str]:
    """Yield the names in an expression."""
    for part in subexpressions(expression):
        if isinstance(part, Name):
            yield part.id
        elif isinstance(part, Attribute):
            yield part.attr


def is_silenced(owner: Owner) -> bool:
    """Tell whether a function replaces ``print``: other processes print nothing then."""
    return any(
        (isinstance(each, Function) and each.name == "print") for each in owner.body
    ) or not {"builtins.print", "__builtin__.print", "sys.stdout"}.isdisjoint(owner.table)
