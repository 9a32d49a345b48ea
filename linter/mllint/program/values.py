"""What an expression may stand for.

A value is what can be said of it without running the program: a function or class of the project,
an instance of one, something of a library, or nothing known. Calls of a library and what comes of
them are written as text: ``torch.optim.Adam().step`` is the method ``step`` of what
``torch.optim.Adam(…)`` gives, ``torch.load()[]`` an item of what ``torch.load(…)`` gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias
from weakref import WeakValueDictionary

from ..facts.expressions import Constant, Expression
from .symbols import ClassSymbol, FunctionSymbol, Module

MAX_VALUES = 16  # of one expression; more than these are as good as unknown


@dataclass(frozen=True, slots=True)
class Library:
    """Something of a library, by its dotted name.

    Attributes:
        name: Such as ``torch.optim.Adam().step``.
        receiver: The project's own instance, for a method that its class inherits from a library.
    """

    name: str
    receiver: Value | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A module of the project."""

    module: Module


@dataclass(frozen=True, slots=True)
class Namespace:
    """A folder of the project without ``__init__.py``."""

    folder: str


@dataclass(frozen=True, slots=True)
class Callable:
    """A function of the project, with what it is bound to and the frame that it was made in."""

    function: FunctionSymbol
    receiver: Value | None = None
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Type:
    """A class of the project."""

    symbol: ClassSymbol
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a class of the project, with what its constructor was handed."""

    symbol: ClassSymbol
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A callable with arguments bound to it."""

    target: Value
    keywords: tuple[tuple[str, Values], ...] = ()
    args: tuple[Values, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """An expression written out (a number, text, list, dictionary), and where it is evaluated.

    Constants are the same if their values are, others only if they stand at the same place:
    comparing long lists again and again would cost more than it tells.
    """

    expression: Expression
    frame: Frame

    @property
    def identity(self) -> object:
        """What makes two of them the same."""
        if isinstance(self.expression, Constant):
            return type(self.expression.value), self.expression.value
        return id(self.expression), self.frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be resolved, and why."""

    reason: str


Value: TypeAlias = (
    Library | Package | Namespace | Callable | Type | Instance | Partial | Literal | Unknown
)
Values: TypeAlias = tuple[Value, ...]
Symbol: TypeAlias = FunctionSymbol | ClassSymbol


class Frame:
    """Where an expression is evaluated: a module, or a function with what it was handed.

    Frames nest in what is handed, and are looked up all the time. So two with the same content are
    the same object: to compare or to hash one never looks into it.

    Attributes:
        module: The module.
        function: None at top level.
        bindings: Parameters and what was handed for them, where something is known.
        closure: The frame of the function around.
        depth: How deeply frames are nested in what was handed.
    """

    __slots__ = ("__weakref__", "bindings", "closure", "depth", "function", "module")
    module: Module
    function: FunctionSymbol | None
    bindings: tuple[tuple[str, Values], ...]
    closure: Frame | None
    depth: int
    alive: ClassVar[WeakValueDictionary[object, Frame]] = WeakValueDictionary()

    def __new__(
        cls, module: Module, function: FunctionSymbol | None = None,
        bindings: tuple[tuple[str, Values], ...] = (), closure: Frame | None = None, depth: int = 0,
    ) -> Frame:  # fmt: skip
        """Return the frame with this content."""
        key = module, function, bindings, closure, depth
        frame = cls.alive.get(key)
        if frame is None:
            frame = cls.alive[key] = super().__new__(cls)
            frame.module, frame.function, frame.bindings, frame.closure, frame.depth = key
        return frame

    def bound(self, name: str) -> Values | None:
        """Return what was handed for a parameter."""
        return next((values for key, values in self.bindings if key == name), None)

    def __repr__(self) -> str:
        return f"Frame({self.function or self.module})"
