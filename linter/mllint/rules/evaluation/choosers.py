"""Which calls make a library's loop choose an epoch, by what it validates on."""

from __future__ import annotations

from ...facts.expressions import Constant, Expression, Mapping, subexpressions
from ...facts.statements import Body, header, walk
from ...program.activity import Site
from ...program.program import Program
from ...program.steps import meant
from ...program.values import Literal


def is_chooser(site: Site, program: Program) -> bool:
    """Tell whether a call makes a library's loop choose by what it validates on."""
    chooser = program.knowledge.chooser(meant(site, program.evaluator))
    if chooser is None:
        return False
    function = site.frame.function
    if chooser.within:
        if function is None or function.name.rpartition(".")[2] != chooser.within:
            return False
        monitored = monitored_in(function.body)
    else:
        monitored = site.call.argument("monitor", None if chooser.asks else 0)
    if isinstance(monitored, Constant) and isinstance(monitored.value, str):
        name = monitored.value
        if "train" in name or not name.startswith(chooser.monitors):
            return False
    name, _, value = chooser.asks.partition("=")
    handed = site.call.keyword(name) if name else Constant(True)
    if handed is None or handed == Constant(None):
        return False
    return not value or any(
        isinstance(each, Literal) and repr(getattr(each.expression, "value", "")) == value
        for each in program.evaluator.evaluate(handed, site.frame)
    )


def monitored_in(body: Body) -> Expression | None:
    """Return what some statements say is monitored: ``{"scheduler": …, "monitor": "val_loss"}``."""
    for statement in walk(body):
        for part in subexpressions(header(statement)):
            for key, value in part.pairs if isinstance(part, Mapping) else ():
                if key == Constant("monitor"):
                    return value
    return None
