"""What ``backward`` is called on: whatever it is called, it is a loss."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.expressions import Attribute, Call, Expression, Name, Operation, dotted

DIFFERENTIATING = ("backward", "manual_backward")
# Methods that give the tensor that they are called on, reduced or moved.
SAME_TENSOR = frozenset({"mean", "sum", "to", "float", "cuda", "cpu", "half", "double"})


def differentiated(call: Call) -> Iterator[Expression]:
    """Yield what a call of ``backward`` differentiates."""
    func = call.func
    if not isinstance(func, Attribute) or func.attr not in DIFFERENTIATING:
        return
    match func.value, call.args:
        case Call(Attribute(_, "scale"), (inside, *_)), _:  # a gradient scaler's
            yield inside
        case _, (Name() | Attribute() | Operation() as inside, *_):  # accelerator.backward(loss)
            yield inside
        case subject, _:
            yield subject


def loss_names(expression: Expression) -> Iterator[str]:
    """Yield the names in what is differentiated: ``loss`` of ``loss / steps``."""
    match expression:
        case Name() | Attribute() if dotted(expression):
            yield dotted(expression)
        case Operation("/" | "*", (left, *_)):
            yield from loss_names(left)
        case Operation("+" | "-", operands):
            for each in operands:
                yield from loss_names(each)
        case Call(Attribute(subject, attr)) if attr in SAME_TENSOR:
            yield from loss_names(subject)
