"""What a library's call does to rows, by its name."""

from __future__ import annotations

from collections.abc import Iterable

from ..knowledge import Knowledge

# Classes, by what their instances do to rows; the first that fits a name is meant.
CLASSES = (
    *("stateless-transformer", "target-encoder", "category-encoder", "vectorizer", "vocabulary"),
    *(
        "chooser",
        "selector",
        "under-sampler",
        "resampler",
        "search",
        "pipeline",
        "splitter",
        "cluster",
        "transformer",
        "model",
    ),
)
FUNCTIONS = (
    *("part-each", "part-one", "cross-validate", "transform-function", "resample-function"),
    *(
        "select-function",
        "zscore",
        "train-function",
        "cross-validate-rows",
        "statistic",
        "reader",
        "row-property",
    ),
    *("display", "chooser", "labelled-rows", "row-function"),
)
METHODS = (
    *("statistic", "select-function", "part-one", "row-property", "join-method"),
    *("display-method",),
)
# What becomes of the columns of what a function or method, or a transformer's instance, is handed.
COLUMNS = (
    *("same-columns", "same-columns-computed", "array-columns", "one-column", "coded-columns"),
)
# What an instance's fit learns.
LEARNS = {
    "transformer": "transform",
    "category-encoder": "transform",
    "target-encoder": "encoding",
    "vectorizer": "vectorizer",
    "vocabulary": "vocabulary",
    "selector": "selection",
    "resampler": "resampling",
    "under-sampler": "thinning",
    "search": "model",
    "model": "model",
    "cluster": "cluster",
}


class Meanings:
    """Looks names up, each once.

    Args:
        knowledge: What is known of libraries.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.known: dict[tuple[str, tuple[str, ...]], str] = {}
        self.canonical_names: dict[str, str] = {}

    def canonical(self, name: str) -> str:
        """Return a library name in the form that the knowledge uses."""
        found = self.canonical_names.get(name)
        if found is None:
            found = self.canonical_names[name] = self.knowledge.canonical(name)
        return found

    def of_class(self, name: str) -> str:
        """Return what the instances of a class do, for the name of its constructor; or nothing."""
        last = name.rpartition(".")[2]
        if "()" in name or "[]" in name or not (last[:1].isupper() or last.startswith("make_")):
            return ""
        return self._first(name, CLASSES)

    def learns_when_made(self, name: str) -> bool:
        """Tell whether an instance of a class learns from what its constructor is handed."""
        return bool(self._first(name, ("learned-when-made",)))

    def of_function(self, name: str) -> str:
        """Return what a function does to the rows that it is handed; or nothing."""
        return "" if "()" in name or "[]" in name else self._first(name, FUNCTIONS)

    def of_method(self, name: str) -> str:
        """Return what a method does to the rows that it is called on; or nothing."""
        return self._first(f".{name}", METHODS)

    def of_columns(self, name: str) -> str:
        """Return what becomes of columns behind a function or method; or nothing."""
        return self._first(name, COLUMNS)

    def is_binning(self, name: str) -> bool:
        """Tell whether a function divides values at their quantiles."""
        return bool(self._first(name, ("binning-function",)))

    def is_metric(self, names: Iterable[str]) -> bool:
        """Tell whether a function computes a metric of predictions."""
        return any(self._first(name, ("row-metric",)) for name in names)

    def is_curve(self, names: Iterable[str]) -> bool:
        """Tell whether a metric is no score: a curve, or a comparison of labelings."""
        return any(self._first(name, ("curve",)) for name in names)

    def is_search(self, names: Iterable[str]) -> bool:
        """Tell whether a call tries a function again and again, and keeps what scores best."""
        return any(self._first(name, ("search-function",)) for name in names)

    def _first(self, name: str, meanings: tuple[str, ...]) -> str:
        key = name, meanings
        found = self.known.get(key)
        if found is None:
            matching = (each for each in meanings if self.knowledge.means(each, (name,)))
            found = self.known[key] = next(matching, "")
        return found


def class_of(name: str) -> tuple[str, str]:
    """Take ``sklearn.svm.SVC().fit`` apart: the class and the method."""
    made, _, method = name.rpartition("().")
    return (made, method) if made and "." not in method else ("", "")
