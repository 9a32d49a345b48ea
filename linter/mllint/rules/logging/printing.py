"""Calls that print a metric, and what to write instead of them."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Name, Star, subexpressions
from ...facts.statements import BODIES, If, Import, Statement, Try
from ...fixes.changes import AddImport, Change, Fix, Insert, LogLazily
from ...program.activity import Site
from ...program.evaluation import Evaluator
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.symbols import FunctionSymbol, Module, Owner
from ...program.values import Frame, Library
from ..learning import learning_of
from ..metrics import Metrics

GET_LOGGER = "logging.getLogger(__name__)"


def prints_of_metrics(program: Program, graph: CallGraph, metrics: Metrics) -> Iterator[Site]:
    """Yield where metrics are given to be shown, again and again while the program learns."""
    prints = graph.reach.meaning(program.knowledge, "print", "progress")
    if not prints:
        return
    learning = learning_of(graph, program.knowledge)
    for site in prints:
        for each in printed_metrics(site, metrics, graph):
            if learning.is_repeated(each):
                yield each


def printed_metrics(site: Site, metrics: Metrics, graph: CallGraph) -> Iterator[Site]:
    """Yield where a metric is given to be printed.

    That is the print itself; of a function that prints what it is handed, the calls that hand it
    a metric.

    Args:
        site: A call that prints.
        metrics: Knows which values are metrics.
        graph: Knows who calls.
    """
    function = site.frame.function
    printed = printed_parameters(site, function) if function else set()
    if function is None or not printed:
        if metrics.are_handed(site):
            yield site
        return
    # All of them: a helper is called more often than the graph's callers count.
    for caller in graph.calling(function):
        if hands_metric(caller, function, printed, metrics, graph):
            yield caller


def hands_metric(
    caller: Site, function: FunctionSymbol, names: set[str], metrics: Metrics, graph: CallGraph
) -> bool:
    """Tell whether a call hands a metric for any of some parameters, or for what may be one."""
    kinds = {each.name: each.kind for each in function.parameters}
    if any(kinds[name] in ("*", "**") for name in names):
        return metrics.are_handed(caller)
    handed = (graph.argument(caller, function, name) for name in names)
    if any(metrics.is_metric(each, caller.frame) for each in handed):
        return True
    # Of what is spread over the parameters it can't be told which gets what.
    return any(isinstance(each, Star) for each in caller.call.args) and metrics.are_handed(caller)


def printed_parameters(site: Site, function: FunctionSymbol) -> set[str]:
    """Return the parameters that a call prints, if it prints nothing else; else none."""
    taken = {each.name for each in function.parameters}
    if function.owner is not None and not function.is_static:
        taken.discard(function.parameters[0].name)
    handed = (site.call.args, tuple(value for _, value in site.call.keywords))
    names = {part.id for part in subexpressions(handed) if isinstance(part, Name)}
    own = {each.name for each in function.parameters} - taken
    if any(each in function.table or each in own for each in names):
        return set()
    return names & taken


def logging_instead(sites: list[Site], evaluator: Evaluator, is_entry: bool) -> Fix | None:
    """Return the fix that makes prints calls of a logger, or None if that is no logger's to write.

    Args:
        sites: The prints, all of one function.
        evaluator: Knows what the module's names mean.
        is_entry: Whether the program begins in the module, so that it may configure logging.
    """
    module, owner = sites[0].module, owner_of(sites[0].frame)
    logger, changes = logger_of(module, evaluator, is_entry)
    if changes and (logger in module.table or hides(owner, logger)):
        return None
    for site in sites:
        is_line = all(name == "builtins.print" for name in site.names) or (
            len(site.call.args) == 1 and all(name.startswith("tqdm.") for name in site.names)
        )
        if not is_line:
            return None
        changes.append(LogLazily(site.statement, site.call, f"{logger}.info"))
    return Fix("Log instead of printing", tuple(changes), is_safe=False)


def hides(owner: Owner, name: str) -> bool:
    """Tell whether a name means something of its own in a function."""
    return name in owner.table or any(
        each.name == name for each in getattr(owner, "parameters", ())
    )


def logger_of(module: Module, evaluator: Evaluator, is_entry: bool) -> tuple[str, list[Change]]:
    """Return the name of a module's logger, and what makes one where there is none."""
    for name in module.table:
        values = evaluator.evaluate(Name(name), Frame(module)) if "." not in name else ()
        if Library("logging.getLogger()") in values:
            return name, []
    first = behind_imports(module)
    if first is None:
        return "logger", []
    lines = [f"logger = {GET_LOGGER}"]
    if is_entry:
        lines.insert(0, "logging.basicConfig(level=logging.INFO)")
    return "logger", [AddImport("import logging"), Insert(first, "\n".join(lines), "before")]


def behind_imports(module: Module) -> Statement | None:
    """Return the first statement behind the imports at the top of a module, and what is among them.

    That is what changes the path, say, or tries an import. Whatever else has a body ends the top.
    """
    found = None
    is_behind = True
    for each in module.body:
        if is_import(each):
            is_behind = True
            continue
        if is_behind:
            found, is_behind = each, False
        if type(each) in BODIES:
            break
    return found


def is_import(statement: Statement) -> bool:
    """Tell whether a statement imports, or tries to."""
    match statement:
        case Import():
            return True
        case Try(_, body) | If(_, _, body):
            return all(map(is_import, body))
    return False
