"""MLD005."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.leaks import Leak, leaks_of
from ..base import Report, Rule
from ..leakage import callee, confidence_of, fix_of, learner, notes_of

KINDS = frozenset({"transform", "vectorizer"})


def is_sliced(leak: Leak) -> bool:
    """Tell whether a slice holds other rows out of all that was seen."""
    return all(
        any(s.split.kind in ("slice", "files") for s in region.path) for region in leak.fit.learned
    )


class PreprocessOutsideCv(Rule):
    """A transformation is fitted once, outside of the cross-validation that judges the model.

    Each fold's held-out rows have then shaped the features of its training rows, so the scores, and
    the parameters that a search picks by them, are better than on new data. See "Data leakage" in
    scikit-learn's "Common pitfalls".

    Put the transformation and the model into one Pipeline and cross-validate that; in a loop over
    folds, fit on each fold's training part. The fix makes the Pipeline where all that is fitted is
    cross-validated by a function or a search, and names the parameters after their step; a fit
    above a loop over folds goes into it, where the loop takes rows by the fold's indices alone. It
    is unsafe: scores change.
    """

    code = "MLD005"
    name = "preprocess-outside-cv"
    severity = "warning"
    bad = (
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
scaled = StandardScaler().fit_transform(X)
search = GridSearchCV(SVC(), {"C": [1, 10]}).fit(scaled, y)
print(search.best_score_)
""",
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
X = MinMaxScaler().fit_transform(X)
scores = []
for train, test in KFold(5).split(X):
    model = SVC().fit(X[train], y[train])
    scores.append(model.score(X[test], y[test]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

data = pd.read_csv("houses.csv")
y = data.pop("price")
scaler = StandardScaler()
scaler.fit(data)
scaled = pd.DataFrame(scaler.transform(data), columns=data.columns)
print(scaled.describe())
for alpha in (0.1, 1):
    print(cross_val_score(Ridge(alpha), scaled, y, cv=5))
model = Ridge()
print(cross_val_score(model, scaled, y))
""",
        # What is predicted would be scaled by nothing.
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import RandomizedSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
search = RandomizedSearchCV(SVC(), {"C": [1, 10]}).fit(X, y)
print(search.predict(X))
""",
    )
    fixed = (
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
search = GridSearchCV(make_pipeline(StandardScaler(), SVC()), {"svc__C": [1, 10]}).fit(X, y)
print(search.best_score_)
""",
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
scores = []
for train, test in KFold(5).split(X):
    X_train, X_test = X[train], X[test]
    min_max_scaler = MinMaxScaler()
    X_train = min_max_scaler.fit_transform(X_train)
    X_test = min_max_scaler.transform(X_test)
    model = SVC().fit(X_train, y[train])
    scores.append(model.score(X_test, y[test]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = pd.read_csv("houses.csv")
y = data.pop("price")
scaler = StandardScaler()
scaler.fit(data)
scaled = pd.DataFrame(scaler.transform(data), columns=data.columns)
print(scaled.describe())
for alpha in (0.1, 1):
    print(cross_val_score(make_pipeline(scaler, Ridge(alpha)), data, y, cv=5))
model = Ridge()
print(cross_val_score(make_pipeline(scaler, model), data, y))
""",
        None,
    )
    good = (
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
model = make_pipeline(StandardScaler(), SVC())
search = GridSearchCV(model, {"svc__C": [1, 10]}).fit(X, y)
print(search.best_score_)
""",
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
scores = []
for train, test in KFold(5).split(X):
    scaler = MinMaxScaler().fit(X[train])
    model = SVC().fit(scaler.transform(X[train]), y[train])
    scores.append(model.score(scaler.transform(X[test]), y[test]))
""",
        """
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X_train)
search = GridSearchCV(SVC(), {"C": [1, 10]}).fit(scaler.transform(X_train), y_train)
print(search.score(scaler.transform(X_test), y_test))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each transformation that saw all folds."""
        for leak in leaks_of(program):
            if leak.fit.kind not in KINDS or leak.has_seen != "all":
                continue
            if leak.split is not None and leak.split.kind != "folds":
                continue
            spot = leak.fit.spot
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{callee(leak)} learns from all of {learner(leak)} before it is cross-validated: "
                "fit it within each fold, in a Pipeline with the model.",
                notes_of(leak),
                "low" if leak.is_inner or is_sliced(leak) else confidence_of(leak),
                fix_of(leak, program, "Fit it in a Pipeline with the model"),
            )
