"""What is differentiated or minimized: whatever it is called, it is a loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts.expressions import Attribute, Call, Expression, Name, Operation, dotted
from ..program.symbols import Owner

BACKWARD = ("backward", "manual_backward")
# TensorFlow's optimizers and tapes are handed the loss first.
OF_FIRST = ("minimize", "compute_gradients", "gradient", "gradients")
DIFFERENTIATING = BACKWARD + OF_FIRST
# Methods that give the tensor that they are called on, reduced or moved.
SAME_TENSOR = frozenset({"mean", "sum", "to", "float", "cuda", "cpu", "half", "double"})


def differentiated(call: Call) -> Iterator[Expression]:
    """Yield what a call differentiates."""
    func = call.func
    if not isinstance(func, Attribute) or func.attr not in DIFFERENTIATING:
        return
    if func.attr in OF_FIRST:
        yield from call.args[:1]
        return
    match func.value, call.args:
        case Call(Attribute(_, "scale"), (inside, *_)), _:  # a gradient scaler's
            yield inside
        case _, (Name() | Attribute() | Operation() as inside, *_):  # accelerator.backward(loss)
            yield inside
        case subject, _:
            yield subject


def loss_names(expression: Expression, owner: Owner) -> Iterator[str]:
    """Yield the names in what is differentiated: ``loss`` of ``loss / steps``.

    Args:
        expression: What is differentiated, or a term of it.
        owner: Where it stands: of a product, what is computed there is the loss, the rest a weight.
    """
    match expression:
        case Name() | Attribute() if dotted(expression):
            yield dotted(expression)
        case Operation("/", (left, *_)):
            yield from loss_names(left, owner)
        case Operation("*", factors):
            computed = [each for each in factors if is_computed(each, owner)]
            for each in computed or factors[:1]:
                yield from loss_names(each, owner)
        case Operation("+" | "-", operands):
            for each in operands:
                yield from loss_names(each, owner)
        case Call(Attribute(subject, attr)) if attr in SAME_TENSOR:
            yield from loss_names(subject, owner)


def is_computed(factor: Expression, owner: Owner) -> bool:
    """Tell whether a factor is computed in a function, rather than told or written out."""
    if isinstance(factor, Call | Operation):
        return True
    return any(
        isinstance(entry.value, Call | Operation) for entry in owner.table.get(dotted(factor), ())
    )


def terms(names: Iterable[str], owner: Owner) -> Iterator[str]:
    """Yield names of losses, and those of what one is the sum, the mean or a multiple of."""
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        for entry in owner.table.get(name, ()):
            if entry.kind == "value" and isinstance(entry.value, Operation | Call):
                waiting += loss_names(entry.value, owner)
