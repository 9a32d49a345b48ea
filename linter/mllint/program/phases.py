"""What a program does with its data: loops that train on them, and loops that score a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from ..facts.expressions import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Name,
    subexpressions,
)
from ..facts.statements import Body, For, If, Return, Statement, With, header, walk
from .activity import Site
from .conditions import truth
from .entries import Entry
from .objects import Objects, Thing, Things
from .program import Program
from .scenes import Play, Scene
from .steps import meant
from .symbols import ClassSymbol
from .values import Instance, Library

GRADIENTLESS = frozenset({"torch.no_grad()", "torch.inference_mode()", "torch.no_grad"})
METHODS = {
    "train_dataloader": "train",
    "val_dataloader": "validate",
    "test_dataloader": "test",
}  # of Lightning's modules


def phases_of(program: Program, entry: Entry) -> Phases:
    """Return the loops of one of a program's entry points; found once."""
    found = program.phases.get(entry)
    if found is None:
        found = program.phases[entry] = Phases(program, entry)
    return found


class Use(NamedTuple):
    """What data are used for.

    Attributes:
        purpose: ``train``; ``score`` in a loop by hand; ``validate`` or ``test`` by a library;
            ``watch`` where a library validates and nothing can choose by that.
        thing: The loader or data set.
        scene: In which call of which function.
        statement: The loop; the call; or what a loader's method returns.
        handed: To a library: the expression, which says what it is called there.
    """

    purpose: str
    thing: Thing
    scene: Scene
    statement: Statement
    handed: Expression | None = None


