"""What a program carries out: the calls that can be reached from where it begins.

A function is visited once for each thing that it may be handed (up to a limit), so that a call
within it is known by what it really calls. Every visit keeps who called it first, which gives the
path to a call as evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable as Test
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from ..knowledge import Knowledge
from .activity import Activity, Site, find_activity
from .answers import Answers, Order
from .contexts import Contexts
from .evaluation import Evaluator
from .symbols import ClassSymbol, FunctionSymbol, Module, Owner
from .values import Callable, Frame, Instance, Partial, Type, Value

Result = TypeVar("Result")
MAX_CONTEXTS = 6  # of one function; further calls share a few in which less is known
MAX_VISITS = 20_000


class Step(NamedTuple):
    """One link of a path: a line in a module, from which the next is reached."""

    module: Module
    line: int
    what: str


@dataclass(eq=False)
class Reach:
    """All that is reached from one entry point.

    Attributes:
        activities: What each of them does, in the order in which they were met.
        callers: Each function and module that is reached, in one context, with who reached it first
            and from which line; None for where the program begins.
        merged: Frames that are one context too many of a function, with what is visited instead.
        is_whole: Whether all was visited; a program may be too large.
        answers: What was asked of calls before, in whichever program.
    """

    activities: dict[Frame, Activity] = field(default_factory=dict)
    callers: dict[Frame, tuple[Frame, int] | None] = field(default_factory=dict)
    merged: dict[Frame, Frame] = field(default_factory=dict)
    is_whole: bool = True
    answers: Answers = field(default_factory=Answers, repr=False)

    @cached_property
    def sites(self) -> list[Site]:
        """All calls, in the order in which they were met."""
        return [site for activity in self.activities.values() for site in activity.sites]

    @cached_property
    def order(self) -> Order:
        """The activities, in the order in which they were met."""
        return Order(self.activities.values())

    @cached_property
    def modules(self) -> frozenset[Module]:
        """The files of which anything is carried out."""
        return frozenset({frame.module for frame in self.callers})

    @cached_property
    def names(self) -> frozenset[str]:
        """The library names of all calls."""
        return frozenset(name for site in self.where(has_name) for name in site.names)

    def where(self, test: Test[..., bool], *context: Hashable) -> list[Site]:
        """Return the calls that pass a test.

        Many programs share most of what they carry out, and many rules ask all of it: what hangs
        on a call alone is asked once for all of them.

        Args:
            test: Takes a call and the context; its answer hangs on nothing else.
            context: What the test asks, such as the program.
        """
        return list(self.answers.passing(self.order, test, *context))

    def meaning(self, knowledge: Knowledge, *meanings: str) -> list[Site]:
        """Return the calls that have any of some meanings."""
        return self.where(has_meaning, knowledge, *meanings)

    @property
    def shared(self) -> set[FunctionSymbol]:
        """Functions that are called in more ways than are told apart."""
        return {frame.function for frame in self.merged if frame.function is not None}

    def visited(self, frame: Frame) -> Frame | None:
        """Return the frame that is visited where one is called; None if none is."""
        frame = self.merged.get(frame, frame)
        return frame if frame in self.callers else None

    @property
    def unknown(self) -> list[Site]:
        """Calls of which it is not known what they call."""
        return [site for site in self.sites if not site.values]

    def way(self, frame: Frame) -> list[Frame]:
        """Return the frames from where the program begins to one that is reached."""
        found = [frame]
        while (link := self.callers.get(found[-1])) is not None:
            found.append(link[0])
        return found[::-1]

    def path(self, frame: Frame) -> list[Step]:
        """Return how a function is reached, call by call."""
        steps: list[Step] = []
        for reached in self.way(frame)[1:]:
            link = self.callers[reached]
            assert link is not None  # only the first has none
            what = reached.function.name if reached.function else reached.module.name
            steps.append(Step(link[0].module, link[1], what))
        return steps

    def calls(self, *names: str) -> Iterator[Site]:
        """Yield the calls of any of these library names."""
        yield from self.where(is_named, *names)


def has_name(site: Site) -> bool:
    """Tell whether a call is known by the name of a library."""
    return bool(site.names)


def is_named(site: Site, *names: str) -> bool:
    """Tell whether a call has any of these library names."""
    return any(name in names for name in site.names)


def has_meaning(site: Site, knowledge: Knowledge, *meanings: str) -> bool:
    """Tell whether a call has any of some meanings."""
    return bool(site.names) and any(knowledge.means(each, site.names) for each in meanings)


class Explorer:
    """Finds what programs reach; what one function does is found once for all of them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.activities: dict[tuple[Frame, bool], Activity] = {}
        self.answers = Answers()
        self.contexts = Contexts()
        # With the call, so that its id stays its own.
        self._called: dict[int, tuple[Site, tuple[FunctionSymbol, ...]]] = {}
        self._found: dict[tuple[Hashable, Owner], Any] = {}
        self._kept: dict[tuple[Hashable, Activity], Any] = {}

    def activity(self, frame: Frame, is_main: bool) -> Activity:
        """Return what is carried out in a frame."""
        found = self.activities.get((frame, is_main))
        if found is None:
            found = find_activity(frame, is_main, self.evaluator)
            self.activities[frame, is_main] = found
        return found

    def called(self, site: Site) -> tuple[FunctionSymbol, ...]:
        """Return the project's functions that a call carries out at once; found once."""
        found = self._called.get(id(site))
        if found is None:
            values = (each for value in site.values for each in self.functions(value))
            found = self._called[id(site)] = site, tuple(values)
        return found[1]

    def functions(self, value: Value) -> Iterator[FunctionSymbol]:
        """Yield the project's functions that calling a value carries out at once."""
        match value:
            case Callable(function):
                yield function
            case Type(symbol):
                for each in self.evaluator.ancestry(symbol):
                    if isinstance(each, ClassSymbol) and "__init__" in each.methods:
                        yield each.methods["__init__"]
                        return
            case Instance():
                for method in self.evaluator.called_method(value):
                    if isinstance(method, Callable):
                        yield method.function
            case Partial(target):
                yield from self.functions(target)

    def once(self, find: Test[[Owner], Result], owner: Owner) -> Result:
        """Return what a function finds in the statements of a function or module; found once."""
        if (find, owner) not in self._found:
            self._found[find, owner] = find(owner)
        result: Result = self._found[find, owner]
        return result

    def kept(self, find: Test[[Activity, Explorer], Result], activity: Activity) -> Result:
        """Return what a function finds in an activity; found once for all programs."""
        if (find, activity) not in self._kept:
            self._kept[find, activity] = find(activity, self)
        result: Result = self._kept[find, activity]
        return result

    def explore(self, starts: list[tuple[Frame, bool]]) -> Reach:
        """Return what is reached.

        Args:
            starts: Frames in which the program begins, and whether they are run as its main module.
        """
        reach = Reach(answers=self.answers)
        contexts: dict[tuple[Module, FunctionSymbol | None], int] = {}
        mains = {frame for frame, is_main in starts if is_main}
        waiting: deque[Frame] = deque()

        def add(frame: Frame, caller: tuple[Frame, int] | None) -> None:
            key = frame.module, frame.function
            count = contexts.get(key, 0)
            less = frame
            if count >= MAX_CONTEXTS:  # keep what it is a method of, forget what it is handed
                less = Frame(frame.module, frame.function, frame.bindings[:1], frame.closure, 1)
            less = self.contexts.choose(less)
            if less is not frame:
                frame = reach.merged.setdefault(frame, less)
                if frame in reach.callers:
                    return
            if count > 2 * MAX_CONTEXTS:
                return
            contexts[key] = count + 1
            reach.callers[frame] = caller
            waiting.append(frame)

        for frame, _ in starts:
            add(frame, None)
        while waiting and len(reach.callers) < MAX_VISITS:
            frame = waiting.popleft()
            activity = self.activity(frame, frame in mains)
            reach.activities[frame] = activity
            for following, line in activity.leads_to.items():
                if following not in reach.callers and following not in reach.merged:
                    add(following, (frame, line))
        reach.is_whole = not waiting
        return reach
