"""How many contexts of one function are told apart: what it is handed, by whom.

A library that a hundred scripts of a project use is handed something else by each. All of its
functions anew for each of them would cost the product of both; so what they are handed is known in
all detail for the first contexts, then but for what is written out, then not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .symbols import FunctionSymbol
from .values import Callable, Frame, Instance, Library, Literal, Partial, Type, Value, Values

MAX_DETAILED = 24  # contexts of one function in which all that it is handed is known
MAX_SKETCHED = 24  # more of them in which texts, numbers and containers are not


@dataclass(eq=False)
class Contexts:
    """The contexts of a project's functions.

    Attributes:
        detailed: Those in which all is known.
        sketched: Those in which callables and objects are known.
        bare: Those in which nothing is.
    """

    detailed: dict[FunctionSymbol, set[Frame]] = field(default_factory=dict)
    sketched: dict[FunctionSymbol, set[Frame]] = field(default_factory=dict)
    sketches: dict[Frame, Frame] = field(default_factory=dict)
    bare: set[Frame] = field(default_factory=set)
    chosen: dict[Frame, Frame] = field(default_factory=dict)

    def choose(self, frame: Frame) -> Frame:
        """Return the context in which a function is visited when it is called in another.

        It is always the same one: a context that was told apart once stays so.
        """
        found = self.chosen.get(frame)
        if found is None:
            found = self.chosen[frame] = self._choose(frame)
        return found

    def _choose(self, frame: Frame) -> Frame:
        if frame.function is None:
            return frame
        detailed = self.detailed.setdefault(frame.function, set())
        if admits(detailed, frame, MAX_DETAILED):
            return frame
        less = self.sketch(frame)
        if less in detailed or admits(
            self.sketched.setdefault(frame.function, set()), less, MAX_SKETCHED
        ):
            return less
        least = bare(frame)
        self.bare.add(least)
        return least

    def sketch(self, frame: Frame) -> Frame:
        """Return a frame without what is written out: texts, numbers, containers."""
        found = self.sketches.get(frame)
        if found is None:
            kept = tuple((name, self.outlines(values)) for name, values in frame.bindings)
            closure = self.sketch(frame.closure) if frame.closure else None
            found = Frame(
                frame.module, frame.function,
                tuple((name, values) for name, values in kept if values), closure, frame.depth,
            )  # fmt: skip
            self.sketches[frame] = found
        return found

    def outlines(self, values: Values) -> Values:
        """Return values without those that are written out."""
        kept = [self.outline(value) for value in values if not isinstance(value, Literal)]
        return tuple(dict.fromkeys(kept))

    def outline(self, value: Value) -> Value:
        """Return a value of which no more is known than of what class and function it is."""
        match value:
            case Instance(symbol, Frame() as frame):
                return Instance(symbol, self.sketch(frame))
            case Type(symbol, Frame() as frame):
                return Type(symbol, self.sketch(frame))
            case Callable(function, receiver, frame):
                inner = self.outline(receiver) if receiver is not None else None
                return Callable(function, inner, self.sketch(frame) if frame else None)
            case Partial(target, named, args):
                kept = tuple((name, self.outlines(each)) for name, each in named)
                return Partial(
                    self.outline(target), kept, tuple(self.outlines(each) for each in args)
                )
            case Library(name, Instance() as receiver):
                return Library(name, self.outline(receiver))
        return value


def admits(known: set[Frame], frame: Frame, limit: int) -> bool:
    """Tell whether a context is known, or may still become so."""
    if frame not in known:
        if len(known) >= limit:
            return False
        known.add(frame)
    return True


def bare(frame: Frame) -> Frame:
    """Return the context of a function of which only its class is known."""
    function = frame.function
    if function is None:
        return Frame(frame.module)
    bindings: tuple[tuple[str, Values], ...] = ()
    found = receivers(frame)
    if found and function.owner is not None and function.parameters:
        bindings = ((function.parameters[0].name, found),)
    return Frame(frame.module, function, bindings, None, 1)


def receivers(frame: Frame) -> Values:
    """Return of which class, or whose instance, a method is."""
    found = frame.bindings[0][1] if frame.bindings else ()
    return tuple(
        dict.fromkeys(
            Instance(each.symbol) if isinstance(each, Instance) else Type(each.symbol)
            for each in found
            if isinstance(each, Instance | Type)
        )
    )
