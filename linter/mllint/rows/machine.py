"""What the parts of the interpreter share: the state of the program, and where it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..facts.expressions import Call, Expression
from ..facts.statements import Function, Handler, Statement
from ..program.evaluation import Evaluator
from ..program.symbols import Module
from ..program.values import Frame
from .columns import Table
from .events import Evaluation, Events
from .meanings import Meanings
from .provenance import Fit, Mark, Origin, Region, Spot, Thing
from .state import Layer, State
from .value import NOTHING, Value

FILES = "<files>"  # what the rows belong to that were written to a file, by its path
FITTED = "<fitted>"  # the name under which a thing keeps what it was fitted on, as marks


class OutOfBudgetError(Exception):
    """The program is too long to be followed any further."""


@dataclass(eq=False)
class Activation:
    """One function that is being carried out, or a module's top level.

    Attributes:
        frame: What the evaluator knows of it.
        context: The calls by which it was reached.
        outer: The activation of the function around.
        changed: Parameters whose object was changed in place, and to what.
        rebound: Parameters that mean another object by now.
        returned: What it returns.
        statement: The one that is being carried out.
        names: Those that it has bound.
        loops: Those around the calls by which it was reached.
        host: Of a lambda, the statement that it is handed on in, which has a line.
        gaps: How many of the conditions around what is carried out ask for missing values.
    """

    frame: Frame
    context: tuple[int, ...] = ()
    outer: Activation | None = None
    changed: dict[str, Value] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)
    returned: Value = NOTHING
    statement: Statement | Handler | None = None
    names: set[str] = field(default_factory=set)
    loops: int = 0
    host: Statement | Handler | None = None
    gaps: int = 0

    @property
    def scope(self) -> object:
        """What its names belong to."""
        return self if self.frame.function else self.frame.module

    def is_local(self, name: str) -> bool:
        """Tell whether a name belongs to this function rather than to the module."""
        function = self.frame.function
        return function is not None and (name in function.table or self.is_parameter(name))

    def is_parameter(self, name: str) -> bool:
        """Tell whether a name is what this function is handed."""
        function = self.frame.function
        return function is not None and any(each.name == name for each in function.parameters)


class Machine(ABC):
    """The interpreter's state.

    Args:
        evaluator: Knows what names mean, without regard to order.
        meanings: Knows what library calls do to rows.
        events: Where what happens is noted.
    """

    def __init__(self, evaluator: Evaluator, meanings: Meanings, events: Events) -> None:
        self.evaluator = evaluator
        self.meanings = meanings
        self.events = events
        self.state = State()
        self.activation: Activation  # set by whoever runs something
        self.budget = 0
        self.loops = 0  # around what is being carried out
        # Names that mean the same objects as other names: `frames = [train, test]`.
        self.aliases: dict[tuple[object, str], Expression] = {}
        self.sharing: dict[tuple[object, str], set[str]] = {}  # the other way round
        # Lists that were written with a name, and at which place: they hold what it means then.
        self.holders: dict[tuple[object, str], set[tuple[str, int]]] = {}
        self.keys: dict[tuple[object, str], object] = {}  # of names, each one object: see Spot
        # Which of the functions of one name in one scope was defined last, as in notebooks' cells.
        self.latest: dict[tuple[object, str], Function] = {}
        self.counters: dict[object, set[str]] = {}  # names that count one by one, by scope
        self.depths: dict[
            tuple[object, str], int
        ] = {}  # of names, in how many loops they are bound
        self.rounds: set[tuple[object, str]] = set()  # names that loops bind, each round anew
        # Of each loop: how deep its state lies, and what held where its rounds were broken off.
        self.jumps: list[tuple[int, list[Layer]]] = []
        # Where this round of a loop took one sample, or one window, out of all rows.
        self.samples: set[Spot] = set()
        # What is put together in loops: whether it repeats rows on the first round.
        self.grown: dict[tuple[int, tuple[int, ...]], bool] = {}

    @abstractmethod
    def evaluate(self, expression: Expression | None) -> Value:
        """Carry out an expression and return what is known of its value."""

    @abstractmethod
    def call_handed(self, function: Expression, values: list[Value]) -> Value:
        """Carry out a function or lambda that is handed to a library."""

    @abstractmethod
    def assign(self, target: Expression, value: Value) -> None:
        """Bind a target to a value."""

    @abstractmethod
    def scope_of(self, name: str) -> object:
        """Return what a name that is bound here belongs to."""

    @abstractmethod
    def change(self, target: Expression, value: Value) -> None:
        """Change the object that an expression means, in place."""

    @property
    def module(self) -> Module:
        """The file that is being carried out."""
        return self.activation.frame.module

    @property
    def is_in_loop(self) -> bool:
        """Whether what is being carried out is so again and again."""
        return self.loops + self.activation.loops > 0

    def spot(self, part: object) -> Spot:
        """Return where an expression stands, and how it was reached."""
        statement = self.activation.statement
        assert statement is not None
        return Spot(self.module, statement, part, self.activation.context)

    def origin(self, part: object, path: tuple[object, ...] = (), kind: str = "made") -> Value:
        """Return rows that begin here."""
        origin = Origin(self.spot(part), path, kind)
        table = Table(frozenset({origin}))
        return Value(regions=frozenset({Region(origin)}), table=table)

    def is_sample(self, value: Value) -> bool:
        """Tell whether rows are one sample of this round of a loop: what it tells is its own."""
        return bool(self.samples) and any(
            mark.fit.kind in ("lag", "sample") and mark.fit.spot in self.samples
            for mark in value.flat.marks
        )

    def as_sample(self, rows: Value, part: object, name: str) -> Value:
        """Return rows that are one sample, from here to the end of the round."""
        fit = Fit("sample", name, self.spot(part), rows.flat.regions)
        self.samples.add(fit.spot)
        return rows.carrying([Mark(fit)])

    def fitted(self, thing: Thing) -> frozenset[Fit]:
        """Return what a thing was last fitted on."""
        known = self.state.get((thing, FITTED))
        return frozenset(mark.fit for mark in known.marks) if known else frozenset()

    def set_fitted(self, thing: Thing, fits: Iterable[Fit]) -> None:
        """Note what a thing was fitted on."""
        marks = frozenset(Mark(fit) for fit in fits)
        self.state.set((thing, FITTED), Value(marks=marks))

    def handed(self, call: Call | None, part: object, values: Iterable[Value]) -> None:
        """Note that rows get to where they can't be followed."""
        for value in values:
            flat = value.flat
            if flat.held_out:
                event = Evaluation(
                    self.spot(part), "handed", flat, NOTHING, None, frozenset(), call
                )
                self.events.evaluation(event)
