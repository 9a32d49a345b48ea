"""What a program carries out: the calls that can be reached from where it begins.

A function is visited once for each thing that it may be handed (up to a limit), so that a call
within it is known by what it really calls. Every visit keeps who called it first, which gives the
path to a call as evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ..facts.expressions import Call, Expression, Name, Star, subexpressions
from ..facts.outline import is_main_test, is_type_checking
from ..facts.statements import (
    BODIES,
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
from .evaluation import Evaluator
from .symbols import FunctionSymbol, Module, class_symbol
from .values import Callable, Frame, Instance, Library, Package, Partial, Type, Value, Values

Around: TypeAlias = "tuple[Statement | Handler, ...]"

MAX_CONTEXTS = 6  # of one function; further calls share one in which nothing is known
MAX_VISITS = 20_000


class Step(NamedTuple):
    """One link of a path: a line in a module, from which the next is reached."""

    module: Module
    line: int
    what: str


@dataclass(eq=False)
class Visit:
    """A function, or a module's top level, in one context.

    Attributes:
        frame: What it was handed.
        caller: Who reached it first; None for the entry point.
        line: Where, in the caller.
        is_main: For a module: whether it is run rather than imported.
    """

    frame: Frame
    caller: Visit | None
    line: int
    is_main: bool = False

    @property
    def body(self) -> Body:
        """What is carried out."""
        return self.frame.function.body if self.frame.function else self.frame.module.body


class Site(NamedTuple):
    """One call, in one context.

    Attributes:
        call: The call.
        statement: That it stands in.
        visit: Who carries it out.
        around: The statements around it in the same function, outermost first.
        values: What is called.
    """

    call: Call
    statement: Statement
    visit: Visit
    around: Around
    values: tuple[Value, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The library names of what is called."""
        return tuple(value.name for value in self.values if isinstance(value, Library))

    @property
    def module(self) -> Module:
        """Where it stands."""
        return self.visit.frame.module

    @property
    def loops(self) -> tuple[Statement | Handler, ...]:
        """The loops around it in the same function."""
        return tuple(each for each in self.around if isinstance(each, For | While))


@dataclass(eq=False)
class Reach:
    """All that is reached from one entry point.

    Attributes:
        sites: The calls, in the order in which they were met.
        visits: The functions and modules.
        unknown: Calls of which it is not known what they call.
    """

    sites: list[Site] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    unknown: list[Site] = field(default_factory=list)

    def path(self, visit: Visit) -> list[Step]:
        """Return how a function is reached, beginning at the entry point."""
        steps: list[Step] = []
        current: Visit | None = visit
        while current is not None:
            function = current.frame.function
            what = function.name if function else current.frame.module.name
            caller = current.caller
            if caller is not None:
                steps.append(Step(caller.frame.module, current.line, what))
            current = caller
        return steps[::-1]

    def calls(self, *names: str) -> Iterator[Site]:
        """Yield the calls of any of these library names."""
        wanted = frozenset(names)
        for site in self.sites:
            if not wanted.isdisjoint(site.names):
                yield site


