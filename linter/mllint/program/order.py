"""In which order a program carries out its calls.

`Reach` says what a program may call, nearest first. Here the calls are followed into the project's
functions as they come, so that of two calls it can be said which is first. What a library is handed
(a dataset, a callback) runs at a time of the library's choosing and is left out, but for functions
that it is handed to start the program with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from ..facts.expressions import Lambda, calls, subexpressions
from ..facts.statements import With, header, walk
from .activity import Activity, Site
from .entries import Entry
from .ordering import Ordering
from .reach import Explorer, Reach
from .symbols import FunctionSymbol, Owner
from .values import Frame

MAX_DEPTH = 60  # of calls
Trail: TypeAlias = tuple[Site, ...]  # the calls that lead to one, outermost first
Event: TypeAlias = tuple["Site | Frame", Trail]
# Library calls that run at once what they are handed.
STARTERS = frozenset({"spawn", "Fire", "run", "launch", "start_processes", "typer.run"})


def in_order(entry: Entry, explorer: Explorer) -> Iterator[tuple[Site, Trail]]:
    """Yield a program's calls as they are first carried out, with those that led to each.

    Loops and branches are carried out once.
    """
    for event, trail in _events(entry, explorer):
        if isinstance(event, Site):
            yield event, trail


def events(entry: Entry, explorer: Explorer) -> Iterator[Site | Frame]:
    """Yield calls, each when it is over, and frames, each when it is entered."""
    return (event for event, _ in _events(entry, explorer))


def are_alternatives(one: tuple[Site, ...], other: tuple[Site, ...]) -> bool:
    """Tell whether of two calls, each after those that led to it, a run carries out one only."""
    for mine, its in zip(one, other, strict=False):
        if mine.call is its.call and mine.frame == its.frame:
            continue
        if mine.frame != its.frame:
            return False
        owner = mine.frame.function or mine.frame.module
        return Ordering(owner.body).exclude(mine.statement, its.statement)
    return False


def _events(entry: Entry, explorer: Explorer) -> Iterator[Event]:
    seen: set[Frame] = set()
    reach = entry.reach(explorer)
    for frame, is_main in entry.starts():
        yield from visit(frame, is_main, explorer, reach, seen, ())


def visit(
    called: Frame, is_main: bool, explorer: Explorer, reach: Reach, seen: set[Frame], trail: Trail
) -> Iterator[Event]:
    """Yield the calls of one frame, and those of what it calls where it calls it."""
    frame = reach.visited(called)
    if frame is None or frame in seen or len(trail) > MAX_DEPTH:
        return
    seen.add(frame)
    yield frame, trail
    plan = explorer.kept(planned, explorer.activity(frame, is_main))
    for stop in plan.stops:
        way = (*trail, stop.site)
        for each in stop.visited:
            yield from visit(each, False, explorer, reach, seen, way)
        yield stop.site, trail
        for each in stop.entered:
            yield from visit(each, False, explorer, reach, seen, way)
    for each in plan.imports:
        yield from visit(each, False, explorer, reach, seen, trail)


class Stop(NamedTuple):
    """A call, the frames that are entered before it is over, and the context's then."""

    site: Site
    visited: tuple[Frame, ...]
    entered: tuple[Frame, ...]


class Plan(NamedTuple):
    """The calls of an activity in their order, and the imports after the last of them."""

    stops: tuple[Stop, ...]
    imports: tuple[Frame, ...]


def planned(activity: Activity, explorer: Explorer) -> Plan:
    """Return the order of one activity's calls, whichever program carries it out."""
    following = list(activity.leads_to.items())
    imports = [(line, each) for each, line in following if each.function is None]
    by_line: dict[int, list[Frame]] = {}
    for each, line in following:
        by_line.setdefault(line, []).append(each)
    stops: list[Stop] = []
    for site in activity.sites:
        line = site.statement.line
        if id(site.call) in explorer.once(in_lambdas, site.frame.function or site.module):
            continue
        visited: list[Frame] = []
        while imports and imports[0][0] <= line:
            visited.append(imports.pop(0)[1])
        functions = functions_of(site, explorer)
        here = by_line.get(line, ())
        visited += [each for each in here if each.function in functions]
        entered = [each for each in here if is_entering(each, site)]
        stops.append(Stop(site, tuple(visited), tuple(entered)))
    return Plan(tuple(stops), tuple(each for _, each in imports))


def is_entering(frame: Frame, site: Site) -> bool:
    """Tell whether a frame is that of a context which a call makes, as it is entered."""
    function = frame.function
    return (
        isinstance(site.statement, With)
        and function is not None
        and function.name.endswith("__enter__")
    )


def in_lambdas(owner: Owner) -> frozenset[int]:
    """Return the calls, by id, that lambdas make when they are called, and not where they stand."""
    return frozenset(
        id(call)
        for statement in walk(owner.body, into_definitions=True)
        for part in subexpressions(header(statement))
        if isinstance(part, Lambda)
        for call in calls((part.body,))
    )


def functions_of(site: Site, explorer: Explorer) -> set[FunctionSymbol]:
    """Return the project's functions that a call runs at once, by itself or as what starts them."""
    found = set(explorer.called(site))
    if any(name.rpartition(".")[2] in STARTERS for name in site.names):
        for argument in site.call.args:
            for value in explorer.evaluator.evaluate(argument, site.frame):
                found.update(explorer.functions(value))
    return found
