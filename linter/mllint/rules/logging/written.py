"""What a program writes to a file that is no metric, though nothing tells what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from ...closure import Closure
from ...facts.expressions import Attribute, Call, Expression, Mapping, Name, Sequence, Subscript
from ...program.activity import Site
from ...program.order import in_order
from ...program.program import Program
from ...program.training import Training
from ...program.values import Frame, Library
from ..learning import Learning, is_learning, is_network, learning_of
from ..origins import Given, Origins, place

READERS = ("pandas.read_", "polars.read_")


class Written(Origins):
    """Tells of what one program writes to files that it is no metric.

    Args:
        program: The program.
        training: What it carries out.
    """

    def __init__(self, program: Program, training: Training) -> None:
        super().__init__(program.graph(training.reach))
        self.program = program
        self.training = training
        self.read: Closure[Given] = Closure(place, self._sources)

    def is_other(self, site: Site) -> bool:
        """Tell whether a call writes a network, rows that were read, or what was there before."""
        return (
            self.is_network(site)
            or self.is_of_rows(site)
            or (id(site.call) in self.before and not self.learning.is_repeated(site))
        )

    def is_network(self, site: Site) -> bool:
        """Tell whether all that a call hands over first is a network: ``pickle.dump(model, f)``."""
        values = [v for e in site.call.args[:1] for v in self.evaluator.evaluate(e, site.frame)]
        return any(is_network(value, self.evaluator) for value in values)

    def is_of_rows(self, site: Site) -> bool:
        """Tell whether a call writes a table of rows that were read, as predictions are."""
        func = site.call.func
        return isinstance(func, Attribute) and bool(self.read.level((func.value, site.frame)))

    def _sources(self, given: Given) -> Iterator[Given | int]:
        """Yield what a table is made of, and true where it is read."""
        expression, frame = given
        match expression:
            case Name():
                yield from self.origins(expression, frame)
            case Attribute(value) | Subscript(value):
                yield value, frame
            case Sequence(_, items):
                yield from ((each, frame) for each in items)
            case Mapping(pairs):
                yield from ((value, frame) for _, value in pairs)
            case Call(func, args):
                yield self._reads(func, frame)
                yield from ((each, frame) for each in args)
                if isinstance(func, Attribute):
                    yield func.value, frame
                yield from self.returned(expression, frame)

    def _reads(self, func: Expression, frame: Frame) -> bool:
        return any(
            isinstance(value, Library) and value.name.startswith(READERS)
            for value in self.evaluator.evaluate(func, frame)
        )

    @property
    def learning(self) -> Learning:
        """What knows the loops in which the program learns."""
        return learning_of(self.graph, self.program.knowledge)

    @property
    def before(self) -> frozenset[int]:
        """The calls, by id, that are over before the program learns."""
        return self.graph.once(Written, self._before)

    def _before(self) -> frozenset[int]:
        found = set()
        for site, _ in in_order(self.training.entry, self.program.explorer):
            if is_learning(site, self.program.knowledge, self.evaluator):
                break
            found.add(id(site.call))
        return frozenset(found)
