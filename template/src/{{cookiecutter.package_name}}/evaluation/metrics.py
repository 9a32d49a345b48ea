"""Classification metrics of one split, in float64, through ``sklearn.metrics``.

Metrics are computed once over the whole split, never averaged over batches: AUROC and F1 are not
decomposable, and a mean of batch means weighs a short last batch too much.

A class that the split lacks has no recall and no AUROC. Such numbers are ``None`` (``null`` in
JSON), are left out of the macro averages, and are named in ``warnings``. A class that is present
but was never predicted has the precision 0, as scikit-learn's default has it.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassMetrics:
    """One class against the rest; ``None`` where the split can't define the number."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    auroc: float | None
    support: int


@dataclass(frozen=True)
class Average:
    """Mean of the per-class numbers over the classes that the split has."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Metrics:
    """All metrics of one split.

    ``auroc`` is that of the second class where there are two ("binary"), else the mean over the
    classes, each against the rest ("one-vs-rest macro"; Fawcett 2006, "An introduction to ROC
    analysis").
    ``balanced_accuracy`` is the mean recall over the classes that the split has.
    """

    samples: int
    accuracy: float
    balanced_accuracy: float
    log_loss: float
    auroc: float | None
    auroc_kind: str
    macro: Average
    weighted: Average
    per_class: tuple[ClassMetrics, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, strings and lists, fit for JSON: no NaN and no infinity."""
        return asdict(self)


def normalise_probabilities(probabilities: npt.ArrayLike) -> FloatArray:
    """Return the rows as float64 that sum to one.

    A softmax in float32 misses one by up to 1e-7, which is more than float64 metrics allow.

    Args:
        probabilities: (N, classes), not negative.

    Raises:
        ValueError: A value is negative, NaN or infinite, or a row is all zeros.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"probabilities must have the shape (N, classes), not {values.shape}")
    sums = values.sum(axis=1, keepdims=True)
    if not np.isfinite(values).all() or (values < 0).any() or (sums <= 0).any():
        raise ValueError("probabilities must be finite, not negative, and not all zero in a row")
    normalised: FloatArray = values / sums
    return normalised


def confusion(targets: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Return the counts (classes, classes): row = target, column = predicted."""
    counts: IntArray = confusion_matrix(targets, predicted, labels=np.arange(classes))
    return counts


def compute_metrics(
    targets: IntArray, probabilities: npt.ArrayLike, class_names: Sequence[str]
) -> Metrics:
    """Compute every metric of one split.

    Args:
        targets: (N,) class numbers.
        probabilities: (N, classes); the rows are normalised first.
        class_names: one per column of ``probabilities``.

    Raises:
        ValueError: The split is empty, the shapes disagree, or a value is out of range.
    """
    scores = normalise_probabilities(probabilities)
    classes = len(class_names)
    _check(targets, scores, classes)
    predicted = scores.argmax(axis=1)
    labels = np.arange(classes)
    support = np.bincount(targets, minlength=classes)
    present = support > 0
    precision, recall, f1, _ = precision_recall_fscore_support(
        targets, predicted, labels=labels, average=None, zero_division=0.0
    )
    aurocs = [_one_vs_rest_auroc(targets, scores, index) for index in range(classes)]
    per_class = tuple(
        ClassMetrics(
            name=str(class_names[index]),
            precision=float(precision[index]) if present[index] else None,
            recall=float(recall[index]) if present[index] else None,
            f1=float(f1[index]) if present[index] else None,
            auroc=aurocs[index],
            support=int(support[index]),
        )
        for index in range(classes)
    )
    by_class = np.stack([precision, recall, f1])[:, present]  # (3, classes present)
    macro = by_class.mean(axis=1)
    weighted = (by_class * (support[present] / support.sum())).sum(axis=1)
    auroc, auroc_kind = _headline_auroc(aurocs)
    return Metrics(
        samples=len(targets),
        accuracy=float(accuracy_score(targets, predicted)),
        balanced_accuracy=float(macro[1]),
        log_loss=float(log_loss(targets, scores, labels=labels)) if classes > 1 else 0.0,
        auroc=auroc,
        auroc_kind=auroc_kind,
        macro=Average(*macro.tolist()),
        weighted=Average(*weighted.tolist()),
        per_class=per_class,
        warnings=_warnings(class_names, present),
    )


def _check(targets: IntArray, scores: FloatArray, classes: int) -> None:
    if len(targets) == 0:
        raise ValueError("the split is empty: there is nothing to measure")
    if scores.shape != (len(targets), classes):
        raise ValueError(
            f"probabilities have the shape {scores.shape}, but there are {len(targets)} targets "
            f"and {classes} classes"
        )
    if targets.min() < 0 or targets.max() >= classes:
        raise ValueError(f"targets must lie between 0 and {classes - 1}")


def _one_vs_rest_auroc(targets: IntArray, scores: FloatArray, index: int) -> float | None:
    """Return the AUROC of one class, or None where the split lacks it or has nothing else."""
    is_class = targets == index
    if is_class.all() or not is_class.any():
        return None
    return float(roc_auc_score(is_class, scores[:, index]))


def _headline_auroc(aurocs: Sequence[float | None]) -> tuple[float | None, str]:
    if len(aurocs) == 2:
        return aurocs[1], "binary"
    defined = [value for value in aurocs if value is not None]
    mean = math.fsum(defined) / len(defined) if defined else None
    return mean, "one-vs-rest macro"


def _warnings(class_names: Sequence[str], present: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    warnings = []
    if not present.all():
        absent = [str(name) for name, here in zip(class_names, present, strict=True) if not here]
        named = ", ".join(absent[:10]) + (", …" if len(absent) > 10 else "")
        warnings.append(
            f"{len(absent)} of {len(absent) + int(present.sum())} classes have no sample in this "
            f"split ({named}): their metrics are null and macro averages leave them out"
        )
    if present.sum() == 1:
        warnings.append("the split has a single class: AUROC is not defined")
    return tuple(warnings)
