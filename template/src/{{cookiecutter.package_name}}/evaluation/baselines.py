"""What the model is compared with: a trivial baseline and classical ones.

All are fitted on the training split only, without augmentation. A network that does not beat the
class frequencies has learnt nothing; one that does not beat gradient boosting on a table may
not be worth its cost (Grinsztajn et al. 2022, arXiv:2207.08815).
"""

import logging
import warnings

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .metrics import FloatArray, IntArray

logger = logging.getLogger(__name__)

Features = npt.NDArray[np.floating]


def build_baselines(kind: str, random_state: int) -> dict[str, ClassifierMixin]:
    """Return unfitted baselines by name for a kind of data.

    Args:
        kind: "vision" or "tabular".
        random_state: seeds every estimator that draws numbers.
    """
    baselines: dict[str, ClassifierMixin] = {
        # Always the most frequent class; its probabilities are the class frequencies.
        "majority_class": DummyClassifier(strategy="prior", random_state=random_state),
        "logistic_regression": make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=500, random_state=random_state)
        ),
    }
    if kind == "tabular":
        baselines["gradient_boosting"] = HistGradientBoostingClassifier(random_state=random_state)
    return baselines


def choose_rows(samples: int, most: int, random_state: int) -> IntArray:
    """Return at most ``most`` row numbers below ``samples``, sorted, drawn without replacement.

    A linear model on all pixels of a big data set would take longer than the evaluation itself.
    """
    if samples <= most:
        return np.arange(samples, dtype=np.int64)
    drawn = np.random.default_rng(random_state).choice(samples, size=most, replace=False)
    rows: IntArray = np.sort(drawn).astype(np.int64)
    return rows


def fit_and_predict(
    baseline: ClassifierMixin,
    train_inputs: Features,
    train_targets: IntArray,
    inputs: Features,
    classes: int,
) -> FloatArray | None:
    """Fit a baseline on training rows and return its probabilities for other rows.

    Args:
        baseline: an unfitted estimator with ``predict_proba``.
        train_inputs: (N, …) of the training split; flattened here.
        train_targets: (N,) class numbers.
        inputs: (M, …) to predict.
        classes: how many classes the data set has; one that training lacks gets probability 0.

    Returns:
        (M, classes) float64, or None where this baseline needs more than one class to fit.
    """
    dummy = isinstance(baseline, DummyClassifier)
    if not dummy and len(np.unique(train_targets)) < 2:
        logger.warning("the training split has a single class: no baseline beyond the majority")
        return None
    with warnings.catch_warnings():
        # A baseline stopped at max_iter is still a baseline.
        warnings.simplefilter("ignore", ConvergenceWarning)
        baseline.fit(_flat(train_inputs), train_targets)
    known = baseline.predict_proba(_flat(inputs))
    probabilities = np.zeros((len(inputs), classes), dtype=np.float64)
    probabilities[:, baseline.classes_] = known
    return probabilities


def _flat(inputs: Features) -> FloatArray:
    return np.asarray(inputs, dtype=np.float64).reshape(len(inputs), -1)
