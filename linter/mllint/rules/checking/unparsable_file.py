"""MLX002."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...span import Span
from ..base import Note, Report, Rule


class UnparsableFile(Rule):
    """A file can't be read as Python, so nothing in it was checked.

    A run that left such files out in silence would say that all is well where it has not looked:
    a syntax error, Python 2, a broken notebook, an encoding that is not the declared one, or a file
    that may not be read. What the file does for others, such as seeding, is not known either.

    Mend the file; or leave it out with ``extend-exclude``, if it is not meant to be Python. It is
    reported whatever rules are selected, unless it is ignored by its name: ``--ignore MLX002``.
    """

    code = "MLX002"
    name = "unparsable-file"
    severity = "error"
    bad = (
        "def train(:\n    pass\n",
        "print 'loss', loss\n",
        {"explore.ipynb": '{"cells": [{"cell_type": "code", "source": "x = ("}]}'},
    )
    good = (
        "print('loss', loss)\n",
        {"explore.ipynb": '{"cells": [{"cell_type": "code", "source": "%matplotlib inline"}]}'},
        # IPython takes away the indentation of a cell, and % within brackets is Python's.
        {
            "explore.ipynb": '{"cells": [{"cell_type": "code", "source": '
            "\"  %time total = sum(x)\\n  print('%d'\\n  % total)\"}]}"
        },
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each file that could not be read, or not all of it."""
        for module in program.unparsable:
            failure = module.source.outline.failure
            if failure is not None:
                span = Span(failure.line, failure.column, failure.line, failure.column + 1)
                yield Report(module, span, None, f"File not checked, {failure.message}")
        for module in program.modules:
            if not module.source.outline.gaps:
                continue
            gap, *others = module.source.outline.gaps
            what = f"This cell and {len(others)} more" if others else "Cell"
            notes = tuple(Note(f"nor is this one, {e.message}", module, e.line) for e in others)
            span = Span(gap.line, gap.column, gap.line, gap.column + 1)
            yield Report(module, span, None, f"{what} not checked, {gap.message}", notes)
