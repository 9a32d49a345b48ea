"""What one function does when it is called: its calls, and whom they lead to.

It depends on the function and on what that is handed, not on the program that calls it, and so is
found once for all programs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ..facts.expressions import (
    Call,
    Compare,
    Constant,
    Expression,
    Mapping,
    Name,
    Operation,
    Sequence,
    Star,
    Subscript,
    Template,
    calls,
    last_name,
)
from ..facts.outline import is_main_test, is_type_checking
from ..facts.statements import (
    BODIES,
    Assign,
    Body,
    Class,
    For,
    Function,
    Handler,
    If,
    Import,
    Statement,
    While,
    With,
    header,
)
from .callbacks import KEEPING_IN, called_of, told_of
from .calls import MAKING, WRAPPERS, without_config, wrapped_in
from .evaluation import Evaluator
from .symbols import FunctionSymbol, Module, class_symbol
from .values import (
    Callable,
    Frame,
    Instance,
    Library,
    Package,
    Partial,
    Type,
    Value,
    Values,
)

# Calls that, handed nothing, make commands of all that their module defines.
COMMANDS = frozenset({"fire.Fire"})
# Calls that, handed nothing, run the ``main`` of their module.
MAINS = frozenset(
    {"absl.app.run", "tensorflow.app.run", "tensorflow.compat.v1.app.run"}
    | {"tensorflow.python.platform.app.run", "tensorflow.platform.app.run"}
)
# Python's own functions: of what they are handed, they call special methods alone.
PYTHON = (
    *("builtins.", "types.", "typing.", "copy.", "pickle.", "inspect.", "weakref.", "json."),
    *("dataclasses.", "functools.", "collections.", "itertools.", "operator.", "enum.", "abc."),
)
# Of these, those that call a class that they are handed, to make what is not there.
MAKERS = frozenset({"dataclasses.field", "collections.defaultdict"})
# Decorators that are methods of what a library made, or that register: ``Engine().on()``. Commands
# are programs of their own, of which a run carries out one.
KEEPING = re.compile(r"(\(\)\.(?!command|callback|local_entrypoint)\w+|\.register\w*)(\(\))?$")

Around: TypeAlias = "tuple[Statement | Handler, ...]"


class Site(NamedTuple):
    """One call, in one context.

    Attributes:
        call: The call.
        statement: That it stands in.
        frame: Who carries it out, and what that was handed.
        around: The statements around it in the same function, outermost first.
        values: What is called.
        names: The library names of what is called.
    """

    call: Call
    statement: Statement
    frame: Frame
    around: Around
    values: Values
    names: tuple[str, ...]

    @property
    def module(self) -> Module:
        """Where it stands."""
        return self.frame.module

    @property
    def loops(self) -> Around:
        """The loops around it in the same function."""
        return tuple(each for each in self.around if isinstance(each, For | While))


@dataclass(eq=False)
class Activity:
    """What is carried out in a frame.

    Attributes:
        sites: The calls, in order.
        leads_to: The frames that are reached next, and from which line.
    """

    sites: list[Site] = field(default_factory=list)
    leads_to: dict[Frame, int] = field(default_factory=dict)


def find_activity(frame: Frame, is_main: bool, evaluator: Evaluator) -> Activity:
    """Return what is carried out in a frame.

    Args:
        frame: A function with what it is handed, or a module's top level.
        is_main: For a module: whether it is run rather than imported.
        evaluator: Knows what names mean.
    """
    observer = Observer(frame, is_main, evaluator)
    body = frame.function.body if frame.function else frame.module.body
    observer.statements(body, ())
    return observer.activity


class Observer:
    """Goes through one frame."""

    def __init__(self, frame: Frame, is_main: bool, evaluator: Evaluator) -> None:
        self.frame = frame
        self.is_main = is_main
        self.evaluator = evaluator
        self.activity = Activity()

    def leads_to(self, frame: Frame, line: int) -> None:
        """Note that a frame is reached."""
        self.activity.leads_to.setdefault(frame, line)

    def statements(self, body: Body, around: Around) -> None:
        """Carry out the statements of a block."""
        for statement in body:
            match statement:
                case Import():
                    self.importing(statement)
                    continue
                case Function(_, _, parameters, _, decorators):
                    # The defaults and decorators are evaluated now, the body when it is called.
                    defaults = tuple(each.default for each in parameters)
                    self.expressions((decorators, defaults), statement, around)
                    self.decorating(statement, decorators)
                    continue
                case Class(_, _, bases, keywords, decorators, inside):
                    self.expressions((bases, keywords, decorators), statement, around)
                    self.decorating(statement, decorators)
                    class_symbol(self.frame.module, statement, self.frame.function)
                    self.statements(inside, around)
                    continue
                case If(_, test, _, orelse) if is_type_checking(test) or (
                    is_main_test(test) and not self.is_main
                ):
                    self.statements(orelse, around)
                    continue
                case With():
                    self.entering(statement)
                case Assign():
                    self.keeping(statement)
            self.expressions(header(statement), statement, around)
            inner = (*around, statement)
            for name in BODIES.get(type(statement), ()):
                self.statements(getattr(statement, name), inner)

    def decorating(self, statement: Function | Class, decorators: tuple[Expression, ...]) -> None:
        """Visit what is handed to an object of a library by decoration: ``@engine.on(event)``.

        It keeps that, to call it later; a library's function (``@torch.no_grad()``) keeps nothing.
        """
        keeps = any(
            isinstance(value, Library) and KEEPING.search(value.name)
            for each in decorators
            for value in self.evaluator.evaluate(each, self.frame)
        )
        if keeps:
            name = Name(statement.name)
            site = Site(Call(name, (name,), ()), statement, self.frame, (), (), ())
            self.handed(site)

    def keeping(self, statement: Assign) -> None:
        """Visit what a function is handed and puts into a container, from where it is called."""
        function = self.frame.function
        if function is None or not any(isinstance(each, Subscript) for each in statement.targets):
            return
        value = statement.value
        items = value.items if isinstance(value, Sequence) else (value,)
        for each in items:
            if isinstance(each, Name) and any(p.name == each.id for p in function.parameters):
                for handed in self.frame.bound(each.id) or ():
                    if isinstance(handed, Callable | Partial):
                        self.visit_all(handed, statement.line)

    def importing(self, statement: Import) -> None:
        """Carry out what the top level of an imported module does."""
        evaluator, module = self.evaluator, self.frame.module
        found: list[Value] = []
        if statement.module is not None:
            found += evaluator.imported_module(statement, module)
        for name, _ in statement.names:
            if statement.module is None:
                found.append(evaluator.modules.find(name, module))
            elif name != "*":
                source = evaluator.imported_module(statement, module)[0]
                within = evaluator.modules.submodule(source, name)
                found += [within] if within else evaluator.imported(statement, name, module)
        for value in found:
            if isinstance(value, Package):
                self.leads_to(Frame(value.module), statement.line)

    def entering(self, statement: With) -> None:
        """Carry out ``__enter__`` and ``__exit__`` of the project's own contexts."""
        for context, _ in statement.items:
            for value in self.evaluator.evaluate(context, self.frame):
                if isinstance(value, Instance):
                    self.hooks(value, statement.line, ("__enter__", "__exit__"))

    def expressions(self, parts: tuple[object, ...], statement: Statement, around: Around) -> None:
        """Carry out the calls in some expressions."""
        module = self.frame.module
        known = module.calls.get(id(statement))
        if known is None:
            known = module.calls[id(statement)] = tuple(calls(parts))
        for call in known:
            values = self.evaluator.evaluate(call.func, self.frame)
            names = tuple(value.name for value in values if isinstance(value, Library))
            site = Site(call, statement, self.frame, around, values, names)
            self.activity.sites.append(site)
            for value in values:
                self.called(value, site)

    def called(self, value: Value, site: Site) -> None:
        """Visit what a call calls."""
        evaluator, frame, line = self.evaluator, self.frame, site.statement.line
        match value:
            case Callable(function):
                self.leads_to(evaluator.bind(value, site.call, frame), line)
                for decorator in function.decorators:
                    for wrapper in evaluator.evaluate(decorator, Frame(function.module)):
                        if isinstance(wrapper, Callable):
                            self.visit_all(wrapper, line)
            case Type():
                for made in evaluator.result(value, site.call, frame):
                    if isinstance(made, Instance):
                        if made.frame is not None and made.frame.function is not None:
                            self.leads_to(made.frame, line)
                        self.hooks(made, line, ("__new__", "__post_init__"))
            case Instance():
                for method in evaluator.called_method(value):
                    self.called(method, site)
            case Partial(target, named, args):
                if isinstance(target, Callable):
                    inner = evaluator.bind(target, site.call, frame, args, named)
                    self.leads_to(inner, line)
                elif not isinstance(target, Partial):
                    self.called(target, site)
            case Library(_, receiver):
                if isinstance(receiver, Instance):
                    self.hooks(receiver, line, called_of(receiver, (value.name,), self.evaluator))
                if value.name in MAKING:
                    self.instantiating(site)
                self.handed(site)

    def instantiating(self, site: Site) -> None:
        """Visit what ``instantiate(cfg.model)`` makes, by what the configs name."""
        handed = without_config(site.call)
        for target in self.evaluator.instantiated(site.call, self.frame):
            self.called(target, site._replace(call=handed))
        nothing = Call(site.call.func, (), ())
        for target in self.evaluator.instantiated(site.call, self.frame, within=True):
            self.called(target, site._replace(call=nothing))

    def handed(self, site: Site) -> None:
        """Visit the project's functions and objects that a library is handed: it calls them.

        Python's own functions, such as ``len`` and ``isinstance``, call special methods alone; a
        wrapper (``jax.jit``) gives back the function, which runs when that is called.
        """
        wrapped = wrapped_in(site.call) if any(map(WRAPPERS.matches, site.names)) else None
        is_python = bool(site.names) and all(each.startswith(PYTHON) for each in site.names)
        is_kept = is_python and last_name(site.call) in KEEPING_IN
        arguments: list[Expression] = [*site.call.args, *(value for _, value in site.call.keywords)]
        if not arguments and not COMMANDS.isdisjoint(site.names):
            arguments += map(Name, self.frame.module.table)
        if not arguments and not MAINS.isdisjoint(site.names):
            arguments.append(Name("main"))
        while arguments:
            argument = arguments.pop()
            match argument:
                case Star(inside):
                    arguments.append(inside)
                case Sequence(_, items):
                    arguments += items
                case Mapping(pairs):
                    arguments += [value for _, value in pairs]
                case Constant() | Template() | Operation() | Compare():
                    continue
                case _:
                    for value in self.evaluator.evaluate(argument, self.frame):
                        if isinstance(value, Callable | Partial):
                            if argument is not wrapped:
                                self.visit_all(value, site.statement.line)
                        elif isinstance(value, Instance):
                            names = called_of(value, site.names, self.evaluator)
                            self.hooks(value, site.statement.line, names, special=is_python)
                            if is_kept:
                                self.hooks(
                                    value, site.statement.line, told_of(value, self.evaluator)
                                )
                        elif isinstance(value, Type) and not MAKERS.isdisjoint(site.names):
                            self.called(value, site._replace(call=Call(argument, (), ())))
                        elif isinstance(value, Type) and not is_python:
                            self.made(value, site)

    def made(self, value: Type, site: Site) -> None:
        """Visit what a library may call of a class that it is handed: it makes an instance."""
        nothing = Call(Name(value.symbol.name), (), ())
        for instance in self.evaluator.result(value, nothing, self.frame):
            if isinstance(instance, Instance):
                if instance.frame is not None and instance.frame.function is not None:
                    self.leads_to(instance.frame, site.statement.line)
                self.hooks(instance, site.statement.line)

    def visit_all(self, value: Value, line: int) -> None:
        """Visit a function of whose arguments nothing more is known."""
        if isinstance(value, Partial) and isinstance(value.target, Callable):
            call = Call(Name("partial"), (), ())
            bound = self.evaluator.bind(value.target, call, self.frame, value.args, value.keywords)
            self.leads_to(bound, line)
        elif isinstance(value, Partial):  # of a library's function, which is handed the project's
            for values in (*value.args, *(values for _, values in value.keywords)):
                for each in values:
                    if isinstance(each, Callable | Partial):
                        self.visit_all(each, line)
        elif isinstance(value, Callable):
            function = value.function
            bindings: tuple[tuple[str, Values], ...] = ()
            if value.receiver is not None and function.parameters:
                bindings = ((function.parameters[0].name, (value.receiver,)),)
            frame = Frame(function.module, function, bindings, value.frame, 1)
            self.leads_to(frame, line)
            for inner in self.nested(function, frame):
                self.leads_to(inner, line)

    def nested(self, function: FunctionSymbol, frame: Frame) -> Iterator[Frame]:
        """Yield the frames of the functions that a decorator or factory returns."""
        for expression in function.returns if function.makes_functions else ():
            for value in self.evaluator.evaluate(expression, frame):
                if isinstance(value, Callable) and value.function.outer is function:
                    yield Frame(value.function.module, value.function, (), frame, 1)

    def hooks(
        self,
        instance: Instance,
        line: int,
        names: Collection[str] | None = None,
        special: bool = False,
    ) -> None:
        """Visit the methods of an instance that a library may call: all, where none are named."""
        for symbol in self.evaluator.ancestry(instance.symbol):
            if isinstance(symbol, Library):
                continue
            for name, method in symbol.methods.items():
                if special and not name.startswith("__"):
                    continue
                if name in names if names is not None else name != "__init__":
                    self.visit_all(Callable(method, instance), line)