@dataclass(eq=False)
class Phases:
    """The loops of one program, and what they are fed."""

    program: Program
    entry: Entry
    play: Play = field(init=False)
    objects: Objects = field(init=False)
    known: dict[int, bool | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.play = Play(self.program, self.entry)
        self.objects = Objects(self.play)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """What the program's data are used for, in the order in which the scenes begin."""
        found: dict[tuple[str, Thing, int], Use] = {}
        for scene in self.play.scenes:
            for use in (*self.loops(scene), *self.feeds(scene), *self.methods(scene)):
                found.setdefault((use.purpose, use.thing, id(use.statement)), use)
        return tuple(found.values())

    def loops(self, scene: Scene) -> Iterator[Use]:
        """Yield what the loops of a scene go over."""
        for statement in walk(scene.body):
            if not isinstance(statement, For):
                continue
            purpose = self.purpose(scene, statement)
            if purpose:
                for thing in self.iterated(statement.iterable, scene, statement):
                    yield Use(purpose, thing, scene, statement)

    def iterated(self, iterable: Expression, scene: Scene, at: Statement) -> Things:
        """Return what a loop goes over."""
        match iterable:
            case Call(Name("range")):
                return ()  # it counts
            case Call(Name("enumerate" | "islice") | Attribute(_, "islice"), (inside, *_)):
                return self.iterated(inside, scene, at)
            case Call(Name("zip"), args):
                return tuple(each for inside in args for each in self.iterated(inside, scene, at))
            case Call(func, (inside, *_)) if func[-1] in ("tqdm", "track", "iter", "trange"):
                return self.iterated(inside, scene, at)
        return self.objects.things(iterable, scene, at)

    def purpose(self, scene: Scene, loop: For) -> str:
        """Return what a loop is for; empty if that is not known."""
        learns = self.learns(self.within(scene, loop), scene)
        if learns:
            return "train"
        if learns is None or not self.is_gradientless(scene, loop):
            return ""
        return "score" if self.scores(self.within(scene, loop), scene, loop) else ""

    def learns(self, sites: Iterable[Site], scene: Scene) -> bool | None:
        """Tell whether some calls change a model: yes, no, or not known."""
        result: bool | None = False
        for site in sites:
            found = self.is_learning(site)
            if not found:
                for below in scene.children.get(id(site.call), ()):
                    inner = self.learning(below)
                    found = found or bool(inner)
                    result = None if inner is None and self.holds(site, scene) else result
            held = found and self.holds(site, scene)
            if held:
                return True
            result = None if held is None else result
        return result

    def learning(self, scene: Scene) -> bool | None:
        """Tell whether a model changes during a scene."""
        if id(scene) not in self.known:
            self.known[id(scene)] = self.learns(scene.activity.sites, scene)
        return self.known[id(scene)]

    @staticmethod
    def within(scene: Scene, loop: Statement) -> Iterator[Site]:
        """Yield the calls in a loop's body."""
        for site in scene.activity.sites:
            if any(each is loop for each in site.around):
                yield site

    def is_learning(self, site: Site) -> bool:
        """Tell whether a call changes a model: a backward pass, or an optimizer's step."""
        knowledge = self.program.knowledge
        func = site.call.func
        return (isinstance(func, Attribute) and func.attr == "backward") or knowledge.means(
            "step", site.names
        )

    def holds(self, site: Site, scene: Scene) -> bool | None:
        """Tell whether a call under conditions is carried out: yes, no, or not known."""
        result: bool | None = True
        blocks = (*site.around, site.statement)
        for outer, inner in pairwise(blocks):
            if not isinstance(outer, If):
                continue
            value = truth(outer.test, scene, self.program.evaluator)
            if value is not None and any(each is inner for each in outer.orelse):
                value = not value
            if value is False:
                return False
            if value is None and depends_on_parameter(outer.test, scene):
                result = None
        return result

    def is_gradientless(self, scene: Scene, loop: For) -> bool:
        """Tell whether a loop runs without gradients, or with the model set to evaluate."""
        inside = tuple(each for each in loop.body if isinstance(each, With))
        if self.switches(scene, (*self.around(scene, loop), *inside)):
            return True
        for inner in scene.chain():
            function = inner.frame.function
            if function is not None:
                for decorator in function.decorators:
                    if self.is_no_grad(decorator, inner):
                        return True
            caller, site = inner.caller, inner.site
            if caller is not None and site is not None and self.switches(caller, site.around):
                return True
        return any(
            isinstance(site.call.func, Attribute)
            and site.call.func.attr == "eval"
            and not site.call.args
            and site.statement.line <= loop.line + 1
            for site in scene.activity.sites
        )

    @staticmethod
    def around(scene: Scene, loop: Statement) -> tuple[object, ...]:
        """Return the statements around a loop, as its calls know them."""
        for site in scene.activity.sites:
            for position, each in enumerate(site.around):
                if each is loop:
                    return site.around[:position]
        return ()

    def switches(self, scene: Scene, around: tuple[object, ...]) -> bool:
        """Tell whether a block around switches gradients off."""
        return any(
            self.is_no_grad(context, scene)
            for each in around
            if isinstance(each, With)
            for context, _ in each.items
        )

    def is_no_grad(self, expression: Expression, scene: Scene) -> bool:
        """Tell whether a context or decorator switches gradients off."""
        values = self.program.evaluator.evaluate(expression, scene.frame)
        if any(isinstance(each, Library) and each.name in GRADIENTLESS for each in values):
            return True
        match expression:
            case Call(Attribute(_, "set_grad_enabled"), (Constant(False),)):
                return True
        return False

    def scores(self, sites: Iterable[Site], scene: Scene, loop: For) -> bool:
        """Tell whether a loop compares what the model gives with what is right."""
        return compares(loop.body) or any(
            self.is_score(site) or self.scoring(site, scene) for site in sites
        )

    def scoring(self, site: Site, scene: Scene) -> bool:
        """Tell whether a call leads to what compares, or to a call that gives a loss or a score."""
        return any(
            any(self.is_score(each) for each in child.activity.sites)
            or (compares(child.body) and not self.play.is_of_network(child.frame))
            for child in scene.children.get(id(site.call), ())
        )

    def is_score(self, site: Site) -> bool:
        """Tell whether a call gives a loss or a score."""
        func = site.call.func
        if isinstance(func, Attribute) and func.attr == "eq":
            return True
        given = [f"{name}()" for name in site.names]
        return self.program.knowledge.means("metric", given)

    def feeds(self, scene: Scene) -> Iterator[Use]:
        """Yield what libraries that run loops by themselves are handed."""
        for site in scene.activity.sites:
            feed = self.program.knowledge.feed(meant(site, self.program.evaluator))
            if feed is None:
                continue
            is_watched = feed.by and not (site.call.is_open or site.call.keyword(feed.by))
            for keyword, (position, known) in feed.arguments.items():
                purpose = "watch" if is_watched and known == "validate" else known
                handed = site.call.argument(keyword, position)
                if handed is not None and not self.is_module(feed.module, handed, scene):
                    for thing in self.objects.things(handed, scene, site.statement):
                        yield Use(purpose, thing, scene, site.statement, handed)

    def is_module(self, name: str, handed: Expression, scene: Scene) -> bool:
        """Tell whether what is handed has all loaders, or may have them for all that is known."""
        if not name:
            return False
        values = self.program.evaluator.evaluate(handed, scene.frame)
        names = [each.name.removesuffix("()") for each in values if isinstance(each, Library)]
        if len(names) == len(values) and not self.program.knowledge.means("loader", names):
            return not any(each.path for each in self.objects.things(handed, scene, None))
        return any(
            isinstance(each, Library) and each.name.endswith(name)
            for value in values
            if isinstance(value, Instance)
            for each in self.program.evaluator.ancestry(value.symbol)
        )

    def methods(self, scene: Scene) -> Iterator[Use]:
        """Yield what the loaders' methods of a Lightning module return."""
        function = scene.frame.function
        if function is None or function.owner is None:
            return
        last = function.name.rpartition(".")[2]
        if last not in METHODS or function.statement is None:
            return
        if any(
            isinstance(each, Library) and "ightning" in each.name
            for each in self.program.evaluator.ancestry(function.owner)
            if not isinstance(each, ClassSymbol)
        ):
            for given in walk(function.body):
                if isinstance(given, Return) and given.value is not None:
                    for thing in self.objects.things(given.value, scene, given):
                        yield Use(METHODS[last], thing, scene, given, given.value)


def compares(body: Body) -> bool:
    """Tell whether some statements compare values one by one, as predictions with the truth."""
    return any(
        isinstance(part, Compare) and part.rest[0][0] == "=="
        for statement in walk(body)
        if not isinstance(statement, If)
        for part in subexpressions(header(statement))
    )


def depends_on_parameter(test: Expression, scene: Scene) -> bool:
    """Tell whether a condition hangs on what a function was handed, or on what a loop goes over."""
    function = scene.frame.function
    names = {each.name for each in function.parameters} if function else set()
    names |= {
        name
        for name, entries in scene.table.items()
        if any(isinstance(each.statement, For) and each.kind == "item" for each in entries)
    }
    return any(isinstance(part, Name) and part.id in names for part in subexpressions(test))
