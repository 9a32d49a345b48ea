"""Which conditions hold in one call of a function, by what that is handed."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.expressions import Compare, Constant, Expression, Name, Operation
from ..facts.statements import BODIES, Body, Class, Function, If, Raise, Return
from .evaluation import Evaluator
from .scenes import Scene
from .values import Literal


def truth(test: Expression, scene: Scene, evaluator: Evaluator) -> bool | None:
    """Return whether a condition holds, where its value is written out."""
    match test:
        case Operation("not", (inside,)):
            value = truth(inside, scene, evaluator)
            return None if value is None else not value
        case Compare(left, (("is" | "is not" as operator, Constant(None)),)):
            found = constants(left, scene, evaluator)
            if found is None or None not in found:
                handed = isinstance(left, Name) and scene.argument(left.id) is not None
                return operator == "is not" if handed else None
            return operator == "is"
        case Compare(left, (("==" | "!=" as operator, Constant(right)),)):
            found = constants(left, scene, evaluator)
            if found is None or len(found) != 1:
                return None
            return bool(found[0] == right) == (operator == "==")
        case Name():
            found = constants(test, scene, evaluator)
            return bool(found[0]) if found and len(found) == 1 else None
    return None


def constants(expression: Expression, scene: Scene, evaluator: Evaluator) -> list[object] | None:
    """Return the constants that an expression may be; None if it may be anything else."""
    values = evaluator.evaluate(expression, scene.frame)
    found = [
        each.expression.value
        for each in values
        if isinstance(each, Literal) and isinstance(each.expression, Constant)
    ]
    return found if values and len(found) == len(values) else None


def returns(body: Body, scene: Scene, evaluator: Evaluator) -> Iterator[Return]:
    """Yield the returns of a call that its conditions do not rule out."""
    for statement in body:
        if isinstance(statement, Return):
            yield statement
        elif isinstance(statement, If):
            value = truth(statement.test, scene, evaluator)
            if value is not False:
                yield from returns(statement.body, scene, evaluator)
            if value is not True:
                yield from returns(statement.orelse, scene, evaluator)
            if value is not None and leaves(statement.body if value else statement.orelse):
                return
        elif not isinstance(statement, Function | Class):
            for name in BODIES.get(type(statement), ()):
                yield from returns(getattr(statement, name), scene, evaluator)


def leaves(body: Body) -> bool:
    """Tell whether a block ends the call that carries it out."""
    return bool(body) and isinstance(body[-1], Return | Raise)
