"""Whether an expression gives a whole network, rather than its weights."""

from __future__ import annotations

from ...facts.expressions import (
    Attribute,
    Call,
    Conditional,
    Expression,
    Name,
    dotted,
    subexpressions,
)
from ...program.members import FLUENT
from ...program.values import Instance, Library
from ..learning import is_network
from ..scopes import Scope
from .aliases import called

# What only a network is asked for; an optimizer has a state too.
OF_NETWORKS = frozenset(
    {"parameters", "named_parameters", "named_modules", "modules", "eval", "load_state_dict"}
)
WHOLE = frozenset({"deepcopy", "copy", "unwrap_model", "unwrap", "de_parallel", "unwrap_ddp"})


def gives_network(expression: Expression, scope: Scope) -> bool:
    """Tell whether an expression gives a network."""
    match expression:
        case Conditional(_, body, orelse):
            return gives_network(body, scope) and gives_network(orelse, scope)
        case Attribute(inside, "module"):
            return gives_network(inside, scope)
        case Call(Attribute(inside, method), _) if method in FLUENT:
            return gives_network(inside, scope)
        case Call(func, (inside, *_)) if called(func) in WHOLE:
            return gives_network(inside, scope)
        case Name() | Attribute() | Call():
            values = scope.values(expression)
            if any(is_network(each, scope.program.evaluator) for each in values):
                return True
            if any(isinstance(each, Instance | Library) for each in values):
                return False
            return isinstance(expression, Name | Attribute) and is_asked(expression, scope)
    return False


def is_asked(name: Expression, scope: Scope) -> bool:
    """Tell whether a function asks a name for what only a network has."""
    text = dotted(name)
    asked = {
        part.attr
        for statement, _ in scope.placed
        for part in subexpressions(statement[1:])
        if isinstance(part, Attribute) and dotted(part.value) == text
    }
    return not asked.isdisjoint(OF_NETWORKS) and asked.isdisjoint({"param_groups", "predict_proba"})
