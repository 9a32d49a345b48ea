"""What a program carries out: the calls that can be reached from where it begins.

A function is visited once for each thing that it may be handed (up to a limit), so that a call
within it is known by what it really calls. Every visit keeps who called it first, which gives the
path to a call as evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .activity import Activity, Site, find_activity
from .evaluation import Evaluator
from .symbols import FunctionSymbol, Module
from .values import Frame

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
        sites: The calls, in the order in which they were met.
        callers: Each function and module that is reached, in one context, with who reached it first
            and from which line; None for where the program begins.
    """

    sites: list[Site] = field(default_factory=list)
    callers: dict[Frame, tuple[Frame, int] | None] = field(default_factory=dict)

    @property
    def unknown(self) -> list[Site]:
        """Calls of which it is not known what they call."""
        return [site for site in self.sites if not site.values]

    def path(self, frame: Frame) -> list[Step]:
        """Return how a function is reached, beginning at the entry point."""
        steps: list[Step] = []
        link = self.callers.get(frame)
        while link is not None:
            caller, line = link
            what = frame.function.name if frame.function else frame.module.name
            steps.append(Step(caller.module, line, what))
            frame, link = caller, self.callers.get(caller)
        return steps[::-1]

    def calls(self, *names: str) -> Iterator[Site]:
        """Yield the calls of any of these library names."""
        wanted = frozenset(names)
        for site in self.sites:
            if not wanted.isdisjoint(site.names):
                yield site


class Explorer:
    """Finds what programs reach; what one function does is found once for all of them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.activities: dict[tuple[Frame, bool], Activity] = {}

    def activity(self, frame: Frame, is_main: bool) -> Activity:
        """Return what is carried out in a frame."""
        found = self.activities.get((frame, is_main))
        if found is None:
            found = find_activity(frame, is_main, self.evaluator)
            self.activities[frame, is_main] = found
        return found

    def explore(self, starts: list[tuple[Frame, bool]]) -> Reach:
        """Return what is reached.

        Args:
            starts: Frames in which the program begins, and whether they are run as its main module.
        """
        reach = Reach()
        contexts: dict[tuple[Module, FunctionSymbol | None], int] = {}
        mains = {frame for frame, is_main in starts if is_main}
        waiting: deque[Frame] = deque()

        def add(frame: Frame, caller: tuple[Frame, int] | None) -> None:
            if frame in reach.callers:
                return
            key = frame.module, frame.function
            count = contexts.get(key, 0)
            if count >= MAX_CONTEXTS:  # keep what it is a method of, forget what it is handed
                frame = Frame(frame.module, frame.function, frame.bindings[:1], frame.closure, 1)
                if frame in reach.callers or count > 2 * MAX_CONTEXTS:
                    return
            contexts[key] = count + 1
            reach.callers[frame] = caller
            waiting.append(frame)

        for frame, _ in starts:
            add(frame, None)
        while waiting and len(reach.callers) < MAX_VISITS:
            frame = waiting.popleft()
            activity = self.activity(frame, frame in mains)
            reach.sites += activity.sites
            for following, line in activity.leads_to.items():
                add(following, (frame, line))
        return reach
