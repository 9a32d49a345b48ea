"""MLD002."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, dotted
from ...fixes.changes import Fix, Replace
from ...program.program import Program
from ...rows.leaks import Leak, leaks_of
from ..base import Report, Rule
from ..leakage import callee, confidence_of, learner, notes_of, split_name

KINDS = frozenset({"transform", "vectorizer", "encoding", "unknown"})


def transform_instead(leak: Leak) -> Fix | None:
    """Return the change to ``transform``, where the same object has learned from other rows."""
    call = leak.fit.spot.part
    match call:
        case Call(Attribute(value, "fit_transform") as function, (_,), ()) if leak.is_refit:
            name = dotted(value)
            if name and leak.has_seen == "test":
                change = Replace(leak.fit.spot.statement, function, f"{name}.transform")
                return Fix(f"Transform with the fitted {name}", (change,), True)
    return None


class FitOnTest(Rule):
    """A transformation is fitted on held-out rows.

    Fitted on the test part by itself, it maps the same raw value to another number than in
    training, so the score is not that of the model in use; fitted on both parts together, it tells
    the model about the rows that it is scored on. See "Data leakage" in scikit-learn's "Common
    pitfalls".

    Fit on the training part only, and call transform on every other one. Where the object has been
    fitted on the training part, the fix calls its transform; it is safe: only the defect goes.
    """

    code = "MLD002"
    name = "fit-on-test"
    severity = "error"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.fit_transform(X_test)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    )
    fixed = (bad[0].replace("fit_transform(X_test)", "transform(X_test)"),)
    good = (
        # One column for each class of the target, and a class for what is above its mean.
        """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder

class Trial:
    def prepare(self, X, Y):
        self.X, self.X_test, y_train, y_test = train_test_split(X, Y, random_state=0)
        bins = np.array([0, Y.mean(), 100])
        names = OneHotEncoder(sparse_output=False)
        self.y = names.fit_transform(np.digitize(y_train, bins).reshape(-1, 1))
        self.y_test = names.fit_transform(np.digitize(y_test, bins).reshape(-1, 1))
""",
        # Each sample, or window of a series, is scaled by itself.
        """
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.preprocessing import MinMaxScaler, StandardScaler

series, y = np.load("series.npy"), np.load("y.npy")
windows = []
for start in range(0, len(series) - 30, 1):
    window = np.array(series[start:start + 30, :])
    windows.append((MinMaxScaler().fit_transform(window) - np.mean(window, axis=0)).ravel())
cut = int(0.8 * len(y))
X_train, X_test = np.array(windows[:cut]), np.array(windows[cut:])
model = Ridge().fit(X_train, y[:cut])
print(model.score(X_test, y[cut:]))

train, test = np.load("train.npy"), np.load("test.npy")
for number in range(len(train)):
    train[number, :, :] = StandardScaler().fit_transform(train[number, :, :])
for number in range(len(test)):
    test[number, :, :] = StandardScaler().fit_transform(test[number, :, :])
model = Ridge().fit(train[:, -1], np.load("z.npy"))
print(model.predict(test[:, -1]))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each fit that saw held-out rows as such."""
        for leak in leaks_of(program):
            if leak.fit.kind not in KINDS or leak.has_seen == "all":
                continue
            if leak.fit.kind == "vectorizer" and leak.has_seen == "parts":  # MLD013's
                continue
            spot = leak.fit.spot
            where = f"which {split_name(leak)} holds out"
            if leak.has_seen == "other":
                where = "rows that test a model trained on others"
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{callee(leak)} learns from {learner(leak)}, {where}: "
                "fit on the training part only, and call transform here.",
                notes_of(leak),
                confidence_of(leak),
                transform_instead(leak),
            )
