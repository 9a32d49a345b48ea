"""In which order a program carries out its calls.

`Reach` says what a program may call, nearest first. Here the calls are followed into the project's
functions as they come, so that of two calls it can be said which is first. What a library is handed
(a dataset, a callback) runs at a time of the library's choosing and is left out, but for functions
that it is handed to start the program with.
"""

from __future__ import annotations

from collections.abc import Iterator

from .activity import Site
from .entries import Entry
from .evaluation import Evaluator
from .reach import Explorer, Reach
from .symbols import ClassSymbol, FunctionSymbol
from .values import Callable, Frame, Instance, Partial, Type, Value

MAX_DEPTH = 60  # of calls
# Library calls that run at once what they are handed.
STARTERS = frozenset({"spawn", "Fire", "run", "launch", "start_processes", "typer.run"})


def in_order(entry: Entry, explorer: Explorer) -> Iterator[Site]:
    """Yield a program's calls as they are first carried out; loops and branches once."""
    return (each for each in events(entry, explorer) if isinstance(each, Site))


def events(entry: Entry, explorer: Explorer) -> Iterator[Site | Frame]:
    """Yield calls, each when it is over, and frames, each when it is entered."""
    seen: set[Frame] = set()
    reach = entry.reach(explorer)
    for frame, is_main in entry.starts():
        yield from visit(frame, is_main, explorer, reach, seen, 0)


def visit(
    called: Frame, is_main: bool, explorer: Explorer, reach: Reach, seen: set[Frame], depth: int
) -> Iterator[Site | Frame]:
    """Yield the calls of one frame, and those of what it calls where it calls it."""
    frame = reach.visited(called)
    if frame is None or frame in seen or depth > MAX_DEPTH:
        return
    seen.add(frame)
    yield frame
    activity = explorer.activity(frame, is_main)
    following = list(activity.leads_to.items())
    imports = [(line, each) for each, line in following if each.function is None]
    by_line: dict[int, list[Frame]] = {}
    for each, line in following:
        by_line.setdefault(line, []).append(each)
    for site in activity.sites:
        line = site.statement.line
        while imports and imports[0][0] <= line:
            yield from visit(imports.pop(0)[1], False, explorer, reach, seen, depth + 1)
        functions = functions_of(site, explorer.evaluator)
        for each in by_line.get(line, ()) if functions else ():
            if each.function in functions:
                yield from visit(each, False, explorer, reach, seen, depth + 1)
        yield site
    for _, each in imports:
        yield from visit(each, False, explorer, reach, seen, depth + 1)


def functions_of(site: Site, evaluator: Evaluator) -> set[FunctionSymbol]:
    """Return the project's functions that a call runs at once."""
    found: set[FunctionSymbol] = set()
    waiting: list[Value] = list(site.values)
    if any(name.rpartition(".")[2] in STARTERS for name in site.names):
        for argument in site.call.args:
            waiting += evaluator.evaluate(argument, site.frame)
    for value in waiting:
        match value:
            case Callable(function) | Partial(Callable(function)):
                found.add(function)
            case Type(symbol):
                for each in evaluator.ancestry(symbol):
                    if isinstance(each, ClassSymbol) and "__init__" in each.methods:
                        found.add(each.methods["__init__"])
                        break
            case Instance():
                methods = evaluator.called_method(value)
                found |= {each.function for each in methods if isinstance(each, Callable)}
    return found
