"""A fit, written once more for a part of the rows: the first part teaches, others are changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..facts.expressions import Expression, Name
from ..facts.statements import Statement, header
from .changes import Source
from .fits import Fit
from .names import same


class Swapping(NamedTuple):
    """What stands for what in the statements of a fit that are written for a part.

    Attributes:
        fit: The fit.
        parts: What the parts of each of the rows are called, the training part first.
        learner: The name of what learns, which may be a new one.
    """

    fit: Fit
    parts: Mapping[str, tuple[str, ...]]
    learner: str

    def swaps(self, statement: Statement, number: int) -> Iterator[tuple[Expression, Source]]:
        """Yield what stands for what in a statement, for one of the parts."""
        yield from self._within(header(statement), number)

    def _within(self, part: object, number: int) -> Iterator[tuple[Expression, Source]]:
        fit, parts = self.fit, self.parts
        known = [(row, parts[name]) for name, row in zip(fit.made, fit.rows, strict=True)]
        known += [(Name(name), names) for name, names in parts.items()]
        if part is fit.call and number and fit.applied is fit.statement:
            if fit.target:
                yield fit.call, f"{self.learner}.transform({known[0][1][number]})"
                return
            yield fit.call.func, f"{self.learner}.transform"
            part = fit.call.args
        elif part is fit.call and fit.stand_in:
            yield fit.call.func, f"{self.learner}.fit_transform"
            part = fit.call.args
        if part is fit.maker and fit.maker is not None and not fit.resamples:
            yield fit.maker, self.learner
            return
        for expression, names in known:
            if same(part, expression):
                yield part, names[number]  # type: ignore[misc]
                return
        if isinstance(part, tuple):
            for each in part:
                yield from self._within(each, number)
