"""Which calls train a model: by what they are, or by what is done around them.

Of most optimizers it is known what made them. Where it is not (a library without rows, an optimizer
from a registry, a parameter that nothing is seen to hand over), the shape of the code tells:
``backward`` and ``step`` in one function, gradients that are cleared, a parameter moved along its
own ``grad``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ..facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Operation,
    dotted,
    subexpressions,
)
from ..facts.statements import Assign, Body, Evaluate, Update, walk
from ..knowledge import Knowledge
from .activity import Site
from .evaluation import Evaluator
from .reach import Reach
from .values import Callable, Frame, Instance, Library, Type

BACKWARD = ("backward", "manual_backward")
# So is nothing called but what trains a model.
STEPS = frozenset({"apply_gradients", "apply_gradient", "train_on_batch"})
LOOPS = frozenset({"fit_generator", "fit_one_cycle"})
# Only a fit in epochs is handed these.
EPOCHS = frozenset({"epochs", "nb_epoch", "n_epochs", "validation_data", "steps_per_epoch"})


def meant(site: Site, evaluator: Evaluator) -> tuple[str, ...]:
    """Return what a call is by name: of a library, or of the library's class that it overrides."""
    return tuple(name for value in site.values for name in _meant(value, evaluator))


def _meant(value: object, evaluator: Evaluator) -> Iterator[str]:
    match value:
        case Library(name):
            yield name
        case Type(symbol):
            for each in evaluator.ancestry(symbol):
                if isinstance(each, Library):
                    yield each.name
        case Callable(function, Instance(symbol)):
            for each in evaluator.ancestry(symbol):
                if isinstance(each, Library):
                    yield f"{each.name}().{function.name.rpartition('.')[2]}"


# What may be a step or a loop, of what is not known.
LIKELY = STEPS | LOOPS | {"step", "fit"}


def may_train(site: Site, evaluator: Evaluator, knowledge: Knowledge) -> bool:
    """Tell whether a call is worth asking whether it trains: the others are not, in any program."""
    func, names = site.call.func, meant(site, evaluator)
    return (
        (isinstance(func, Attribute) and func.attr in LIKELY)
        or knowledge.owner(names) is not None
        or knowledge.means("step", names)
        or knowledge.means("loop", names)
        or knowledge.means("estimator-fit", site.names)
    )


def calls_method(site: Site, *names: str) -> bool:
    """Tell whether a call is one of a method with any of some names, whatever it is of."""
    return isinstance(site.call.func, Attribute) and site.call.func.attr in names


class Steps:
    """Tells which calls of one program train.

    Args:
        reach: What the program carries out.
        evaluator: Knows what names mean.
        knowledge: What is known of libraries.
    """

    def __init__(self, reach: Reach, evaluator: Evaluator, knowledge: Knowledge) -> None:
        self.reach = reach
        self.evaluator = evaluator
        self.knowledge = knowledge

    def is_step(self, site: Site) -> bool:
        """Tell whether a call is known to be an optimizer's step."""
        return self.knowledge.means("step", meant(site, self.evaluator))

    def is_loop(self, site: Site) -> bool:
        """Tell whether a call is known to run a loop of steps."""
        return self.knowledge.means("loop", meant(site, self.evaluator))

    def is_likely_step(self, site: Site) -> bool:
        """Tell whether a call of unknown meaning is a step, by its name and what is around it."""
        func = site.call.func
        if not isinstance(func, Attribute) or not self.is_unknown(site):
            return False
        if func.attr != "step":
            return func.attr in STEPS
        if "sched" in dotted(func.value).lower():
            return False
        if site.frame in self.backward:
            return True
        return not (site.values or site.call.args) and bool(self.backward and self.clears)

    def is_likely_loop(self, site: Site) -> bool:
        """Tell whether a call of unknown meaning runs a loop of steps, by what it is handed."""
        func = site.call.func
        if not isinstance(func, Attribute) or not self.is_unknown(site):
            return False
        return func.attr in LOOPS or (
            func.attr == "fit" and any(key in EPOCHS for key, _ in site.call.keywords)
        )

    def is_unknown(self, site: Site) -> bool:
        """Tell whether a call is none of the project's, and none that is known to be no step."""
        return all(isinstance(value, Library) for value in site.values) and not (
            self.knowledge.means("no-step", site.names)
        )

    @cached_property
    def backward(self) -> dict[Frame, Site]:
        """Where losses are differentiated: the first such call of each frame."""
        found: dict[Frame, Site] = {}
        for site in self.reach.where(calls_method, *BACKWARD):
            found.setdefault(site.frame, site)
        return found

    @cached_property
    def clears(self) -> bool:
        """Whether gradients are cleared, as only those of a model's parameters need be."""
        return bool(self.reach.where(calls_method, "zero_grad"))

    def by_hand(self) -> Site | None:
        """Return where a program differentiates, if it moves parameters along their gradients."""
        first = next(iter(self.backward.values()), None)
        if first is None:
            return None
        seen: set[object] = set()
        for frame in self.reach.callers:
            owner = frame.function or frame.module
            if owner not in seen and {"grad"} <= frame.module.source.outline.words:
                seen.add(owner)
                if any(descends(owner.body)):
                    return first
        return None


def descends(body: Body) -> Iterator[bool]:
    """Yield True for each statement that moves a value against its own gradient."""
    for statement in walk(body):
        match statement:
            case Update(_, target, "-", value):
                yield uses_gradient(value, target)
            case Assign(_, (target,), Operation("-", (start, value))):
                yield dotted(start) == dotted(target) and uses_gradient(value, target)
            case Evaluate(_, Call(Attribute(target, "sub_"), (*_, value))):
                yield uses_gradient(value, target)
            case Evaluate(_, Call(Attribute(target, "add_"), (*_, value)) as call):
                yield uses_gradient(value, target) and any(map(is_negative, subexpressions(call)))


def is_negative(expression: object) -> bool:
    """Tell whether an expression is something with a minus before it."""
    match expression:
        case Constant(float(number) | int(number)):
            return number < 0
        case Operation("-", (_,)):
            return True
    return False


def uses_gradient(value: Expression, target: Expression) -> bool:
    """Tell whether a value has the gradient of a target in it, and not its sign alone."""
    name = dotted(target).removesuffix(".data")
    parts = list(subexpressions(value))
    return (
        bool(name)
        and any(isinstance(each, Attribute) and dotted(each) == f"{name}.grad" for each in parts)
        and not any(
            isinstance(each, Attribute) and each.attr in ("sign", "sign_") for each in parts
        )
    )
