"""What names are given: by assignments, by those who call, by what is put into containers.

Unlike the evaluator, which says what a value stands for, this gives the expressions themselves, so
that a number can be followed back through arithmetic.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ..facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Mapping,
    Name,
    Sequence,
    dotted,
)
from ..program.graph import CallGraph, owner_of
from ..program.symbols import Definition
from ..program.values import Callable, Frame, Instance, Literal

GROWING = frozenset({"append", "extend", "add", "update", "insert", "setdefault"})
Given = tuple[Expression, Frame]  # an expression, and where it is evaluated


def place(given: Given) -> Hashable:
    """Return what tells two of them apart: an expression is known by its identity."""
    return id(given[0]), given[1]


class Origins:
    """Follows the values of one program back."""

    def __init__(self, graph: CallGraph) -> None:
        self.graph = graph
        self.evaluator = graph.evaluator

    def origins(self, name: Name, frame: Frame) -> Iterator[Given]:
        """Yield what a name is given: by its scope, by those who call, in containers."""
        current: Frame | None = frame
        while current is not None:
            function = current.function
            table = function.table if function else current.module.table
            entries = [*table.get(name.id, ()), *table.get(f"{name.id}[]", ())]
            for entry in entries:
                yield from self.given(entry, current)
            if entries:
                yield from self.put_into(name, current)
            if function is not None and any(p.name == name.id for p in function.parameters):
                yield from self.graph.handed(function, name.id)
                yield from self.put_into(name, current)
                return
            if entries or function is None:
                return
            outer = Frame(function.module, function.outer) if function.outer else None
            current = current.closure or outer or Frame(function.module)

    def given(self, entry: Definition, frame: Frame) -> Iterator[Given]:
        """Yield what a definition gives."""
        if entry.value is None:
            return
        if entry.path and isinstance(entry.path[0], int):
            yield from self.unpacked(entry.value, entry.path[0], frame)
        else:
            yield entry.value, frame

    def unpacked(self, value: Expression, position: int, frame: Frame) -> Iterator[Given]:
        """Yield the item of a tuple, written out here or returned by the project's function."""
        found = False
        sources = [(value, frame)]
        if isinstance(value, Call):
            sources = list(self.returned(value, frame))
        for each, inner in sources:
            if isinstance(each, Sequence) and position < len(each.items):
                found = True
                yield each.items[position], inner
        if not found:
            yield value, frame

    def returned(self, call: Call, frame: Frame) -> Iterator[Given]:
        """Yield what the project's functions that a call carries out give back."""
        waiting = list(self.evaluator.evaluate(call.func, frame))
        for callee in waiting:
            if isinstance(callee, Instance):
                waiting += [
                    each
                    for each in self.evaluator.called_method(callee)
                    if isinstance(each, Callable)
                ]
            elif isinstance(callee, Callable):
                inner = self.evaluator.bind(callee, call, frame)
                for expression in callee.function.returns:
                    yield expression, inner

    def put_into(self, container: Expression, frame: Frame) -> Iterator[Given]:
        """Yield what the function at hand puts into a container: ``losses.append(loss)``."""
        for site in self.graph.calls_on(owner_of(frame), dotted(container)):
            func = site.call.func
            if isinstance(func, Attribute) and func.attr in GROWING:
                yield from ((each, site.frame) for each in site.call.args)

    def item(self, value: Expression, key: Expression, frame: Frame) -> list[Given] | None:
        """Return the entry of a dictionary that is written out; None if it is not."""
        if not isinstance(key, Constant):
            return None
        found: list[Given] = []
        for each in self.evaluator.evaluate(value, frame):
            if isinstance(each, Literal) and isinstance(each.expression, Mapping):
                found += [
                    (entry, each.frame)
                    for name, entry in each.expression.pairs
                    if isinstance(name, Constant) and name.value == key.value
                ]
        return found or None
