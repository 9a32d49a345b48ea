"""MLD016."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.spelling import shortened
from ..base import Report, Rule
from ..splits import fit_note, random_splits
from .shuffled_time_split import first_argument


class DuplicatedBeforeSplit(Rule):
    """Rows are repeated, and then split at random.

    Copies of one row, or a row and its augmented copy, land on both sides, so the model is tested
    on rows that it was trained on.

    Split first, and repeat or augment the training part only.
    """

    code = "MLD016"
    name = "duplicated-before-split"
    severity = "error"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("cases.csv")
df = pd.concat([df, df], ignore_index=True)
X_train, X_test, y_train, y_test = train_test_split(df[["a", "b"]], df["y"], random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

images, labels = np.load("images.npy"), np.load("labels.npy")
flipped = np.flip(images, axis=2)
images = np.concatenate([images, flipped])
labels = np.concatenate([labels, labels])
X_train, X_test, y_train, y_test = train_test_split(images, labels, random_state=0)
print(SVC().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

df = pd.read_csv("cases.csv")
df = df.loc[df.index.repeat(5)]
train, test = train_test_split(df, random_state=0)
model = SVC().fit(train[["a"]], train["y"])
print(model.score(test[["a"]], test["y"]))
""",
    )
    good = (
        # An index that is put together class by class.
        """
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

X, y = np.load("x.npy"), np.load("y.npy")
chosen = np.empty((0,), dtype=int)
for each in np.unique(y):
    chosen = np.concatenate((chosen, np.flatnonzero(y == each)[:100]))
X_train, X_test, y_train, y_test = train_test_split(X[chosen], y[chosen], random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("cases.csv")
train, test = train_test_split(df, random_state=0)
train = pd.concat([train, train])
model = LogisticRegression().fit(train[["a"]], train["y"])
print(model.score(test[["a"]], test["y"]))
""",
        # Parts of one table, and columns beside columns.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("cases.csv")
df = pd.concat([df[df["a"] == 0], df[df["a"] == 1]])
df = pd.concat([df, pd.get_dummies(df["b"])], axis=1)
other = pd.read_csv("more.csv")
df = pd.concat([df, other])
X_train, X_test, y_train, y_test = train_test_split(df[["a", "b"]], df["y"], random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each random split of rows that were repeated."""
        for splitting in random_splits(program):
            fits = {
                mark.fit for mark in splitting.data.flat.marks if mark.fit.kind == "duplication"
            }
            for fit in sorted(fits, key=lambda each: each.spot.line)[:1]:
                spot = fit.spot
                split = splitting.split.spot
                yield Report(
                    spot.module,
                    spot.statement,
                    spot.part,
                    f"`{shortened(spot.part, 40)}` repeats rows, and {first_argument(splitting)} "
                    "is then split at random, so copies land on both sides: split first, and "
                    "repeat rows of the training part only.",
                    (fit_note(fit._replace(spot=split), "the rows are split here"),),
                    "medium",
                )
