"""What is reached from a node of a graph with cycles, found once for each node.

To ask what a value comes from, name by name, is to walk a graph: a loop's variable is given by what
it gave before. A walk that stops where it has been already must not keep what it found in between,
for that may hang on what is not found yet; and one that keeps nothing takes for ever. So the nodes
of a cycle are kept together, once all of it has been walked (Tarjan 1972): each node and each edge
is looked at once, however many questions there are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Node = TypeVar("Node")


@dataclass(eq=False)
class Visit(Generic[Node]):
    """A node on the way.

    Attributes:
        key: What it is known by.
        node: Keeps alive what the key may be the id of.
        steps: What it leads to, as far as that is not walked yet.
        number: How many nodes were met before it.
        lowest: The first node on the way that is reached from it.
        level: The highest that was met so far.
    """

    key: Hashable
    node: Node
    steps: Iterator[Node | int]
    number: int
    lowest: int
    level: int = 0


@dataclass(eq=False)
class Closure(Generic[Node]):
    """The highest level that is reached from each node.

    Args:
        key: Gives what a node is known by.
        steps: Gives the nodes that one leads to, and the levels that it has by itself.
        top: The highest level: where it is met, nothing more needs to be looked for.
    """

    key: Callable[[Node], Hashable]
    steps: Callable[[Node], Iterator[Node | int]]
    top: int = 1
    known: dict[Hashable, tuple[Node, int]] = field(default_factory=dict)

    def level(self, node: Node) -> int:
        """Return the highest level that is reached from a node; 0 if there is none."""
        key = self.key(node)
        found = self.known.get(key)
        return self._walk(key, node) if found is None else found[1]

    def _walk(self, start: Hashable, node: Node) -> int:
        open_nodes: dict[Hashable, Visit[Node]] = {}  # met, and not known yet, in that order

        def enter(key: Hashable, node: Node) -> Visit[Node]:
            number = len(open_nodes)
            open_nodes[key] = visit = Visit(key, node, self.steps(node), number, number)
            return visit

        way = [enter(start, node)]
        while way:
            visit = way[-1]
            for step in visit.steps:
                if isinstance(step, int):
                    level = step
                else:
                    key = self.key(step)
                    known = self.known.get(key)
                    met = open_nodes.get(key)
                    if known is not None:
                        level = known[1]
                    elif met is not None:
                        visit.lowest = min(visit.lowest, met.number)
                        level = met.level
                    else:
                        way.append(enter(key, step))
                        break
                visit.level = max(visit.level, level)
                if level >= self.top:  # all that are open lead here
                    self._close(open_nodes, 0, level)
                    return level
            else:
                way.pop()
                if way:
                    way[-1].lowest = min(way[-1].lowest, visit.lowest)
                    way[-1].level = max(way[-1].level, visit.level)
                if visit.lowest == visit.number:
                    self._close(open_nodes, visit.number, visit.level)
        return self.known[start][1]

    def _close(self, open_nodes: dict[Hashable, Visit[Node]], first: int, level: int) -> None:
        """Keep what was found of a cycle: the same for all of its nodes."""
        while len(open_nodes) > first:
            key, visit = open_nodes.popitem()
            self.known[key] = visit.node, level
