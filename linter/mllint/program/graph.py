"""Who calls what in one program, what is handed over, and what happens again and again."""

from __future__ import annotations

import itertools
from collections.abc import Callable as Maker
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, TypeVar

from ..facts.expressions import Attribute, Call, Expression, Star, Subscript, dotted
from ..facts.statements import For, Statement, While
from .activity import Around, Site
from .evaluation import Evaluator
from .reach import Explorer, Reach
from .symbols import FunctionSymbol, Owner
from .values import Callable, Frame, Partial

Result = TypeVar("Result")
MAX_CALLERS = 16  # of one function; who calls more often is asked no further


def owner_of(frame: Frame) -> Owner:
    """Return the function or module whose statements a frame carries out."""
    return frame.function or frame.module


def calls_project(site: Site, explorer: Explorer) -> bool:
    """Tell whether a call carries out a function of the project at once."""
    return bool(site.values and explorer.called(site))


class CallGraph:
    """The calls of one program, from both ends.

    Args:
        reach: What the program carries out.
        explorer: Knows what each frame leads to.
    """

    def __init__(self, reach: Reach, explorer: Explorer) -> None:
        self.reach = reach
        self.evaluator: Evaluator = explorer.evaluator
        self.explorer = explorer
        self.sites: dict[Owner, list[Site]] = {}
        self.callers: dict[Owner, list[Site]] = {}
        self._calling: dict[FunctionSymbol, list[Site]] | None = None
        self._on: dict[Owner, dict[str, list[Site]]] = {}
        self._made: dict[Hashable, Any] = {}
        for frame, activity in reach.activities.items():
            if activity.sites:
                self.sites.setdefault(owner_of(frame), []).extend(activity.sites)
        for site in reach.where(calls_project, explorer):
            for function in explorer.called(site):
                self._add(function, site)
        for activity in reach.activities.values():
            for target, line in activity.leads_to.items():
                if target.function is not None and target.function not in self.callers:
                    at = (site for site in activity.sites if site.statement.line == line)
                    for site in itertools.islice(at, 1):
                        self._add(target.function, site)

    def _add(self, function: FunctionSymbol, site: Site) -> None:
        known = self.callers.setdefault(function, [])
        if len(known) < MAX_CALLERS and not any(
            each.call is site.call and each.frame == site.frame for each in known
        ):
            known.append(site)

    def once(self, key: Hashable, make: Maker[[], Result]) -> Result:
        """Return what is made of the program, such as what tells its metrics; made once."""
        if key not in self._made:
            self._made[key] = make()
        result: Result = self._made[key]
        return result

    def calls_on(self, owner: Owner, subject: str) -> list[Site]:
        """Return the calls of methods of what has a name in a function, or of its items.

        That is ``losses.append(x)``, and ``losses["train"].append(x)``.
        """
        found = self._on.get(owner)
        if found is None:
            found = self._on[owner] = {}
            for site in self.sites.get(owner, ()):
                if isinstance(site.call.func, Attribute):
                    of = site.call.func.value
                    while isinstance(of, Subscript):
                        of = of.value
                    found.setdefault(dotted(of), []).append(site)
        return found.get(subject, []) if subject else []

    def called(self, site: Site) -> tuple[FunctionSymbol, ...]:
        """Return the project's functions that a call carries out at once."""
        return self.explorer.called(site)

    def calling(self, function: FunctionSymbol) -> list[Site]:
        """Return all calls that carry out a function at once, however many there are."""
        if self._calling is None:
            self._calling = {}
            for site in self.reach.where(calls_project, self.explorer):
                for each in dict.fromkeys(self.called(site)):
                    self._calling.setdefault(each, []).append(site)
        return self._calling.get(function, [])

    def handed(self, function: FunctionSymbol, name: str) -> Iterator[tuple[Expression, Frame]]:
        """Yield what a parameter is handed, as it is written in the calls."""
        if any(each.name == name and each.kind == "*" for each in function.parameters):
            yield from self.rest(function)
            return
        for site in self.callers.get(function, ()):
            found = self.argument(site, function, name)
            if found is not None:
                yield found, site.frame

    def rest(self, function: FunctionSymbol) -> Iterator[tuple[Expression, Frame]]:
        """Yield what a function is handed beyond its named parameters: its ``*args``."""
        named = sum(each.kind in ("", "/") for each in function.parameters)
        for site in self.callers.get(function, ()):
            is_method = function.owner is not None and not function.is_static
            before = named - (is_method and self._is_bound(site))
            if not any(isinstance(value, Partial) for value in site.values):
                yield from ((each, site.frame) for each in site.call.args[before:])

    def argument(self, site: Site, function: FunctionSymbol, name: str) -> Expression | None:
        """Return what a call hands for a parameter, where that can be seen."""
        call: Call = site.call
        by_keyword = call.keyword(name)
        if by_keyword is not None:
            return by_keyword
        names = [each.name for each in function.parameters if each.kind in ("", "/")]
        if function.owner is not None and not function.is_static and self._is_bound(site):
            names = names[1:]
        handed = call.args
        if any(isinstance(value, Partial) for value in site.values):
            return None
        if name in names:
            position = names.index(name)
            before = handed[: position + 1]
            if position < len(handed) and not any(isinstance(each, Star) for each in before):
                return handed[position]
        return None

    @staticmethod
    def _is_bound(site: Site) -> bool:
        return any(
            not isinstance(value, Callable) or value.receiver is not None for value in site.values
        )

    def leading_to(self, sites: Iterable[Site]) -> set[Owner]:
        """Return the functions and modules that carry out any of some calls, or that call such."""
        found = {owner_of(site.frame) for site in sites}
        waiting = list(found)
        while waiting:
            for site in self.callers.get(waiting.pop(), ()):
                caller = owner_of(site.frame)
                if caller not in found:
                    found.add(caller)
                    waiting.append(caller)
        return found

    def loops_around(self, site: Site) -> Iterator[tuple[Owner, Statement]]:
        """Yield the loops in which a call happens: its function's, and those of the callers."""
        seen: set[Owner] = set()
        waiting: list[tuple[Owner, Around]] = [(owner_of(site.frame), site.around)]
        while waiting:
            owner, around = waiting.pop(0)
            for each in reversed(around):
                if isinstance(each, For | While):
                    yield owner, each
            if owner in seen:
                continue
            seen.add(owner)
            for caller in self.callers.get(owner, ()):
                waiting.append((owner_of(caller.frame), caller.around))

    def is_handed(self, function: Owner) -> bool:
        """Tell whether a library is handed a function: it calls that as often as it likes."""
        return any(
            function not in set(self.called(site)) for site in self.callers.get(function, ())
        )

    def within(self, owner: Owner, loop: Statement) -> Iterator[Site]:
        """Yield the calls in a loop, those of the functions that it calls left aside."""
        for site in self.sites.get(owner, ()):
            if any(each is loop for each in site.around):
                yield site
