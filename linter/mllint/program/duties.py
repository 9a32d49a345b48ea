"""What a framework that owns the loop does by itself, as it is configured."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.expressions import Constant, Expression, Sequence
from ..facts.rendering import render
from ..knowledge import Knowledge
from ..knowledge.loops import Owner
from ..knowledge.names import Pattern, pattern
from .activity import Site
from .evaluation import Evaluator
from .steps import Steps, meant
from .values import Literal


def owned(owner: Owner, loop: Site, steps: Steps) -> frozenset[str]:
    """Return which of an owner's duties are switched on.

    Args:
        owner: What runs the loop.
        loop: The call that does.
        steps: What is known of the program.
    """
    makers = [loop, *made(owner, steps)]
    off = {
        duty
        for duty, switches in owner.off.items()
        if any(is_off(switch, site, steps) for switch in switches for site in makers)
    }
    on = {
        duty
        for duty, names in owner.on.items()
        # Where none is seen to be made, it may have been made with anything.
        if len(makers) == 1 or any(asks_for(name, site) for name in names for site in makers)
    }
    kept = (owner.owns | on) - off
    return kept | {owner.brings[duty] for duty in kept if duty in owner.brings}


def made(owner: Owner, steps: Steps) -> Iterator[Site]:
    """Yield the calls that make what configures an owner."""
    wanted = pattern(owner.made)
    yield from steps.reach.where(is_made, wanted, steps.evaluator, steps.knowledge)


def is_made(site: Site, wanted: Pattern, evaluator: Evaluator, knowledge: Knowledge) -> bool:
    """Tell whether a call makes what has a name, or a class of the project derived from it."""
    return any(wanted.matches(knowledge.canonical(each)) for each in meant(site, evaluator))


def asks_for(name: str, site: Site) -> bool:
    """Tell whether a call is handed an argument, or may be."""
    return site.call.is_open or site.call.keyword(name) not in (None, Constant(None))


def is_off(switch: str, site: Site, steps: Steps) -> bool:
    """Tell whether a call is handed the argument, ``save_strategy='no'``, that switches off."""
    name, _, value = switch.partition("=")
    handed = site.call.keyword(name)
    return handed is not None and value in spellings(handed, site, steps)


def spellings(expression: Expression, site: Site, steps: Steps) -> Iterator[str]:
    """Yield how the value of an argument may be written in knowledge."""
    if isinstance(expression, Sequence) and not expression.items:
        yield "[]"
    yield render(expression) or ""
    for value in steps.evaluator.evaluate(expression, site.frame):
        if isinstance(value, Literal) and isinstance(value.expression, Constant):
            yield repr(value.expression.value)
