"""A program's calls of a tracker, played through for a few rounds of each loop.

A tracker such as W&B numbers its rows, and drops a row whose number is lower than that of the last.
Whether that happens hangs on how counters, loops and functions work together. So they are played:
loops go round a few times, counters count, calls lead into the project's functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Name,
    Operation,
    subexpressions,
)
from ...facts.statements import (
    Assign,
    Body,
    For,
    If,
    Jump,
    Raise,
    Return,
    Statement,
    Try,
    Update,
    While,
    With,
    walk,
)
from ...program.activity import Site
from ...program.entries import Entry
from ...program.phases import phases_of
from ...program.program import Program
from ...program.scenes import Scene
from ...program.symbols import FunctionSymbol, Owner
from ...program.values import Callable
from .counting import ROUNDS, UNKNOWN, Known, bound, calculated, items_of, value_of

MAX_WORK = 20_000  # statements
MAX_DEPTH = 12  # of calls
Place = tuple[object, str]  # a scope, class or module, and a name in it


@dataclass(frozen=True)
class Dropped:
    """A row that is lost.

    Attributes:
        site: The call that hands it over.
        step: The number that it is given.
        after: The call that took the number further before.
        reached: How far.
        is_counted: Whether that call gives its rows numbers, too.
    """

    site: Site
    step: int
    after: Site
    reached: int
    is_counted: bool


@dataclass
class Rehearsal:
    """One play of a program.

    Attributes:
        program: The program.
        entry: Where it begins.
        owners: The functions that lead to the tracker, or count for it.
    """

    program: Program
    entry: Entry
    owners: set[Owner]
    dropped: dict[int, Dropped] = field(default_factory=dict)
    known: dict[Place, Known] = field(default_factory=dict)
    reached: int | None = 0  # the number of the row at hand
    last: Site | None = None
    is_counted: bool = False
    work: int = 0
    depth: int = 0

    def play(self) -> list[Dropped]:
        """Return the rows that are lost."""
        scenes = phases_of(self.program, self.entry).play.scenes
        for scene in [each for each in scenes if each.caller is None and each.site is None]:
            if scene.frame in {frame for frame, _ in self.entry.starts()}:
                self.body(scene.body, scene)
        if self.work < MAX_WORK:
            return list(self.dropped.values())
        self.program.evaluator.limits.meet("rehearsal", self.entry.function or self.entry.module)
        return []

    def body(self, body: Body, scene: Scene) -> str:
        """Play the statements of a block; return how it is left: ``return``, ``break`` or so."""
        for statement in body:
            self.work += 1
            if self.work > MAX_WORK:
                return "return"
            left = self.statement(statement, scene)
            if left:
                return left
        return ""

    def statement(self, statement: Statement, scene: Scene) -> str:
        """Play a statement."""
        self.calls(statement, scene)
        match statement:
            case Assign(_, targets, value) if value is not None:
                for target in targets:
                    self.assign(target, self.value(value, scene), scene)
            case Update(_, target, operator, value):
                now = (
                    calculated(operator, self.value(target, scene), self.value(value, scene))
                    if operator in ("+", "-", "*")
                    else UNKNOWN
                )
                self.assign(target, now, scene)
            case For(_, target, iterable, inside):
                for item in list(items_of(iterable, lambda part: self.look(part, scene))):
                    self.assign(target, item, scene)
                    left = self.body(inside, scene)
                    if left in ("break", "return"):
                        return "return" if left == "return" else ""
            case While(_, _, inside):
                for _ in range(ROUNDS):
                    left = self.body(inside, scene)
                    if left in ("break", "return"):
                        return "return" if left == "return" else ""
            case If():
                return self.branch(statement, scene)
            case With(_, _, inside):
                return self.body(inside, scene)
            case Try(_, inside, _, orelse, final):
                return self.body((*inside, *orelse, *final), scene)
            case Return() | Raise():
                return "return"
            case Jump(_, kind):
                return kind
        return ""

    def branch(self, statement: If, scene: Scene) -> str:
        """Play the branch that is taken; where that is not known, the one that counts or logs."""
        test = statement.test
        truth = self.value(test, scene)
        counted = [e for e in subexpressions(test) if isinstance(e, Operation) and e[0] == "%"]
        if truth is not UNKNOWN and not counted:
            return self.body(statement.body if truth else statement.orelse, scene)
        chosen = statement.body
        if not self.matters(chosen, scene) and self.matters(statement.orelse, scene):
            chosen = statement.orelse
        if self.matters(chosen, scene):
            self.body(chosen, scene)
        else:
            self.perhaps(chosen, scene)
        return ""

    def matters(self, body: Body, scene: Scene) -> bool:
        """Tell whether a block logs or counts."""
        inside = {id(each) for each in walk(body)}
        return any(isinstance(each, Update) for each in walk(body)) or any(
            id(site.statement) in inside and (self.is_log(site) or self.leads_on(site, scene))
            for site in scene.activity.sites
        )

    def perhaps(self, body: Body, scene: Scene) -> None:
        """Take in what a block assigns that may not be entered, to names not yet known."""
        for each in walk(body):
            if isinstance(each, Assign) and each.value is not None:
                for target in each.targets:
                    if self.look(target, scene) is UNKNOWN:
                        self.assign(target, self.value(each.value, scene), scene)

    def is_log(self, site: Site) -> bool:
        """Tell whether a call hands rows to the tracker."""
        return self.program.knowledge.means("step-log", site.names)

    def leads_on(self, site: Site, scene: Scene) -> bool:
        """Tell whether a call leads to a function that logs or counts."""
        children = scene.children.get(id(site.call), ())
        return any(child.frame.function in self.owners for child in children)

    def calls(self, statement: Statement, scene: Scene) -> None:
        """Play the calls of a statement's own line."""
        means = self.program.knowledge.means
        for site in scene.activity.sites:
            if site.statement is not statement:
                continue
            if self.is_log(site):
                self.log(site, scene)
            elif means("run-begin", site.names) or means("run-end", site.names):
                self.reached, self.last = 0, None
            elif any(n.startswith("optuna.") and n.endswith(".optimize") for n in site.names):
                for _ in range(ROUNDS):
                    self.handed(site, scene)
            else:
                for child in scene.children.get(id(site.call), ()):
                    if child.frame.function in self.owners:
                        self.enter(child, scene)

    def handed(self, site: Site, scene: Scene) -> None:
        """Play the functions that a call is handed."""
        wanted: set[FunctionSymbol] = set()
        for each in site.call.args:
            for value in self.program.evaluator.evaluate(each, scene.frame):
                if isinstance(value, Callable):
                    wanted.add(value.function)
        for child in scene.children.get(0, ()):
            if child.frame.function in wanted:
                self.enter(child, scene)

    def enter(self, child: Scene, scene: Scene) -> None:
        """Play a function."""
        function = child.frame.function
        if function is None or self.depth > MAX_DEPTH:
            return
        for parameter in function.parameters:
            given = child.argument(parameter.name) if child.site is not None else None
            value: Known = UNKNOWN
            if given is not None:
                value = self.value(given, scene)
            elif parameter.default is not None:
                value = self.value(parameter.default, child)
            self.known[function, parameter.name] = value
        self.depth += 1
        self.body(child.body, child)
        self.depth -= 1

    def log(self, site: Site, scene: Scene) -> None:
        """Hand a row over."""
        call: Call = site.call
        given = call.argument("step", 1)
        step = None if given is None else self.value(given, scene)
        if step is UNKNOWN or call.is_open:
            self.reached = None
            return
        commits = call.argument("commit", 2)
        if isinstance(step, int) and not isinstance(step, bool):
            if self.reached is not None and step < self.reached:
                if self.last is not None and id(call) not in self.dropped:
                    lost = Dropped(site, step, self.last, self.reached, self.is_counted)
                    self.dropped[id(call)] = lost
                return
            self.reached, self.last, self.is_counted = step, site, True
            if commits == Constant(True):
                self.reached += 1
        elif commits != Constant(False) and self.reached is not None:
            self.reached, self.last, self.is_counted = self.reached + 1, site, False

    def value(self, expression: Expression, scene: Scene) -> Known:
        """Return what an expression is now."""
        return value_of(expression, lambda part: self.look(part, scene))

    def look(self, part: Expression, scene: Scene) -> Known:
        """Return what a name or attribute is now."""
        place = self.place(part, scene)
        return UNKNOWN if place is None else self.known.get(place, UNKNOWN)

    def assign(self, target: Expression, value: Known, scene: Scene) -> None:
        """Give the names of a target their values."""
        for each, part in bound(target, value):
            place = self.place(each, scene)
            if place is not None:
                self.known[place] = part

    def place(self, part: Expression, scene: Scene) -> Place | None:
        """Return where a name or attribute is kept."""
        function = scene.frame.function
        match part:
            case Name(name):
                while function is not None:
                    if name in function.table or any(p.name == name for p in function.parameters):
                        return function, name
                    function = function.outer
                return scene.module, name
            case Attribute(Name(owner), attr):
                if (
                    function is not None
                    and function.owner is not None
                    and function.parameters
                    and function.parameters[0].name == owner
                ):
                    return function.owner, attr
                inner = self.place(Name(owner), scene)
                return (inner, attr) if inner is not None else None
        return None
