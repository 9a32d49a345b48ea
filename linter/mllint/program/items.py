"""What is in a container: by position, by key, or what is appended to it."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.expressions import (
    Attribute,
    Call,
    Comprehension,
    Constant,
    Expression,
    Mapping,
    Name,
    Sequence,
    Star,
)
from .calls import Calls
from .members import MAX_NAME
from .registries import Registries
from .symbols import GROWN, Definition
from .values import Frame, Instance, Library, Literal, Value, Values

# Calls whose items are those of their first argument.
PASSING = frozenset({"list", "tuple", "iter", "reversed", "sorted", "tqdm", "track", "cycle"})


class Items(Calls):
    """The part of the evaluator that knows containers."""

    registries: Registries

    def unpacked(self, value: Expression, path: tuple[int | None, ...], frame: Frame) -> Values:
        """Return the item at a path: of a tuple's, of what is iterated, of what is returned."""
        match value, path:
            case _, ():
                return self.evaluate(value, frame)
            case Call(Name("enumerate"), (inside, *_)), (None, 1, *rest):
                return self.unpacked(inside, (None, *rest), frame)
            case Call(Name("zip"), args), (None, int(position), *rest) if position < len(args):
                return self.unpacked(args[position], (None, *rest), frame)
            case Call(func, (inside, *_)), (None, *_) if (
                func[-1] if isinstance(func, Name | Attribute) else ""
            ) in PASSING:
                return self.unpacked(inside, path, frame)
            case Comprehension("list" | "set" | "generator", element), (_, *rest):
                return self.unpacked(element, tuple(rest), frame)
            case Call(Attribute(mapping, "items" | "values" as which), ()), (None, *rest):
                rest = rest[1:] if which == "items" and rest[:1] == [1] else rest
                entries = self.entries(mapping, frame)
                if entries and (which == "values" or rest != [0]):
                    return tuple(
                        v
                        for each, there in entries
                        for v in self.unpacked(each, tuple(rest), there)
                    )
            case Sequence(_, items), (position, *rest):
                chosen = items if position is None else items[position : position + 1]
                return tuple(
                    found
                    for item in chosen
                    if not isinstance(item, Star)
                    for found in self.unpacked(item, tuple(rest), frame)
                )
        found: list[Value] = [
            each
            for made, there in comprehended(value, frame)
            for each in self.unpacked(made, path, there)
        ]
        for each in self.evaluate(value, frame):
            if isinstance(each, Literal) and each.expression is not value:
                found += self.unpacked(each.expression, path, each.frame)
            elif isinstance(each, Library):
                found.append(Library(f"{each.name}{'[]' * len(path)}"[:MAX_NAME]))
        return tuple(found or self.appended(value, path[1:], frame))

    def appended(self, value: Expression, path: tuple[int | None, ...], frame: Frame) -> Values:
        """Return what is appended to a list that began empty, or an item of that.

        Args:
            value: The list: a name, or an attribute that its own methods fill.
            path: Which item of what is appended.
            frame: Where the list is named.
        """
        if not isinstance(value, Name | Attribute):
            return ()
        if not any(map(is_empty_list, self.evaluate(value, frame))):
            return ()
        grown: list[tuple[Definition, Frame]] = []
        if isinstance(value, Name):
            function = frame.function
            is_local = function is not None and value.id in function.table
            table = function.table if function is not None and is_local else frame.module.table
            here = frame if is_local else Frame(frame.module)
            grown += [(each, here) for each in table.get(f"{value.id}{GROWN}", ())]
        else:
            for owner in self.evaluate(value.value, frame):
                if isinstance(owner, Instance):
                    grown += self.appended_by(owner, value.attr)
        found = (v for entry, there in grown for v in self.unpacked_of(entry, path, there))
        return tuple(dict.fromkeys(found))

    def appended_by(self, owner: Instance, attr: str) -> Iterator[tuple[Definition, Frame]]:
        """Yield what the methods of an object append to one of its lists."""
        for symbol in self.ancestry(owner.symbol):
            if not isinstance(symbol, Library):
                for method, entry in symbol.attributes.get(f"{attr}{GROWN}", ()):
                    yield entry, self.frame_of_method(method, owner)

    def unpacked_of(self, entry: Definition, path: tuple[int | None, ...], frame: Frame) -> Values:
        """Return an item of what a definition gives."""
        return () if entry.value is None else self.unpacked(entry.value, path, frame)

    def entries(self, mapping: Expression, frame: Frame) -> list[tuple[Expression, Frame]]:
        """Return the values of a dictionary that is written out, with where they are evaluated."""
        return [
            (entry, value.frame)
            for value in self.evaluate(mapping, frame)
            if isinstance(value, Literal) and isinstance(value.expression, Mapping)
            for _, entry in value.expression.pairs
        ]

    def item(self, value: Value, key: Expression, frame: Frame) -> Values:
        """Return what a subscript gives."""
        if isinstance(value, Library):
            return (Library(f"{value.name}[]"[:MAX_NAME]),)
        if not isinstance(value, Literal):
            return tuple(
                found
                for method in self.member(value, "__getitem__")
                for found in self.result(method, Call(key, (key,), ()), frame)
            )
        keys = [
            each.expression.value
            for each in self.evaluate(key, frame)
            if isinstance(each, Literal) and isinstance(each.expression, Constant)
        ]
        match value.expression:
            case Mapping(()):
                return self.registries.registered(value)
            case Mapping(pairs):
                chosen = [
                    entry
                    for each, entry in pairs
                    if not keys or not isinstance(each, Constant) or each.value in keys
                ]
            case Sequence(_, items):
                numbers = [each for each in keys if type(each) is int and abs(each) < len(items)]
                chosen = [items[each] for each in numbers] if numbers else list(items)
            case _:
                return ()
        return tuple(found for each in chosen for found in self.evaluate(each, value.frame))


def is_empty_list(value: Value) -> bool:
    """Tell whether a value is a list that is written out empty, to be filled later."""
    return isinstance(value, Literal) and value.expression == Sequence("list", ())


def comprehended(value: Expression, frame: Frame) -> Iterator[tuple[Comprehension, Frame]]:
    """Yield the comprehensions that a name of a function or module is bound to."""
    if not isinstance(value, Name):
        return
    function, top = frame.function, Frame(frame.module)
    is_local = function is not None and value.id in function.table
    table = function.table if function is not None and is_local else frame.module.table
    for entry in table.get(value.id, ()):
        if entry.kind == "value" and isinstance(entry.value, Comprehension):
            yield entry.value, frame if is_local else top
