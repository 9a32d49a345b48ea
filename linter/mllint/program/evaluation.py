"""What an expression stands for, where it is evaluated.

Names have all the values that their scope gives them anywhere: the order of statements does not
count here (it does in dataflow). What a function was handed is known from the frame, so
``optimizer.step()`` in ``def train(model, optimizer)`` means the step of the optimizer that the
caller made.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from ..facts.expressions import (
    Attribute,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Lambda,
    Mapping,
    Name,
    Operation,
    Sequence,
    Star,
    Subscript,
    Template,
    Wait,
    Walrus,
)
from ..facts.statements import Class, Function, Import
from .calls import Calls
from .configs import Configs
from .imports import Modules
from .limits import Limits
from .members import MAX_NAME
from .registries import Registries
from .symbols import (
    GROWN,
    ClassSymbol,
    Definition,
    Module,
    class_symbol,
    function_symbol,
    lambda_symbol,
)
from .texts import joined
from .values import (
    MAX_VALUES,
    Callable,
    Frame,
    Instance,
    Library,
    Literal,
    Package,
    Symbol,
    Type,
    Value,
    Values,
)

MAX_LEVEL = 40  # nested evaluations
# Evaluations that one question leads to. What is handed on through a thicket of functions is asked
# anew in each of their contexts, and of these there may be almost no end.
MAX_ASKED = 5_000  # in three projects that were counted, no question led to 1,000

# Evaluations after which calls are no more told apart by what they hand over. A project of a
# million lines with hundreds of programs takes two million; one in which everything may be anything
# (an algebra system) has no end.
MAX_KNOWN = 3_000_000

PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
# Calls whose items are those of their first argument.
PASSING = frozenset({"list", "tuple", "iter", "reversed", "sorted", "tqdm", "track", "cycle"})

Key: TypeAlias = "tuple[int, Frame]"  # an expression's id, and where it is evaluated


class Evaluator(Calls):
    """Evaluates expressions of one project."""

    def __init__(self, modules: Modules, configs: Configs) -> None:
        self.modules = modules
        self.configs = configs
        self.ancestries = {}
        self.namespaces = {}
        # With the expression, so that its id stays its own.
        self.known: dict[tuple[int, Frame], tuple[Expression, Values]] = {}
        self.provisional: dict[tuple[int, Frame], tuple[Expression, Values]] = {}
        self.active: set[tuple[int, Frame]] = set()
        self.importing: set[tuple[int, str]] = set()  # statements that bind a name right now
        self.registries = Registries(self)
        self.cuts = 0  # how often a cycle was met
        self.asked = 0  # how many evaluations the question at hand has led to
        self.limits = Limits()
        self.returning = Counter()
        # Functions of the project whose meaning the user says: they are a library's, too.
        self.declared: dict[Symbol, Library] = {}

    def evaluate(self, expression: Expression | None, frame: Frame) -> Values:
        """Return what an expression may stand for; nothing if that is not known."""
        if expression is None:
            return ()
        key = (id(expression), frame)
        found = self.known.get(key) or self.provisional.get(key)
        if found is not None:
            return found[1]
        self.asked = self.asked + 1 if self.active else 1
        if key in self.active or len(self.active) > MAX_LEVEL or self.asked > MAX_ASKED:
            if key not in self.active:
                self.limits.meet("nesting", frame.function or frame.module)
            self.cuts += 1
            return ()
        before = self.cuts
        self.active.add(key)
        try:
            values = tuple(dict.fromkeys(self._evaluate(expression, frame)))
        finally:
            self.active.discard(key)
        if len(values) > MAX_VALUES:
            self.limits.meet("values", frame.function or frame.module)
            values = values[:MAX_VALUES]
        if self.declared:
            values += tuple(self.meanings(values))
        # What a cycle cut short may be more elsewhere; here, to ask again would take for ever.
        is_whole = values or self.cuts == before or not self.active
        (self.known if is_whole else self.provisional)[key] = expression, values
        if not self.active:
            self.provisional.clear()
        return values

    @property
    def is_full(self) -> bool:
        """Whether calls are no more told apart by what they hand over."""
        return len(self.known) > MAX_KNOWN

    def meanings(self, values: Values) -> Iterable[Library]:
        """Yield what the user says that functions and classes of the project are."""
        for value in values:
            symbol = getattr(value, "function", None) or getattr(value, "symbol", None)
            if symbol in self.declared and not isinstance(value, Instance):
                yield self.declared[symbol]

    def _evaluate(self, expression: Expression, frame: Frame) -> Iterable[Value]:
        match expression:
            case Name(name):
                return self.name(name, frame)
            case Attribute(Call(Name("super")), attr):
                return self.super_member(attr, frame)
            case Attribute(value, attr):
                found = [v for each in self.evaluate(value, frame) for v in self.member(each, attr)]
                return found + self.assigned_member(expression, frame)
            case Call(func):
                return [
                    value
                    for callee in self.evaluate(func, frame)
                    for value in self.result(callee, expression, frame)
                ]
            case Conditional(_, body, orelse):
                return self.evaluate(body, frame) + self.evaluate(orelse, frame)
            case Operation("or" | "and", operands):
                return [value for each in operands for value in self.evaluate(each, frame)]
            case Walrus(_, value) | Wait("await", value):
                return self.evaluate(value, frame)
            case Subscript(_, Constant("_target_")):
                targets = self.configs.targets(expression, ())
                return tuple(Literal(Constant(each), Frame(frame.module)) for each in targets)
            case Subscript(value, key):
                found = [v for e in self.evaluate(value, frame) for v in self.item(e, key, frame)]
                return found or self.appended(value, (), frame)
            case Lambda():
                line = frame.function.line if frame.function else 1
                symbol = lambda_symbol(frame.module, expression, line, frame.function)
                return (Callable(symbol, None, frame),)
            case Template(parts):
                choices = [
                    [str(each.value)] if isinstance(each, Constant) else self.texts(each, frame)
                    for each in parts
                ]
                return tuple(Literal(text, Frame(frame.module)) for text in joined(choices))
            case Operation("+", (left, right)):
                choices = [self.texts(left, frame), self.texts(right, frame)]
                return tuple(Literal(text, Frame(frame.module)) for text in joined(choices))
            case Constant() | Sequence() | Mapping():
                return (Literal(expression, frame),)
        return ()

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


def as_name(text: str) -> Expression:
    """Return the expression that a dotted name is."""
    first, *rest = text.split(".")
    expression: Expression = Name(first)
    for part in rest:
        expression = Attribute(expression, part)
    return expression
