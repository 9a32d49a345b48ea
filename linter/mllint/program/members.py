"""Attributes of values: of modules, classes, instances and libraries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from ..facts.expressions import Attribute, Constant, Expression, Mapping, Name, Sequence
from .imports import Modules
from .symbols import ClassSymbol, Definition, FunctionSymbol, Module
from .values import (
    Callable,
    Frame,
    Instance,
    Library,
    Literal,
    Namespace,
    Package,
    Partial,
    Type,
    Value,
    Values,
)

# Methods that give their own object back.
FLUENT = frozenset(
    {"to", "cuda", "cpu", "train", "eval", "half", "float", "double", "bfloat16", "requires_grad_"}
    | {"share_memory", "xpu", "apply", "to_empty", "__enter__"}
)
MAX_NAME = 160  # of a library's chain of calls


class Members(ABC):
    """The part of the evaluator that knows modules, classes and their attributes."""

    modules: Modules
    ancestries: dict[ClassSymbol, tuple[ClassSymbol | Library, ...]]
    namespaces: dict[Module, Literal]

    @abstractmethod
    def evaluate(self, expression: Expression | None, frame: Frame) -> Values:
        """Return what an expression may stand for."""

    @abstractmethod
    def defined(self, entries: list[Definition], frame: Frame) -> Values:
        """Return the values that definitions give."""

    @abstractmethod
    def global_name(self, name: str, module: Module) -> Values:
        """Return what a module's global or builtin name stands for."""

    @abstractmethod
    def returned(self, target: Callable, frame: Frame) -> Iterator[Value]:
        """Yield what a function returns in a frame."""

    def ancestry(self, symbol: ClassSymbol) -> tuple[ClassSymbol | Library, ...]:
        """Return a class and what it inherits from, nearest first."""
        known = self.ancestries.get(symbol)
        if known is None:
            known = self.ancestries[symbol] = self._ancestry(symbol)
        return known

    def _ancestry(self, symbol: ClassSymbol) -> tuple[ClassSymbol | Library, ...]:
        found: dict[ClassSymbol | Library, None] = {}
        waiting: list[ClassSymbol | Library] = [symbol]
        while waiting and len(found) < 40:
            each = waiting.pop(0)
            if each in found:
                continue
            found[each] = None
            if isinstance(each, ClassSymbol):
                frame = Frame(each.module, each.outer)
                bases: list[ClassSymbol | Library] = []
                for base in each.statement.bases:
                    for value in self.evaluate(base, frame):
                        if isinstance(value, Type):
                            bases.append(value.symbol)
                        elif isinstance(value, Library) and value.name != "builtins.object":
                            bases.append(value)
                waiting = bases + waiting
        return tuple(found)

    def member(self, value: Value, attr: str) -> Values:
        """Return an attribute of a value."""
        match value:
            case Library(name):
                if name.endswith(f".{attr}()") and attr in FLUENT:
                    return (Library(name[:-2]),)
                return (Library(f"{name}.{attr}"),) if len(name) < MAX_NAME else ()
            case Package(module):
                if attr == "__dict__":
                    return (self.namespace(module),)
                if attr in module.table:
                    return self.defined(module.table[attr], Frame(module))
                within = self.modules.submodule(value, attr)
                if within is not None:
                    return (within,)
                found = self.global_name(attr, module)
                return () if found == (Library(f"builtins.{attr}"),) else found
            case Namespace():
                within = self.modules.submodule(value, attr)
                return () if within is None else (within,)
            case Type(symbol) | Instance(symbol):
                return self.class_member(self.ancestry(symbol), attr, value)
            case Literal(Mapping()):
                return (Library(f"builtins.dict().{attr}", value),)
            case Literal(Sequence(kind)):
                return (Library(f"builtins.{kind}().{attr}"),)
            case Literal(Constant(None)):  # where it is asked for more, it has been replaced
                return ()
            case Literal(Constant(constant)):
                return (Library(f"builtins.{type(constant).__name__}().{attr}", value),)
            case Partial(target):
                return self.member(target, attr) if attr == "func" else ()
        return ()

    def namespace(self, module: Module) -> Literal:
        """Return what ``__dict__`` of a module holds: what it defines and imports.

        Where one is chosen by a name that is not known, it may be any of these.
        """
        found = self.namespaces.get(module)
        if found is None:
            kinds = ("class", "function", "import")
            names = [name for name, each in module.table.items() if each[0].kind in kinds]
            pairs = tuple((Constant(each), Name(each)) for each in names if each.isidentifier())
            found = self.namespaces[module] = Literal(Mapping(pairs), Frame(module))
        return found

    def class_member(
        self, ancestry: tuple[ClassSymbol | Library, ...], attr: str, value: Value
    ) -> Values:
        """Return an attribute of a class or instance, found along its ancestry."""
        found: list[Value] = []
        if isinstance(value, Instance) and value.frame and value.frame.function is None:
            handed = value.frame.bound(attr)  # a dataclass's field
            if handed is not None:
                return handed
        for each in ancestry:
            if isinstance(each, Library):
                made = "()" if isinstance(value, Instance) else ""
                return (*found, Library(f"{each.name}{made}.{attr}", value))
            method = each.methods.get(attr)
            if method is not None:
                bound = Callable(method, None if method.is_static else value)
                if method.is_property:
                    return tuple(self.returned(bound, Frame(method.module)))
                return (bound,)
            if isinstance(value, Instance):
                for function, definition in each.attributes.get(attr, ()):
                    found += self.defined([definition], self.frame_of_method(function, value))
            if attr in each.table:
                found += self.defined(each.table[attr], Frame(each.module))
            if found:
                return tuple(dict.fromkeys(found))
        return ()

    def frame_of_method(self, method: FunctionSymbol, instance: Instance) -> Frame:
        """Return the frame of an instance's method; its constructor's with what that was handed."""
        frame = instance.frame
        if frame is not None and frame.function is method:
            return frame
        return Frame(method.module, method, ((method.parameters[0].name, (instance,)),), None, 1)

    def super_member(self, attr: str, frame: Frame) -> Values:
        """Return ``super().attr``."""
        function = frame.function
        while function is not None and function.owner is None:
            function = function.outer
        if function is None or function.owner is None or not function.parameters:
            return ()
        bound = frame.bound(function.parameters[0].name) or (Instance(function.owner),)
        found: list[Value] = []
        for value in bound:
            if isinstance(value, Instance | Type):
                ancestry = self.ancestry(value.symbol)
                if function.owner in ancestry:
                    after = ancestry[ancestry.index(function.owner) + 1 :]
                    found += self.class_member(after, attr, value)
        return tuple(found)

    def assigned_member(self, expression: Attribute, frame: Frame) -> list[Value]:
        """Return what the scope itself assigns to ``x.attr``, for x other than self."""
        match expression:
            case Attribute(Name(owner), attr):
                table = frame.function.table if frame.function else frame.module.table
                entries = table.get(f"{owner}.{attr}")
                function = frame.function
                is_self = (
                    function is not None
                    and function.owner is not None
                    and bool(function.parameters)
                    and function.parameters[0].name == owner
                )
                if entries and not is_self:
                    return list(self.defined(entries, frame))
        return []
