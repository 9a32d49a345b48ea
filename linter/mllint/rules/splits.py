"""What several rules ask of a split."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.expressions import Constant
from ..program.program import Program
from ..rows.analysis import rows_of
from ..rows.events import Splitting
from ..rows.provenance import Fit
from .base import Note

FALSE = Constant(False)


def is_random(splitting: Splitting) -> bool:
    """Tell whether rows are put into the parts at random, each by itself."""
    name = splitting.name.rpartition(".")[2]
    if "Group" in name or name.startswith(("TimeSeries", "Leave", "Predefined")):
        return False
    if name == "train_test_split":
        return splitting.call is None or splitting.call.keyword("shuffle") != FALSE
    if name.endswith("Fold"):
        made = splitting.made
        return made is not None and made.argument("shuffle", 1) == Constant(True)
    return name.endswith("ShuffleSplit") or name in ("random_split", "randomSplit")


def random_splits(program: Program) -> Iterator[Splitting]:
    """Yield the random splits of a program, each place once."""
    seen: set[int] = set()
    for splitting in rows_of(program).splittings:
        key = id(splitting.split.spot.part)
        if key not in seen and is_random(splitting):
            yield splitting
            seen.add(key)


def fit_note(fit: Fit, text: str) -> Note:
    """Return where something was done to rows."""
    return Note(text, fit.spot.module, fit.spot.line)
