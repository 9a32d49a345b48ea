"""What a program carries out, as a tree of calls.

`reach` visits a function once for what it may be handed. Where it matters which object is handed
(this loader or that one), each call is a scene of its own here, and knows by whom it was called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..facts.expressions import Call, Expression, Star
from ..facts.statements import Body, Class, Function, Statement, walk
from .activity import Activity, Site
from .entries import Entry
from .ordering import Ordering
from .program import Program
from .symbols import FunctionSymbol, Module, Owner, Table, class_symbol, function_symbol
from .values import Callable, Frame, Instance, Library, Partial, Type, Value

MAX_SCENES = 500
MAX_DEPTH = 12


@dataclass(eq=False)
class Scene:
    """One call of a function, or a module's top level.

    Attributes:
        frame: The function, with what is known of what it was handed.
        caller: In which scene it was called; None for where the program begins, and imports.
        site: The call; None if a library makes it.
        activity: The calls that it carries out.
        children: The scenes that its calls lead to, by the call's id.
    """

    frame: Frame
    caller: Scene | None
    site: Site | None
    activity: Activity
    children: dict[int, list[Scene]] = field(default_factory=dict)

    @property
    def body(self) -> Body:
        """Its statements."""
        return self.frame.function.body if self.frame.function else self.frame.module.body

    @property
    def table(self) -> Table:
        """What its names are bound to."""
        return self.frame.function.table if self.frame.function else self.frame.module.table

    @property
    def module(self) -> Module:
        """Where it stands."""
        return self.frame.module

    @property
    def owner(self) -> Owner:
        """Whose statements it carries out."""
        return self.frame.function or self.frame.module

    def chain(self) -> Iterator[Scene]:
        """Yield it and those that led to it, innermost first."""
        scene: Scene | None = self
        while scene is not None:
            yield scene
            scene = scene.caller

    def below(self, call: Call) -> Iterator[Scene]:
        """Yield the scenes that one of its calls leads to, theirs included."""
        for child in self.children.get(id(call), ()):
            yield from child.tree()

    def tree(self) -> Iterator[Scene]:
        """Yield it and all scenes that it leads to."""
        yield self
        for children in self.children.values():
            for child in children:
                yield from child.tree()

    def argument(self, name: str) -> Expression | None:
        """Return what the caller handed for a parameter, an expression in the caller's scene."""
        function = self.frame.function
        if function is None or self.site is None:
            return None
        call = self.site.call
        handed = call.keyword(name)
        if handed is not None:
            return handed
        names = [each.name for each in function.parameters if each.kind in ("", "/")]
        is_bound = function.owner is not None and not function.is_static
        position = names.index(name) - is_bound if name in names else -1
        if position < 0 or any(isinstance(each, Star) for each in call.args[: position + 1]):
            return None
        return call.args[position] if position < len(call.args) else None