class Traversal:
    """One walk from an entry point."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.reach = Reach()
        self.seen: dict[tuple[Module, FunctionSymbol | None], set[Frame]] = {}
        self.waiting: deque[Visit] = deque()

    def run(self, *starts: Visit) -> Reach:
        """Return what is reached."""
        for start in starts:
            self.add(start)
        while self.waiting and len(self.reach.visits) < MAX_VISITS:
            visit = self.waiting.popleft()
            self.reach.visits.append(visit)
            self.statements(visit.body, visit, ())
        return self.reach

    def add(self, visit: Visit) -> None:
        """Visit a function in a context, unless that has been done."""
        frame = visit.frame
        contexts = self.seen.setdefault((frame.module, frame.function), set())
        if frame in contexts:
            return
        if len(contexts) >= MAX_CONTEXTS:
            frame = Frame(frame.module, frame.function, frame.bindings[:1], frame.closure, 1)
            if frame in contexts or len(contexts) > 2 * MAX_CONTEXTS:
                return
            visit = Visit(frame, visit.caller, visit.line)
        contexts.add(frame)
        self.waiting.append(visit)

    def statements(self, body: Body, visit: Visit, around: Around) -> None:
        """Carry out the statements of a block."""
        for statement in body:
            match statement:
                case Import():
                    self.importing(statement, visit)
                    continue
                case Function(_, _, parameters, _, decorators):
                    # The defaults and decorators are evaluated now, the body when it is called.
                    defaults = tuple(each.default for each in parameters)
                    self.expressions((decorators, defaults), statement, visit, around)
                    continue
                case Class(_, _, bases, keywords, decorators, inside):
                    self.expressions((bases, keywords, decorators), statement, visit, around)
                    class_symbol(visit.frame.module, statement, visit.frame.function)
                    self.statements(inside, visit, around)
                    continue
                case If(_, test, _, orelse) if is_type_checking(test) or (
                    is_main_test(test) and not visit.is_main
                ):
                    self.statements(orelse, visit, around)
                    continue
                case With():
                    self.entering(statement, visit)
            self.expressions(header(statement), statement, visit, around)
            inner = (*around, statement)
            for name in BODIES.get(type(statement), ()):
                self.statements(getattr(statement, name), visit, inner)

    def importing(self, statement: Import, visit: Visit) -> None:
        """Carry out what the top level of an imported module does."""
        evaluator, module = self.evaluator, visit.frame.module
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
                self.add(Visit(Frame(value.module), visit, statement.line))

    def entering(self, statement: With, visit: Visit) -> None:
        """Carry out ``__enter__`` and ``__exit__`` of the project's own contexts."""
        for context, _ in statement.items:
            for value in self.evaluator.evaluate(context, visit.frame):
                if isinstance(value, Instance):
                    self.hooks(value, statement.line, visit, ("__enter__", "__exit__"))

    def expressions(
        self, parts: object, statement: Statement, visit: Visit, around: Around
    ) -> None:
        """Carry out the calls in some expressions."""
        for part in subexpressions(parts):
            if type(part) is Call:
                values = self.evaluator.evaluate(part.func, visit.frame)
                site = Site(part, statement, visit, around, values)
                self.reach.sites.append(site)
                if not values:
                    self.reach.unknown.append(site)
                for value in values:
                    self.called(value, site)

    def called(self, value: Value, site: Site) -> None:
        """Visit what a call calls."""
        evaluator, frame, line = self.evaluator, site.visit.frame, site.statement.line
        match value:
            case Callable(function):
                self.add(Visit(evaluator.bind(value, site.call, frame), site.visit, line))
                for decorator in function.decorators:
                    for wrapper in evaluator.evaluate(decorator, Frame(function.module)):
                        if isinstance(wrapper, Callable):
                            self.visit_all(wrapper, line, site.visit)
            case Type():
                for made in evaluator.result(value, site.call, frame):
                    if isinstance(made, Instance) and made.frame is not None:
                        self.add(Visit(made.frame, site.visit, line))
                        self.hooks(made, line, site.visit, ("__post_init__",))
            case Instance():
                for method in evaluator.called_method(value):
                    self.called(method, site)
            case Partial(target, named, args):
                if isinstance(target, Callable):
                    inner = evaluator.bind(target, site.call, frame, args, named)
                    self.add(Visit(inner, site.visit, line))
                elif not isinstance(target, Partial):
                    self.called(target, site)
            case Library(_, receiver):
                if isinstance(receiver, Instance):
                    self.hooks(receiver, line, site.visit)
                self.handed(site)

    def handed(self, site: Site) -> None:
        """Visit the project's functions and objects that a library is handed: it calls them."""
        arguments: list[Expression] = [*site.call.args, *(value for _, value in site.call.keywords)]
        for argument in arguments:
            inside = argument.value if isinstance(argument, Star) else argument
            for part in subexpressions(inside):
                if type(part) is Call and part is not inside:
                    continue
                for value in self.evaluator.evaluate(part, site.visit.frame):
                    if isinstance(value, Callable | Partial):
                        self.visit_all(value, site.statement.line, site.visit)
                    elif isinstance(value, Instance):
                        self.hooks(value, site.statement.line, site.visit)

    def visit_all(self, value: Value, line: int, visit: Visit) -> None:
        """Visit a function of whose arguments nothing more is known."""
        if isinstance(value, Partial) and isinstance(value.target, Callable):
            call = Call(Name("partial"), (), ())
            bound = self.evaluator.bind(value.target, call, visit.frame, value.args, value.keywords)
            self.add(Visit(bound, visit, line))
        elif isinstance(value, Callable):
            function = value.function
            bindings: tuple[tuple[str, Values], ...] = ()
            if value.receiver is not None and function.parameters:
                bindings = ((function.parameters[0].name, (value.receiver,)),)
            frame = Frame(function.module, function, bindings, value.frame, 1)
            self.add(Visit(frame, visit, line))
            for inner in self.nested(function, frame):
                self.add(Visit(inner, visit, line))

    def nested(self, function: FunctionSymbol, frame: Frame) -> Iterator[Frame]:
        """Yield the frames of the functions that a decorator or factory returns."""
        for expression in function.returns:
            for value in self.evaluator.evaluate(expression, frame):
                if isinstance(value, Callable) and value.function.outer is function:
                    yield Frame(value.function.module, value.function, (), frame, 1)

    def hooks(
        self, instance: Instance, line: int, visit: Visit, names: tuple[str, ...] | None = None
    ) -> None:
        """Visit the methods of an instance that a library may call: all, where none are named."""
        for symbol in self.evaluator.ancestry(instance.symbol):
            if isinstance(symbol, Library):
                continue
            for name, method in symbol.methods.items():
                if name in names if names is not None else name != "__init__":
                    self.visit_all(Callable(method, instance), line, visit)
