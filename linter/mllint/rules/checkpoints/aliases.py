"""Expressions that give a model's live weights, rather than a copy."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Comprehension,
    Conditional,
    Expression,
    Mapping,
    Name,
    Sequence,
    dotted,
    last_name,
    subexpressions,
)
from ...facts.statements import Function, Return, walk
from ...program.program import Program
from ...program.values import Callable
from ..scopes import Scope

SHALLOW = frozenset({"dict", "OrderedDict", "copy"})
SHARING = frozenset({"detach", "data", "requires_grad_"})  # give a tensor with the same memory
MOVING = frozenset({"cpu", "to", "cuda", "half", "float", "bfloat16"})  # may make new tensors
# What has a `state_dict` of plain numbers, or none that training changes in place.
NO_WEIGHTS = (
    *("sched", "scaler", "loader", "sampler", "dataset", "tokenizer", "metric", "logger"),
    *("stopp", "apex.amp"),
)


def live_states(expression: Expression | None) -> Iterator[Call]:
    """Yield the calls of ``state_dict`` whose tensors an expression shares."""
    match expression:
        case Call(Attribute(subject, "state_dict"), ()):
            if not any(
                isinstance(part, Attribute) and part.attr in MOVING
                for part in subexpressions(subject)
            ):
                yield expression
        case Call(func, args, keywords) if called(func) in SHALLOW:
            for each in (*args[:1], *(value for _, value in keywords)):
                yield from live_states(each)
            if isinstance(func, Attribute) and not args:  # state.copy()
                yield from live_states(func.value)
        case Mapping(pairs):
            for _, value in pairs:
                yield from live_states(value)
        case Sequence(_, items):
            for each in items:
                yield from live_states(each)
        case Conditional(_, body, orelse):
            yield from live_states(body)
            yield from live_states(orelse)
        case Comprehension("dict", Sequence(_, (_, value)), loops):
            match loops[0]:
                case Sequence(_, (_, Name(item))), Call(Attribute(source, "items")), _:
                    if is_shared(value, item):
                        yield from live_states(source)


def is_shared(value: Expression, item: str) -> bool:
    """Tell whether an entry of a new dictionary is the old one's tensor itself."""
    match value:
        case Name(name):
            return name == item
        case Attribute(inside, attr) | Call(Attribute(inside, attr), ()):
            return attr in SHARING and is_shared(inside, item)
    return False


def called(func: Expression) -> str:
    """Return the last part of what is called."""
    return func[-1] if isinstance(func, Name | Attribute) else ""


def subject_of(state: Call) -> Expression:
    """Return whose state is taken: ``model`` of ``model.module.state_dict()``."""
    subject: Expression = state.func.value if isinstance(state.func, Attribute) else state.func
    while isinstance(subject, Attribute) and subject.attr in ("module", "_orig_mod"):
        subject = subject.value
    match subject:
        case Call(_, (inside, *_)):  # unwrap(model).state_dict()
            return inside
    return subject


def has_weights(state: Call) -> bool:
    """Tell whether what a state is taken of may have tensors that training changes in place."""
    name = dotted(subject_of(state)).lower()
    return name != "amp" and not any(word in name for word in NO_WEIGHTS)


def roots(expression: Expression) -> frozenset[str]:
    """Return the names that say which object an expression is: ``self.nets``, ``i`` and so on."""
    found: set[str] = set()
    for part in subexpressions(expression):
        if isinstance(part, Name | Attribute) and dotted(part):
            found.add(dotted(part))
    return frozenset(found - {"self"})


def state_givers(program: Program) -> Iterator[str]:
    """Yield the names, without those of their classes, of functions that return a live state."""
    for module in program.calling("state_dict"):
        for function in walk(module.body, True):
            if isinstance(function, Function) and any(
                isinstance(each, Return) and any(live_states(each.value))
                for each in walk(function.body)
            ):
                yield function.name


def gives_state(call: Call, scope: Scope, givers: frozenset[str]) -> bool:
    """Tell whether a function of the project returns the live state of what it is handed.

    Args:
        call: The call.
        scope: Where it stands.
        givers: Names of functions that do, as the file spells them; to find out what a call leads
            to takes long.
    """
    if last_name(call) not in givers:
        return False
    called_here = [each.function for each in scope.values(call.func) if isinstance(each, Callable)]
    return bool(called_here) and all(
        function.returns
        and all(
            any(roots(subject_of(state)) & {p.name for p in function.parameters}
                for state in live_states(returned))
            for returned in function.returns
        )
        for function in called_here
    )  # fmt: skip
