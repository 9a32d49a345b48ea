"""What a call hands over, and what it gives."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator

from ..facts.expressions import Call, Constant, Expression, Mapping, Name, Star
from ..facts.statements import Assign
from ..knowledge import shipped_knowledge
from ..knowledge.names import pattern
from .configs import Configs
from .contexts import bare
from .limits import Limits
from .loading import Part, modules_called, text_parts
from .members import FLUENT, MAX_NAME, Members
from .symbols import ClassSymbol, FunctionSymbol, Module
from .texts import method_result
from .values import (
    Callable,
    Frame,
    Instance,
    Library,
    Literal,
    Package,
    Partial,
    Type,
    Value,
    Values,
)

MAKING = frozenset({"hydra.utils.instantiate", "hydra.utils.call"})
INSTANTIATE = MAKING | {"hydra.utils.get_class"}
# Library calls that give back what they are handed first, wrapped.
WRAPPERS = pattern(*shipped_knowledge().names["wrapper"])
MAX_DEPTH = 5  # of frames nested in what is handed
# A function that unwraps what it is handed by calling itself, for each way to unwrap it, gives a
# tree of calls without end; what it gives is known after few of them.
MAX_RECURSION = 2
GAP_MARK = "\0"  # stands for what is not known of a text
CODE_VALUES = Package | Type | Callable
CODE = re.compile(r"(?P<name>[\w\0]+)(?P<call>\([^()]*\))?")  # a name, or a call of one


def wrapped_in(call: Call) -> Expression | None:
    """Return what a wrapper is handed."""
    if call.args:
        return call.args[0]
    return call.keyword("fun") or call.keyword("func") or call.keyword("f")


class Calls(Members):
    """The part of the evaluator that knows calls."""

    configs: Configs
    cuts: int
    limits: Limits
    returning: Counter[FunctionSymbol]  # how often each is within itself right now

    @property
    @abstractmethod
    def is_full(self) -> bool:
        """Whether calls are no more told apart by what they hand over."""

    @abstractmethod
    def item(self, value: Value, key: Expression, frame: Frame) -> Values:
        """Return what a subscript gives."""

    def bind(
        self, target: Callable, call: Call, frame: Frame,
        extra: tuple[Values, ...] = (), named: tuple[tuple[str, Values], ...] = (),
    ) -> Frame:  # fmt: skip
        """Return the frame of a call: what is handed for which parameter.

        Args:
            target: What is called.
            call: The call.
            frame: Where it stands.
            extra: Arguments before those of the call, as ``functools.partial`` adds them.
            named: Keywords beside those of the call.
        """
        function = target.function
        if self.is_full:
            self.limits.meet("contexts", function)
            return bare(Frame(function.module, function, receiving(target), None, 1))
        parameters = list(function.parameters)
        bindings: dict[str, Values] = {}
        if target.receiver is not None and parameters:
            bindings[parameters.pop(0).name] = (target.receiver,)
        by_position = [each.name for each in parameters if each.kind in ("", "/")]
        handed: list[Values] = list(extra)
        for argument in call.args:
            if isinstance(argument, Star):
                break
            handed.append(self.evaluate(argument, frame))
        for name, values in zip(by_position, handed, strict=False):
            bindings[name] = values
        names = {each.name for each in parameters if each.kind in ("", "k")}
        for key, values in named:
            bindings[key] = values
        for keyword, argument in call.keywords:
            if keyword in names:
                bindings[keyword] = self.evaluate(argument, frame)
        kept: list[tuple[str, Values]] = []
        deepest = 0
        for name, values in bindings.items():
            found: list[Value] = []
            for value in map(shallow, values):
                depth = depth_of(value)
                if depth < MAX_DEPTH:
                    found.append(value)
                    deepest = max(deepest, depth)
            if found:
                kept.append((name, tuple(found)))
        return Frame(function.module, function, tuple(kept), target.frame, 1 + deepest)

    def evaluated(self, parts: list[Part], frame: Frame) -> Iterator[Value]:
        """Yield what a text, of which only a part may be known, means as code: ``f"{name}()"``.

        That is one of the project's modules, classes and functions that the module knows by name,
        or what one gives.
        """
        match = CODE.fullmatch("".join(GAP_MARK if each is None else each for each in parts))
        if match is None:
            return
        pattern = re.compile(re.escape(match["name"]).replace(re.escape(GAP_MARK), r"\w*"))
        here = Frame(frame.module)
        for name in filter(pattern.fullmatch, frame.module.table):
            for value in self.evaluate(Name(name), here):
                # A text of which nothing is known may be data as well, and would be no function.
                if not isinstance(value, Package | Type if parts == [None] else CODE_VALUES):
                    continue
                if match["call"]:
                    yield from self.result(value, Call(Name(name), (), ()), here)
                else:
                    yield value

    def result(self, callee: Value, call: Call, frame: Frame) -> Iterator[Value]:
        """Yield what a call gives."""
        match callee:
            case Library("functools.partial") if call.args:
                args = tuple(self.evaluate(each, frame) for each in call.args[1:])
                named = tuple((k, self.evaluate(v, frame)) for k, v in call.keywords if k)
                for target in self.evaluate(call.args[0], frame):
                    yield Partial(target, named, args)
            case Library("builtins.getattr") if len(call.args) > 1:
                texts = self.texts(call.args[1], frame)
                for value in self.evaluate(call.args[0], frame):
                    for text in texts:
                        yield from self.member(value, text)
                    if isinstance(value, Package) and not texts:
                        yield from self.classes(value.module)
            case Library("importlib.import_module") if call.args:
                texts = self.texts(call.args[0], frame)
                if not texts:
                    parts = text_parts(call.args[0], frame)
                    yield from modules_called(parts, self.modules, frame.module)
                for text in texts:
                    anchors = self.texts(call.argument("package", 1), frame) or [""]
                    for anchor in anchors if text.startswith(".") else [""]:
                        yield self.imported_name(f"{anchor}{text}", frame)
            case Library("builtins.eval") if call.args:
                found = [*self.evaluated(text_parts(call.args[0], frame), frame)]
                yield from found or [Library("builtins.eval()")]
            case Library("builtins.str") if call.args:
                for text in self.texts(call.args[0], frame):
                    yield Literal(Constant(text), Frame(frame.module))
            case Library(name) if name in INSTANTIATE and call.args:
                handed = without_config(call)
                for target in self.instantiated(call, frame):
                    yield from self.result(target, handed, frame)
            case Library(name, receiver):
                last = name.rpartition(".")[2]
                if isinstance(receiver, Literal) and isinstance(receiver.expression, Mapping):
                    if last in ("get", "pop") and call.args:
                        yield from self.item(receiver, call.args[0], frame)
                    else:
                        yield Library(f"{name}()")
                elif isinstance(receiver, Literal):
                    yield from self.text_result(receiver, last, call, frame)
                elif receiver is not None and last in FLUENT:
                    yield receiver
                elif WRAPPERS.matches(name) and (wrapped := wrapped_in(call)):
                    yield from self.evaluate(wrapped, frame)
                else:
                    yield Library(f"{name}()"[:MAX_NAME])
            case Type(symbol, closure):
                made: Frame | None = None
                for each in self.ancestry(symbol):
                    if isinstance(each, ClassSymbol) and "__init__" in each.methods:
                        constructor = Callable(each.methods["__init__"], Instance(symbol), closure)
                        made = self.bind(constructor, call, frame)
                        break
                else:
                    made = self.bind_fields(symbol, call, frame)
                yield Instance(symbol, made)
            case Instance():
                for method in self.called_method(callee):
                    yield from self.result(method, call, frame)
            case Callable():
                yield from self.returned(callee, self.bind(callee, call, frame))
            case Partial(target, named, args):
                if isinstance(target, Callable):
                    yield from self.returned(target, self.bind(target, call, frame, args, named))
                else:
                    yield from self.result(target, call, frame)

    def instantiated(self, call: Call, frame: Frame, within: bool = False) -> Iterator[Value]:
        """Yield what ``instantiate(cfg.model)`` calls.

        Args:
            call: The call.
            frame: Where it stands.
            within: Whether what the config's node names further inside is meant, which is made
                first, and handed over.
        """
        if call.args:
            node = call.args[0]
            for name in self.configs.targets(node, self.evaluate(node, frame), within):
                yield self.imported_name(name, frame)

    def classes(self, module: Module) -> Iterator[Type]:
        """Yield the classes of a module: one that is asked for by a name not known is of these."""
        for found in module.table.values():
            if found[0].kind in ("class", "import"):
                for value in self.defined(found, Frame(module)):
                    if isinstance(value, Type):
                        yield value

    def bind_fields(self, symbol: ClassSymbol, call: Call, frame: Frame) -> Frame | None:
        """Return what a class without constructor, such as a dataclass, keeps in which field."""
        names = [
            name for name, found in symbol.table.items() if isinstance(found[0].statement, Assign)
        ]
        bindings = [
            (name, self.evaluate(argument, frame))
            for name, argument in zip(names, call.args, strict=False)
        ]
        bindings += [(k, self.evaluate(v, frame)) for k, v in call.keywords if k in names]
        kept = tuple((k, v) for k, v in bindings if v and all(depth_of(e) < MAX_DEPTH for e in v))
        depth = 1 + max((depth_of(v) for _, values in kept for v in values), default=0)
        return Frame(symbol.module, None, kept, None, min(depth, MAX_DEPTH)) if kept else None

    def texts(self, expression: Expression | None, frame: Frame) -> list[str]:
        """Return the texts that an expression may be, where it is written out."""
        return [
            value.expression.value
            for value in self.evaluate(expression, frame)
            if isinstance(value, Literal)
            and isinstance(value.expression, Constant)
            and isinstance(value.expression.value, str)
        ]

    def text_result(
        self, receiver: Literal, method: str, call: Call, frame: Frame
    ) -> Iterator[Value]:
        """Yield what a method of a text gives."""
        arguments: list[object] = []
        for argument in call.args:
            found = self.texts(argument, frame)
            if len(found) != 1:
                return
            arguments += found
        text = receiver.expression
        if isinstance(text, Constant) and isinstance(text.value, str):
            made = method_result(text.value, method, arguments)
            if made is not None:
                yield Literal(made, Frame(frame.module))

    def called_method(self, instance: Instance) -> Values:
        """Return what calling an instance calls: its own method, or one that its base calls."""
        for name in ("__call__", "forward", "call"):
            found = [v for v in self.member(instance, name) if isinstance(v, Callable)]
            if found:
                return tuple(found)
        return self.member(instance, "__call__")

    def returned(self, target: Callable, frame: Frame) -> Iterator[Value]:
        """Yield what a function returns in a frame."""
        inner = frame
        if frame.function is not target.function:
            inner = Frame(
                target.function.module, target.function, receiving(target), target.frame, 1
            )
        function = target.function
        if self.returning[function] >= MAX_RECURSION:
            self.limits.meet("recursion", function)
            self.cuts += 1
            return
        if self.returning[function]:  # what walks over a tree is handed another part each time
            inner = bare(inner)
        self.returning[function] += 1
        try:
            found = [each for value in function.returns for each in self.evaluate(value, inner)]
        finally:
            self.returning[function] -= 1
        yield from found

    def imported_name(self, name: str, frame: Frame) -> Value:
        """Return what a dotted name in a config means."""
        parts = name.split(".")
        for split in range(len(parts), 0, -1):
            found: Value = self.modules.locate(".".join(parts[:split]), frame.module)
            if isinstance(found, Package):
                for part in parts[split:]:
                    found = next(iter(self.member(found, part)), Library(name))
                return found
        return Library(name)


def without_config(call: Call) -> Call:
    """Return what ``instantiate(cfg.model, size=3)`` calls with what is handed besides the config.

    What the config says is not known here.
    """
    return call._replace(args=call.args[1:])


def receiving(target: Callable) -> tuple[tuple[str, Values], ...]:
    """Return what a method is bound to, as the binding of its first parameter."""
    if target.receiver is None or not target.function.parameters:
        return ()
    return ((target.function.parameters[0].name, (target.receiver,)),)


def shallow(value: Value) -> Value:
    """Return a value; one that is nested too deeply without what it was made with.

    Of an instance its class is known all the same, and so which methods it has.
    """
    if depth_of(value) >= MAX_DEPTH:
        match value:
            case Instance(symbol):
                return Instance(symbol)
            case Callable(function, Instance(symbol), None):
                return Callable(function, Instance(symbol))
    return value


def depth_of(value: Value) -> int:
    """Return how deeply frames are nested in a value."""
    match value:
        case Callable(_, receiver, frame):
            inner = depth_of(receiver) if receiver is not None else 0
            return max(inner, frame.depth if frame else 0)
        case Type(_, frame) | Instance(_, frame):
            return frame.depth if frame else 0
        case Literal(_, frame):
            return frame.depth
        case Partial(target, named, args):
            values = [*(v for _, each in named for v in each), *(v for each in args for v in each)]
            return 1 + max(map(depth_of, [target, *values]))
        case Library(_, receiver) if receiver is not None:
            return depth_of(receiver)
    return 0
