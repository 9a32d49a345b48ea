"""What happens again and again while a program learns."""

from __future__ import annotations

import re

from ..facts.expressions import Attribute
from ..facts.statements import Statement
from ..knowledge import Knowledge
from ..program.activity import Site
from ..program.evaluation import Evaluator
from ..program.graph import CallGraph
from ..program.symbols import Owner
from ..program.values import Instance, Library

# What makes a network; not torch.nn.functional.relu(x), and not a network's output.
_MADE = re.compile(
    r"(torch\.nn\.(modules\.\w+\.|parallel\.\w*\.?)?(?!Parameter)[A-Z]\w*"
    r"|torchvision\.models\.\w+|timm\.create_model|transformers\.\w+\.from_pretrained)\(\)"
)
NETWORK_CLASSES = ("Module", "Sequential", "ModuleList", "PreTrainedModel")


class Learning:
    """The loops of a program in which it trains or evaluates a model step by step."""

    def __init__(self, graph: CallGraph, knowledge: Knowledge) -> None:
        self.graph = graph
        self.knowledge = knowledge
        learning = graph.reach.where(is_learning, knowledge, graph.evaluator)
        self.owners: set[Owner] = graph.leading_to(learning)
        self.known: dict[int, bool] = {}

    def is_repeated(self, site: Site) -> bool:
        """Tell whether a call happens in a loop in which a model is trained or evaluated."""
        return any(self._is_live(*each) for each in self.graph.loops_around(site))

    def _is_live(self, owner: Owner, loop: Statement) -> bool:
        found = self.known.get(id(loop))
        if found is None:
            found = self.known[id(loop)] = any(
                is_learning(site, self.knowledge, self.graph.evaluator)
                or any(function in self.owners for function in self.graph.called(site))
                for site in self.graph.within(owner, loop)
            )
        return found


def learning_of(graph: CallGraph, knowledge: Knowledge) -> Learning:
    """Return what knows the loops in which a program learns; the same for all who ask."""
    return graph.once(Learning, lambda: Learning(graph, knowledge))


def is_learning(site: Site, knowledge: Knowledge, evaluator: Evaluator) -> bool:
    """Tell whether a call is a training step, runs a graph, or calls a model or a loss."""
    func = site.call.func
    if isinstance(func, Attribute) and func.attr in ("backward", "manual_backward"):
        return True
    if any(knowledge.means(each, site.names) for each in ("step", "fetch")):
        return True
    if knowledge.owner(site.names) is not None:
        return True
    return any(is_network(value, evaluator) for value in site.values)


def is_network(value: object, evaluator: Evaluator) -> bool:
    """Tell whether a value is a network or loss, an instance of ``torch.nn.Module``."""
    if isinstance(value, Library):
        return _MADE.fullmatch(value.name) is not None
    return isinstance(value, Instance) and any(
        isinstance(each, Library)
        and (each.name.startswith("torch.nn.") or each.name.endswith(NETWORK_CLASSES))
        for each in evaluator.ancestry(value.symbol)
    )
