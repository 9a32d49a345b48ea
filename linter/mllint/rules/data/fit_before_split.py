"""MLD001."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.leaks import leaks_of
from ..base import Report, Rule
from ..leakage import callee, confidence_of, learner, notes_of, split_name

KINDS = frozenset({"transform", "vectorizer", "encoding", "unknown"})


class FitBeforeSplit(Rule):
    """A scaler, imputer, encoder or the like is fitted on rows that are split only later.

    What it learns (means, ranges, categories, components) comes from the held-out rows too, and the
    model is then scored on rows that have shaped its inputs: the score is better than that on new
    data. See "Data leakage" in scikit-learn's "Common pitfalls".

    Split first, fit on the training part, and transform the others; or put the transformation and
    the model into one Pipeline, which does so by itself. Encoders of a target's classes, and
    transformations that learn nothing, are left alone.
    """

    code = "MLD001"
    name = "fit-before-split"
    severity = "error"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = pd.read_csv("churn.csv")
X, y = data.drop(columns="churned"), data["churned"]
X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        {
            "train.py": """
from features import prepare
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
import pandas as pd

def main():
    X, y = prepare(pd.read_csv("cells.csv"))
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = RandomForestClassifier(random_state=0)
    model.fit(X_train, y_train)
    print(model.score(X_test, y_test))

if __name__ == "__main__":
    main()
""",
            "features.py": """
from sklearn.decomposition import PCA

def prepare(table):
    y = table.pop("label")
    return PCA(8).fit_transform(table.values), y
""",
        },
    )
    good = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, Normalizer, StandardScaler

data = pd.read_csv("churn.csv")
X, y = data.drop(columns="churned"), LabelEncoder().fit_transform(data["churned"])
X = Normalizer().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X_train)
model = LogisticRegression().fit(scaler.transform(X_train), y_train)
print(model.score(scaler.transform(X_test), y_test))
everything = StandardScaler().fit_transform(X)
LogisticRegression().fit(everything, y)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each fit that saw both sides of a split."""
        for leak in leaks_of(program):
            if leak.fit.kind not in KINDS or leak.has_seen != "all":
                continue
            if leak.split is None or leak.split.kind == "folds":
                continue
            spot = leak.fit.spot
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{callee(leak)} learns from {learner(leak)} before {split_name(leak)} holds "
                "rows out: split first and fit on the training part, or fit it in a Pipeline.",
                notes_of(leak),
                "low" if leak.is_inner else confidence_of(leak),
            )
