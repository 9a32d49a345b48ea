"""What a name stands for: in a function, in a module, by import, by annotation."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from ..facts.expressions import Attribute, Constant, Expression, Name, Operation, Subscript
from ..facts.statements import Class, Function, Import
from .items import Items
from .symbols import ClassSymbol, Definition, Module, class_symbol, function_symbol
from .values import Callable, Frame, Instance, Library, Literal, Package, Type, Value, Values

PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


class Names(Items):
    """The part of the evaluator that knows names."""

    importing: set[tuple[int, str]]  # statements that bind a name right now

    def name(self, name: str, frame: Frame) -> Values:
        """Return what a name stands for in a frame, seen from inside out."""
        current: Frame | None = frame
        while current is not None and current.function is not None:
            bound = current.bound(name)
            function = current.function
            if name in function.table:  # a parameter may be given another value: x = wrapped(x)
                given = self.defined(function.table[name], current)
                return tuple(dict.fromkeys((*(bound or ()), *given)))
            if bound is not None:
                return bound
            for position, parameter in enumerate(function.parameters):
                if parameter.name == name:
                    if position == 0 and function.owner and not function.is_static:
                        return (Instance(function.owner),)
                    default = self.evaluate(parameter.default, Frame(function.module))
                    annotated = self.instances(parameter.annotation, Frame(function.module))
                    return annotated or default
            current = current.closure or (
                Frame(function.module, function.outer) if function.outer else None
            )
        return self.global_name(name, frame.module)

    def global_name(self, name: str, module: Module) -> Values:
        """Return what a module's global or builtin name stands for."""
        if name in module.table:
            return self.defined(module.table[name], Frame(module))
        key = id(module), f"*{name}"
        if key in self.importing:  # a circle: modules that import all of each other
            return ()
        self.importing.add(key)
        try:
            return self.starred(name, module)
        finally:
            self.importing.discard(key)

    def starred(self, name: str, module: Module) -> Values:
        """Return what a name stands for that comes by ``import *``, or is a builtin."""
        starred: list[Value] = []  # it may come from any library whose names are all imported
        for definition in module.table.get("*", ()):
            statement = definition.statement
            if isinstance(statement, Import):
                for source in self.imported_module(statement, module):
                    if isinstance(source, Package):
                        exported = source.module.source.outline.exports
                        hidden = name.startswith("_") if exported is None else name not in exported
                        found = () if hidden else self.global_name(name, source.module)
                        if found and found != (Library(f"builtins.{name}"),):
                            return found
                    elif isinstance(source, Library) and not hasattr(builtins, name):
                        starred.append(Library(f"{source.name}.{name}"))
        if starred:
            return tuple(starred)
        if name == "__name__":
            return (Literal(Constant(module.name), Frame(module)),)
        return (Library(f"builtins.{name}"),) if hasattr(builtins, name) else ()

    def defined(self, entries: list[Definition], frame: Frame) -> Values:
        """Return the values that definitions give."""
        found = [value for each in entries for value in self.definition(each, frame)]
        return tuple(dict.fromkeys(found))

    def definition(self, entry: Definition, frame: Frame) -> Values:
        """Return the values that one definition gives in the frame of its scope."""
        match entry.kind, entry.statement:
            case "import", Import() as statement:
                name = entry.value.id if isinstance(entry.value, Name) else ""
                return self.imported(statement, name, frame.module)
            case "function", Function() as statement:
                symbol = function_symbol(frame.module, statement, None, frame.function)
                return (Callable(symbol, None, frame if frame.function else None),)
            case "class", Class() as statement:
                made = class_symbol(frame.module, statement, frame.function)
                return (Type(made, frame if frame.function else None),)
            case (("value" | "context"), _):
                return self.evaluate(entry.value, frame)
            case "annotated", _:
                return self.instances(entry.value, frame)
            case "item", _ if entry.value is not None:
                return self.unpacked(entry.value, entry.path, frame)
        return ()

    def imported_module(self, statement: Import, module: Module) -> Values:
        """Return what stands after ``from``."""
        return (self.modules.source(statement, module),)

    def imported(self, statement: Import, name: str, module: Module) -> Values:
        """Return what an import binds for one of its names."""
        if statement.module is None:
            is_named = dict(statement.names).get(name) is not None
            find = self.modules.find if is_named else self.modules.top_of
            return (find(name, module),)
        key = id(statement), name
        if key in self.importing:  # a circle: what a package imports from itself is its submodule
            sources = self.imported_module(statement, module)
            inside = [self.modules.submodule(source, name) for source in sources]
            return tuple(each for each in inside if each is not None)
        self.importing.add(key)
        try:
            return tuple(self.imported_from(statement, name, module))
        finally:
            self.importing.discard(key)

    def imported_from(self, statement: Import, name: str, module: Module) -> Iterable[Value]:
        """Yield what ``from … import name`` binds."""
        for source in self.imported_module(statement, module):
            if isinstance(source, Library) and not statement.level:
                within = self.modules.find(f"{statement.module}.{name}", module)
                yield from (within,) if isinstance(within, Package) else self.member(source, name)
            else:
                yield from self.member(source, name)

    def instances(self, annotation: Expression | None, frame: Frame) -> Values:
        """Return what an annotation says a value is; ``X | None`` and ``Optional[X]`` are an X."""
        match annotation:
            case Operation("|", operands):
                return tuple(v for each in operands for v in self.instances(each, frame))
            case Subscript(Name("Optional") | Attribute(_, "Optional"), inside):
                return self.instances(inside, frame)
            case Constant(str(text)):
                names = [each.strip() for each in text.split("|")]
                known = [each for each in names if each.replace(".", "").isidentifier()]
                return tuple(v for each in known for v in self.instances(as_name(each), frame))
            case Name() | Attribute():
                return tuple(
                    Instance(each.symbol, each.frame)
                    if isinstance(each, Type)
                    else Library(f"{each.name}()")
                    for each in self.evaluate(annotation, frame)
                    if (isinstance(each, Type) and not self.is_protocol(each.symbol))
                    or (isinstance(each, Library) and not each.name.startswith("builtins."))
                )
        return ()

    def is_protocol(self, symbol: ClassSymbol) -> bool:
        """Tell whether a class only lists what others have: its own methods are never called."""
        return any(
            isinstance(each, Library) and each.name.removesuffix("[]") in PROTOCOLS
            for each in self.ancestry(symbol)
        )


def as_name(text: str) -> Expression:
    """Return the expression that a dotted name is."""
    first, *rest = text.split(".")
    expression: Expression = Name(first)
    for part in rest:
        expression = Attribute(expression, part)
    return expression
