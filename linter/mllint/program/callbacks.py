"""Which methods of the project's objects others call back: libraries, and whoever keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .evaluation import Evaluator
from .values import Instance, Library

# The methods that PyTorch itself calls of a network.
OF_NETWORK = frozenset(
    {"forward", "__call__", "__getattr__", "__setattr__", "__len__", "__iter__", "__getitem__"}
    | {"parameters", "named_parameters", "buffers", "modules", "children", "state_dict", "apply"}
    | {"load_state_dict", "_load_from_state_dict", "_save_to_state_dict", "get_extra_state"}
    | {"set_extra_state", "train", "eval", "to", "_apply", "zero_grad", "reset_parameters"}
    | {"extra_repr", "__repr__", "__deepcopy__", "__getstate__", "__setstate__"}
)
# Names of calls after which a model knows no more than before, and of methods by which it learns.
ASKING = re.compile(
    r"^__init__$|^_?(load|restore|resume|eval|evaluate|validate|test|predict|infer|score|sample"
    r"|generate|save|export|summary|close|create|build|make|init|initialize|setup|configure|prepare"
    r"|add|get|set|register|log|print|plot|show|reset)(_|$)"
)
TEACHING = re.compile(r"(^|_)(train|training|fit|learn|optimi[sz]e|update|step|backward)(_|$)")
# Methods by which an object is told what happens, and how it is kept to be told: a callback.
TOLD = re.compile(r"^(on|before|after)_|_(begin|start|end)$")
KEEPING_IN = frozenset({"append", "add", "insert", "extend"})


def called_of(
    instance: Instance, names: tuple[str, ...], evaluator: Evaluator
) -> frozenset[str] | None:
    """Return the methods of an object that library calls may call; None if that is any.

    PyTorch calls of a network what networks have, and no method that only the project knows. What
    makes, loads, asks or saves calls none that says that it trains.
    """
    if names and all(each.startswith("torch.") for each in names):
        for each in evaluator.ancestry(instance.symbol):
            if isinstance(each, Library) and each.name.startswith("torch.nn."):
                return OF_NETWORK
    if names and all(ASKING.search(each.rpartition(".")[2]) for each in names):
        own = methods_of(instance, evaluator)
        return frozenset(each for each in own if not TEACHING.search(each))
    return None


def told_of(instance: Instance, evaluator: Evaluator) -> frozenset[str]:
    """Return the methods of an object by which it is told what happens."""
    return frozenset(each for each in methods_of(instance, evaluator) if TOLD.search(each))


def methods_of(instance: Instance, evaluator: Evaluator) -> Iterator[str]:
    """Yield the names of an object's methods that the project defines, its constructor's aside."""
    for each in evaluator.ancestry(instance.symbol):
        if not isinstance(each, Library):
            yield from (name for name in each.methods if name != "__init__")
