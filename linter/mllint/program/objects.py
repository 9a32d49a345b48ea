"""Which object an expression gives: where it was made, in which call of which function.

The evaluator knows what kind of thing a name stands for; here two data sets of the same class are
two objects, and one that is handed through functions, attributes and modules stays the same one.
Bindings are followed in the order of statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ..facts.expressions import (
    Attribute,
    Call,
    Conditional,
    Constant,
    Expression,
    Mapping,
    Name,
    Sequence,
    Subscript,
    Wait,
    Walrus,
    dotted,
)
from ..facts.statements import Assign, Import, Statement, Update
from .conditions import returns
from .members import FLUENT
from .scenes import Play, Scene
from .symbols import ClassSymbol, Definition, FunctionSymbol
from .values import Callable, Frame, Instance, Library, Package, Type

MAX_THINGS = 8
MAX_LEVEL = 60

# Calls that give back what they are handed: one thing, or several in order.
PASSING = frozenset({"tqdm", "track", "iter", "notebook_tqdm", "prepare", "setup_dataloaders"})
PASSING_ALL = frozenset({"prepare", "setup_dataloaders"})
Path: TypeAlias = tuple[int | str | None, ...]


@dataclass(frozen=True, eq=False)
class Thing:
    """An object, by the expression that makes it.

    Attributes:
        expression: A call, as a rule.
        statement: That it stands in.
        scene: In which call of which function.
        path: Which item of it, of which item …: numbers, texts, or ``.name`` for attributes.
        names: The library names of what is called.
    """

    expression: Expression
    statement: Statement | None
    scene: Scene
    path: Path = ()
    names: tuple[str, ...] = ()

    @property
    def call(self) -> Call | None:
        """The call that makes it, if a call does."""
        return self.expression if isinstance(self.expression, Call) else None

    @property
    def origin(self) -> tuple[int, int]:
        """What all items of one thing have in common."""
        return id(self.expression), id(self.scene)

    @property
    def line(self) -> int:
        """Where it is made."""
        return self.statement.line if self.statement else 0


Things: TypeAlias = tuple[Thing, ...]


@dataclass(eq=False)
class Objects:
    """The objects of one program."""

    play: Play
    known: dict[tuple[object, ...], Thing] = field(default_factory=dict)
    done: dict[tuple[object, ...], tuple[Things, Expression]] = field(default_factory=dict)
    active: set[tuple[object, ...]] = field(default_factory=set)

    def things(
        self, expression: Expression | None, scene: Scene, at: Statement | None, path: Path = ()
    ) -> Things:
        """Return the objects that an expression may give.

        Args:
            expression: The expression.
            scene: Where it is evaluated.
            at: In which statement; None is the end of the scope.
            path: Which item of it is asked for.
        """
        if expression is None:
            return ()
        key = (id(expression), id(scene), id(at), path)
        if key in self.done:
            return self.done[key][0]
        if key in self.active or len(self.active) > MAX_LEVEL:
            if key not in self.active:
                self.play.limits.meet("nesting", scene.owner)
            return ()
        self.active.add(key)
        try:
            found = tuple(dict.fromkeys(self._things(expression, scene, at, path)))[:MAX_THINGS]
        finally:
            self.active.discard(key)
        if not self.active or found:
            self.done[key] = found, expression
        return found

    def only(
        self, expression: Expression | None, scene: Scene, at: Statement | None
    ) -> Thing | None:
        """Return the object that an expression gives, if it can be one only."""
        found = self.things(expression, scene, at)
        return found[0] if len(found) == 1 else None

    def argument(self, thing: Thing, name: str, position: int | None = None) -> Things:
        """Return what a thing was made with."""
        call = thing.call
        if call is None:
            return ()
        return self.things(call.argument(name, position), thing.scene, thing.statement)

    def receiver(self, thing: Thing) -> Things:
        """Return the object whose method makes a thing."""
        match thing.expression:
            case Call(Attribute(value)):
                return self.things(value, thing.scene, thing.statement)
        return ()

    def made(self, expression: Expression, scene: Scene, at: Statement | None, path: Path) -> Thing:
        """Return the object that an expression makes; always the same one."""
        key = (id(expression), id(scene), path)
        found = self.known.get(key)
        if found is None:
            names: tuple[str, ...] = ()
            if isinstance(expression, Call):
                values = self.play.program.evaluator.evaluate(expression.func, scene.frame)
                names = tuple(each.name for each in values if isinstance(each, Library))
                names += tuple(each.symbol.name for each in values if isinstance(each, Type))
            found = self.known[key] = Thing(expression, at, scene, path, names)
        return found

    def _things(
        self, expression: Expression, scene: Scene, at: Statement | None, path: Path
    ) -> Iterator[Thing]:
        match expression:
            case Name(name):
                yield from self.named(expression, name, scene, at, path)
            case Attribute(value, attr):
                yield from self.attribute(expression, value, attr, scene, at, path)
            case Conditional(_, body, orelse):
                yield from self.things(body, scene, at, path)
                yield from self.things(orelse, scene, at, path)
            case Walrus(_, value) | Wait("await", value):
                yield from self.things(value, scene, at, path)
            case Subscript(value, Constant(int() | str() as key)):
                yield from self.things(value, scene, at, (key, *path))
            case Sequence(_, items) if path:
                first, rest = path[0], path[1:]
                chosen = items if first is None else ()
                if isinstance(first, int) and -len(items) <= first < len(items):
                    chosen = (items[first],)
                for each in chosen:
                    yield from self.things(each, scene, at, rest)
            case Mapping(pairs) if path:
                for written, entry in pairs:
                    known = isinstance(written, Constant) and written.value == path[0]
                    if path[0] is None or known:
                        yield from self.things(entry, scene, at, path[1:])
            case Call():
                yield from self.called(expression, scene, at, path)
            case _:
                yield self.made(expression, scene, at, path)

    def called(self, call: Call, scene: Scene, at: Statement | None, path: Path) -> Iterator[Thing]:
        """Yield what a call gives: what a function of the project returns, or a new object."""
        last = call.func[-1] if isinstance(call.func, Name | Attribute) else ""
        if last in PASSING and call.args:
            if last in PASSING_ALL and len(call.args) > 1:
                if path and isinstance(path[0], int) and path[0] < len(call.args):
                    yield from self.things(call.args[path[0]], scene, at, path[1:])
                return
            yield from self.things(call.args[0], scene, at, path)
            return
        if last in FLUENT and isinstance(call.func, Attribute) and last != "apply":
            yield from self.things(call.func.value, scene, at, path)
            return
        values = self.play.program.evaluator.evaluate(call.func, scene.frame)
        functions = [each for each in values if isinstance(each, Callable)]
        if not functions:
            yield self.made(call, scene, at, path)
            return
        for child in scene.children.get(id(call), ()):
            if child.frame.function is not None:
                yield from self.returned(child, child.frame.function, path)

    def returned(self, scene: Scene, function: FunctionSymbol, path: Path) -> Iterator[Thing]:
        """Yield what a function returns."""
        for statement in returns(function.body, scene, self.play.program.evaluator):
            if statement.value is not None:
                yield from self.things(statement.value, scene, statement, path)

    def named(
        self, expression: Expression, name: str, scene: Scene, at: Statement | None, path: Path
    ) -> Iterator[Thing]:
        """Yield what a name stands for."""
        function = scene.frame.function
        if function is None:
            yield from self.seen(name, scene, at, path, expression)
            return
        parameters = {each.name: each for each in function.parameters}
        if name in function.table:
            reaching = self.play.ordering(scene).reaching(function.table[name], at)
            for each in reaching.definitions:
                yield from self.defined(each, scene, path)
            if reaching.is_complete or name not in parameters:
                return
        if name in parameters:
            handed = scene.argument(name)
            if handed is not None and scene.caller is not None and scene.site is not None:
                yield from self.things(handed, scene.caller, scene.site.statement, path)
            elif parameters[name].default not in (None, Constant(None)):
                default = parameters[name].default
                yield from self.things(default, self.outside(scene), None, path)
            elif scene.site is None or scene.site.call.is_open:
                yield self.parameter(name, scene, path)
            return
        if function.outer is not None:
            around = self.play.detached(
                scene.frame.closure or Frame(function.module, function.outer)
            )
            if name in around.table or any(each.name == name for each in function.outer.parameters):
                yield from self.named(expression, name, around, None, path)
                return
        top = self.outside(scene)
        yield from self.seen(name, top, self.moment(scene, top), path, expression)

    def parameter(self, name: str, scene: Scene, path: Path) -> Thing:
        """Return what a name stands for of which the value is not known: it is one thing."""
        key = (name, id(scene), path)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Thing(Name(name), None, scene, path)
        return found

    def outside(self, scene: Scene) -> Scene:
        """Return the top level of a scene's module."""
        return self.play.module_scene(scene.module)

    @staticmethod
    def moment(scene: Scene, top: Scene) -> Statement | None:
        """Return the statement of a module's top level during which a scene is played."""
        for each in scene.chain():
            if each.caller is top and each.site is not None:
                return each.site.statement
        return None

    def seen(
        self, name: str, scene: Scene, at: Statement | None, path: Path, expression: Expression
    ) -> Iterator[Thing]:
        """Yield what a global name stands for."""
        entries = scene.module.table.get(name)
        if not entries:
            found = [
                thing
                for definition in scene.module.table.get("*", ())
                for thing in self.imported(definition, name, scene, path)
            ]
            yield from found or [self.parameter(name, scene, path)]
            return
        inside = self.play.ordering(scene).places
        here = [each for each in entries if id(each.statement) in inside]
        elsewhere = [each for each in entries if id(each.statement) not in inside]
        reaching = self.play.ordering(scene).reaching(here, at)
        for each in reaching.definitions:
            if each.kind == "import":
                yield from self.imported(each, name, scene, path)
            else:
                yield from self.defined(each, scene, path)
        if elsewhere:  # a function declares it global
            yield self.made(expression, scene, None, path)

    def imported(
        self, definition: Definition, name: str, scene: Scene, path: Path
    ) -> Iterator[Thing]:
        """Yield what an import brings from another module of the project."""
        statement = definition.statement
        if not isinstance(statement, Import) or statement.module is None:
            return
        wanted = name
        if isinstance(definition.value, Name) and definition.value.id != "*":
            wanted = definition.value.id
        for source in self.play.program.evaluator.imported_module(statement, scene.module):
            if isinstance(source, Package) and wanted in source.module.table:
                there = self.play.module_scene(source.module)
                yield from self.seen(wanted, there, None, path, Name(wanted))

    def defined(self, entry: Definition, scene: Scene, path: Path) -> Iterator[Thing]:
        """Yield what one definition gives."""
        statement, value = entry.statement, entry.value
        if isinstance(statement, Update) and value is not None:
            yield self.made(value, scene, statement, path)
            return
        match entry.kind:
            case "value" | "context":
                yield from self.things(value, scene, statement, path)
            case "item":
                yield from self.items(value, scene, statement, (*entry.path, *path))

    def items(
        self, value: Expression | None, scene: Scene, at: Statement, path: Path
    ) -> Iterator[Thing]:
        """Yield an item of something, through ``enumerate`` and ``zip``."""
        match value, path:
            case Call(Name("enumerate"), (inside, *_)), (None, 1, *rest):
                yield from self.items(inside, scene, at, (None, *rest))
            case Call(Name("zip"), args), (None, int(position), *rest) if position < len(args):
                yield from self.items(args[position], scene, at, (None, *rest))
            case _:
                yield from self.things(value, scene, at, path)

    def attribute(
        self, expression: Expression, value: Expression, attr: str, scene: Scene,
        at: Statement | None, path: Path,
    ) -> Iterator[Thing]:  # fmt: skip
        """Yield what an attribute stands for: of the project's instances, of modules, of things."""
        function = scene.frame.function
        if isinstance(value, Name):
            entries = scene.table.get(f"{value.id}.{attr}", ())
            reaching = self.play.ordering(scene).reaching(entries, at)
            for definition in reaching.definitions:
                yield from self.defined(definition, scene, path)
            if reaching.is_complete:
                return
        known = False
        for each in self.play.program.evaluator.evaluate(value, scene.frame):
            if isinstance(each, Package):
                known = True
                there = self.play.module_scene(each.module)
                yield from self.seen(attr, there, None, path, expression)
            elif isinstance(each, Instance):
                known = True
                yield from self.member(each, attr, function, path)
        if not known:
            yield from self.things(value, scene, at, (f".{attr}", *path))

    def member(
        self, instance: Instance, attr: str, within: FunctionSymbol | None, path: Path
    ) -> Iterator[Thing]:
        """Yield what the methods of an instance's class assign to one of its attributes."""
        evaluator = self.play.program.evaluator
        for owner in evaluator.ancestry(instance.symbol):
            if not isinstance(owner, ClassSymbol):
                return
            entries = owner.attributes.get(attr, ())
            for method, definition in entries:
                if method is within:
                    continue
                scene = self.scene_of(method, instance)
                ordering = self.play.ordering(scene)
                same = [each for other, each in entries if other is method]
                if definition in ordering.reaching(same, None).definitions:
                    yield from self.defined(definition, scene, path)
            if entries:
                return
            top = self.play.module_scene(owner.module)
            shared = [e for e in owner.table.get(attr, ()) if isinstance(e.statement, Assign)]
            if shared:
                yield from self.defined(shared[-1], top, path)
                return

    def scene_of(self, method: FunctionSymbol, instance: Instance) -> Scene:
        """Return the scene in which a method of an instance is played."""
        evaluator = self.play.program.evaluator
        for scene in self.play.scenes:
            function = scene.frame.function
            if function is not method:
                continue
            if scene.frame == instance.frame:
                return scene
            bound = scene.frame.bound(method.parameters[0].name) or ()
            if instance in bound:
                return scene
        return self.play.detached(evaluator.frame_of_method(method, instance))


def label(thing: Thing) -> str:
    """Return what the code calls a thing: the name that it is bound to, or else its expression."""
    statement = thing.statement
    if isinstance(statement, Assign):
        for target in statement.targets:
            inner: Expression = target
            for step in thing.path:
                if (
                    isinstance(inner, Sequence)
                    and isinstance(step, int)
                    and step < len(inner.items)
                ):
                    inner = inner.items[step]
            if dotted(inner):
                return dotted(inner)
    match thing.expression:
        case Call(func):
            return f"{dotted(func)}(…)"
        case Subscript(value):
            return f"{dotted(value)}[…]"
    return dotted(thing.expression) or "the data"