class Play:
    """The scenes of one program.

    Attributes:
        scenes: In the order in which they begin.
    """

    def __init__(self, program: Program, entry: Entry) -> None:
        self.program = program
        self.scenes: list[Scene] = []
        self.modules: dict[Module, Scene] = {}
        self.orderings: dict[int, Ordering] = {}
        self.limits = program.evaluator.limits
        starts = [Frame(entry.module)] + ([entry.frame()] if entry.function else [])
        for frame in starts:
            self._open(frame, None, None, entry.kind != "console")

    def _open(self, frame: Frame, caller: Scene | None, site: Site | None, is_main: bool) -> Scene:
        activity = self.program.explorer.activity(frame, is_main and frame.function is None)
        scene = Scene(frame, caller, site, activity)
        self.scenes.append(scene)
        if frame.function is None:
            self.modules[frame.module] = scene
        if len(self.scenes) < MAX_SCENES and sum(1 for _ in scene.chain()) < MAX_DEPTH:
            self._follow(scene)
        elif activity.leads_to:
            self.limits.meet("scenes", scene.owner)
        return scene

    def _follow(self, scene: Scene) -> None:
        """Open the scenes that one leads to."""
        seen: set[Frame] = set()
        running = {each.frame.function for each in scene.chain()}
        for site in scene.activity.sites:
            for value in site.values:
                for frame in self._frames(value, site):
                    seen.add(frame)
                    if self._is_layer(frame, scene):
                        continue
                    if frame.function not in running and len(self.scenes) < MAX_SCENES:
                        child = self._open(frame, scene, site, False)
                        scene.children.setdefault(id(site.call), []).append(child)
        for frame in scene.activity.leads_to:
            if frame.function is None:
                self.module_scene(frame.module)
            elif frame in seen or frame.function in running or self._is_layer(frame, scene):
                continue
            elif len(self.scenes) < MAX_SCENES:  # handed to a library, which calls it
                scene.children.setdefault(0, []).append(self._open(frame, scene, None, False))

    def _is_layer(self, frame: Frame, scene: Scene) -> bool:
        """Tell whether a network calls another, its layer: there are many, and none sees data."""
        return self.is_of_network(frame) and self.is_of_network(scene.frame)

    def is_of_network(self, frame: Frame) -> bool:
        """Tell whether a function is a network's method."""
        owner = frame.function.owner if frame.function else None
        return owner is not None and any(
            isinstance(each, Library) and each.name.startswith("torch.nn.")
            for each in self.program.evaluator.ancestry(owner)
        )

    def _frames(self, value: Value, site: Site) -> Iterator[Frame]:
        """Yield the frames that a call leads to."""
        evaluator = self.program.evaluator
        match value:
            case Callable():
                yield evaluator.bind(value, site.call, site.frame)
            case Type():
                for made in evaluator.result(value, site.call, site.frame):
                    if isinstance(made, Instance) and made.frame and made.frame.function:
                        yield made.frame
            case Instance():
                for method in evaluator.called_method(value):
                    if isinstance(method, Callable):
                        yield evaluator.bind(method, site.call, site.frame)
            case Partial(Callable() as target, named, args):
                yield evaluator.bind(target, site.call, site.frame, args, named)

    def module_scene(self, module: Module) -> Scene:
        """Return the scene of a module's top level; always the same one."""
        found = self.modules.get(module)
        return found or self._open(Frame(module), None, None, False)

    def open_all(self, module: Module) -> None:
        """Play each function of a module that nothing has called, by whom is not known."""
        played = {scene.frame.function for scene in self.scenes}
        functions: list[FunctionSymbol] = []
        for statement in walk(module.body):
            if isinstance(statement, Function):
                functions.append(function_symbol(module, statement, None, None))
            elif isinstance(statement, Class):
                functions += class_symbol(module, statement, None).methods.values()
        for function in functions:
            if function not in played:
                self._open(Frame(module, function), None, None, False)

    def detached(self, frame: Frame) -> Scene:
        """Return a scene for a function of which it is not known who calls it."""
        known = next((each for each in self.scenes if each.frame == frame), None)
        if known is not None:
            return known
        return Scene(frame, None, None, self.program.explorer.activity(frame, False))

    def ordering(self, scene: Scene) -> Ordering:
        """Return the order of a scene's statements."""
        body = scene.body
        found = self.orderings.get(id(body))
        if found is None:
            found = self.orderings[id(body)] = Ordering(body)
        return found

    def together(self, one: tuple[Scene, Statement], other: tuple[Scene, Statement]) -> bool:
        """Tell whether two statements can be carried out in one run: in no exclusive branches."""
        where = {id(scene): at for scene, at in self._places(*one)}
        return not any(
            id(scene) in where
            and where[id(scene)] is not at
            and self.ordering(scene).exclude(where[id(scene)], at)
            for scene, at in self._places(*other)
        )

    @staticmethod
    def _places(scene: Scene, statement: Statement) -> Iterator[tuple[Scene, Statement]]:
        yield scene, statement
        while scene.caller is not None and scene.site is not None:
            statement = scene.site.statement
            scene = scene.caller
            yield scene, statement
