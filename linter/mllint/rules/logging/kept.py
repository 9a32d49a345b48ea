"""Whether a program keeps its metrics: by a logger, a tracker or a file."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Mapping,
    Name,
    Sequence,
    dotted,
    last_name,
    subexpressions,
)
from ...program.activity import Site
from ...program.graph import owner_of
from ...program.program import Program
from ...program.steps import calls_method
from ...program.training import Training
from ...program.values import Library, Literal
from ..metrics import Metrics, metrics_of
from .written import Written

# Of a call that is not resolved and is handed a metric, these words in its name keep us silent.
KEEPING = ("log", "write", "record", "track", "report", "scalar", "dump", "save", "summary")
CONSOLE = ("sys.stdout", "sys.stderr")
REDIRECTED = frozenset({"sys.stdout", "builtins.print", "__builtin__.print"})
# What a program was told, rather than what it measured.
SETTINGS = frozenset({"vars", "asdict", "parse_args", "to_container", "to_dict"})
NAMED_SETTINGS = frozenset(
    {"config", "cfg", "conf", "args", "opt", "opts", "options", "hparams", "hps", "flags", "params"}
    | {"hyperparameters", "hyperparams", "settings", "configuration"}
)
SETTINGS_MADE = ("argparse.", "hydra.config", "omegaconf.", "yaml.", "json.load", "tomllib.")


def keeps_metrics(program: Program, training: Training, off: str | None = None) -> bool:
    """Tell whether anything that a program reaches keeps a metric, or may do so.

    Args:
        program: Knows what calls mean.
        training: The program.
        off: The library whose own calls keep nothing, for its log is switched off.
    """
    knowledge, reach = program.knowledge, training.reach
    metrics = metrics_of(program, program.graph(reach))

    def counted(sites: list[Site]) -> Iterator[Site]:
        for site in sites:
            names = map(knowledge.canonical, site.names)
            if off is None or not any(name.startswith(off) for name in names):
                yield site

    if any(counted(reach.meaning(knowledge, "log"))) or any(counted(reach.where(is_redirected))):
        return True
    draws = any(counted(reach.meaning(knowledge, "keep-plot")))
    asked = counted(reach.where(may_keep_metric, program, draws))
    written = Written(program, training)
    if any(keeps(site, program, metrics, written) for site in asked):
        return True
    return any(keeps_history(site, metrics) for site in reach.meaning(knowledge, "save-first"))


def keeps_history(site: Site, metrics: Metrics) -> bool:
    """Tell whether a call saves nothing but lists to which the metrics of each step are added.

    What is saved beside a model says how good that one is, and no more.
    """
    values = [
        value
        for argument in site.call.args[:1]
        for value in metrics.evaluator.evaluate(argument, site.frame)
        if isinstance(value, Literal)
    ]
    held = [item for value in values for item in items_of(value.expression)]
    return (
        bool(held)
        and all(isinstance(item, Sequence | Constant) for item in held)
        and any(isinstance(item, Sequence) for item in held)
        and metrics.are_handed(site)
    )


def items_of(expression: Expression) -> tuple[Expression, ...]:
    """Return the values of a dictionary that is written out, or a list itself."""
    if isinstance(expression, Mapping):
        return tuple(value for _, value in expression.pairs)
    return (expression,)


def keeps(site: Site, program: Program, metrics: Metrics, written: Written) -> bool:
    """Tell whether a call that keeps what it is handed is handed a metric, or may be."""
    if metrics.are_handed(site):
        return True
    knowledge, names = program.knowledge, library_names(site)
    is_file = knowledge.means("write", names) and not knowledge.means("print", names)
    return is_file and not is_told(site, program) and not written.is_other(site)


def may_keep_metric(site: Site, program: Program, draws: bool) -> bool:
    """Tell whether a call keeps a metric if it is handed one.

    Args:
        site: The call.
        program: Knows what calls mean.
        draws: Whether the program saves its figures.
    """
    if not (site.call.args or site.call.keywords):
        return False
    knowledge, names = program.knowledge, library_names(site)
    # A loss is handed to be differentiated, and to a scheduler.
    if knowledge.means("backward", names) or calls_method(site, "backward", "step"):
        return False
    if knowledge.means("print", names):
        file = site.call.keyword("file")
        return file is not None and dotted(file) not in CONSOLE
    if knowledge.means("write", names) or knowledge.means("log-if-metric", names):
        return True
    if draws and knowledge.means("plot", names):
        return True
    if not all(knowledge.means("plain", (name,)) for name in names):
        return True
    if site.values and (names or not site.names):
        return False
    name = last_name(site.call).lower()
    return any(word in name for word in KEEPING)


def library_names(site: Site) -> tuple[str, ...]:
    """Return the library names of what is called; what was put into settings may be anything."""
    return tuple(
        each for each in site.names if not (each.startswith(SETTINGS_MADE) and "()." in each)
    )


def may_keep(site: Site) -> bool:
    """Tell whether a call of the project's own, or an unknown one, says that it keeps something."""
    name = last_name(site.call).lower()
    is_plain = bool(library_names(site)) or not (site.call.args or site.call.keywords)
    return not is_plain and any(word in name for word in KEEPING if word != "save")


def holds_settings(site: Site, program: Program) -> bool:
    """Tell whether a call is handed what the program was told."""
    handed = (site.call.args, tuple(value for _, value in site.call.keywords))
    for part in subexpressions(handed):
        if isinstance(part, Call) and last_name(part) in SETTINGS:
            return True
        if isinstance(part, Name | Call):
            for value in program.evaluator.evaluate(part, site.frame):
                if isinstance(value, Library) and value.name.startswith(SETTINGS_MADE):
                    return True
    return False


def names_settings(expression: object) -> bool:
    """Tell whether a value is, or holds as a whole, what is named like settings."""
    if isinstance(expression, Name | Attribute):
        return expression[-1].lower().strip("_") in NAMED_SETTINGS
    if not isinstance(expression, tuple):
        return False
    return any(names_settings(part) for part in expression)


def is_told(site: Site, program: Program) -> bool:
    """Tell whether all that is written can be seen to be settings, or written out in the call."""
    for each in site.call.args:
        if isinstance(each, Mapping):  # settings, and what was measured beside them
            return all(names_settings(value) or is_written_out(value) for _, value in each.pairs)
    if holds_settings(site, program):
        return True
    return is_written_out(site.call.args)


def is_written_out(expression: object) -> bool:
    """Tell whether all of an expression is written out in it, with no name for what is computed."""
    return not any(isinstance(part, Name) for part in subexpressions(expression))


def is_redirected(site: Site) -> bool:
    """Tell whether a function sends what is printed elsewhere: ``sys.stdout = Tee(path)``."""
    if any(name.endswith("redirect_stdout") for name in site.names):
        return True
    return not REDIRECTED.isdisjoint(owner_of(site.frame).table)
