"""MLD006."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.analysis import rows_of
from ...rows.events import Evaluation, Events, Fitting
from ...rows.provenance import Fit
from ...rows.spelling import shortened
from ..base import Note, Report, Rule

REARRANGED = frozenset({"lag", "look-ahead"})  # of earlier rows, as a rule


class TargetEncodingLeak(Rule):
    """A feature is the target's mean of each group, taken over the rows that are tested on, too.

    Each row's own target is then in its feature, that of the held-out rows among them: the smaller
    the groups, the more of the answer the model is told. In use the target is not there yet.

    Split first, compute the statistic on the training part and map it to the others; better still,
    encode the training rows out of fold, as scikit-learn's TargetEncoder does by itself.
    """

    code = "MLD006"
    name = "target-encoding-leak"
    severity = "error"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
data["town_price"] = data.groupby("town")["price"].transform("mean")
train, test = train_test_split(data, random_state=0)
model = Ridge().fit(train[["rooms", "town_price"]], train["price"])
print(model.score(test[["rooms", "town_price"]], test["price"]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
data["town_price"] = data["town"].map(data.groupby("town")["price"].mean())
X, y = data.drop(columns=["price", "town"]), data["price"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    good = (
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
train, test = train_test_split(data, random_state=0)
means = train.groupby("town")["price"].mean()
train["town_price"], test["town_price"] = train["town"].map(means), test["town"].map(means)
model = Ridge().fit(train[["rooms", "town_price"]], train["price"])
print(model.score(test[["rooms", "town_price"]], test["price"]))
""",
        # A statistic of another column.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
data["town_rooms"] = data.groupby("town")["rooms"].transform("mean")
train, test = train_test_split(data, random_state=0)
model = Ridge().fit(train[["rooms", "town_rooms"]], train["price"])
print(model.score(test[["rooms", "town_rooms"]], test["price"]))
""",
        # Looked at, and no feature.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
print(data.groupby("town")["price"].mean())
train, test = train_test_split(data, random_state=0)
model = Ridge().fit(train[["rooms"]], train["price"])
print(model.score(test[["rooms"]], test["price"]))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each statistic of the target that held-out rows are in."""
        events = rows_of(program)
        seen: set[int] = set()
        for fitting in events.fittings:
            for fit in encodings(fitting):
                use = tested_on(fit, events)
                if use is None or id(fit.spot.part) in seen:
                    continue
                seen.add(id(fit.spot.part))
                yield Report(
                    fit.spot.module,
                    fit.spot.statement,
                    fit.spot.part,
                    f"`{shortened(fit.spot.part, 50)}` gives the features the target's own values, "
                    "those of held-out rows among them: compute it on the training part and map "
                    "it to the others.",
                    (
                        Note(
                            "a model learns from it here",
                            fitting.fit.spot.module,
                            fitting.fit.spot.line,
                        ),
                        Note("held-out rows are used here", use.spot.module, use.spot.line),
                    ),
                    "medium",
                )


def encodings(fitting: Fitting) -> Iterator[Fit]:
    """Yield the statistics of groups of the target among the features of a fit."""
    target = fitting.target.flat.columns
    marks = fitting.data.flat.marks
    if fitting.fit.kind != "model" or not target:
        return
    if any(mark.fit.kind in REARRANGED for mark in marks):
        return
    for mark in marks:
        if mark.fit.kind == "group-statistic" and mark.fit.columns == target:
            yield mark.fit


def tested_on(fit: Fit, events: Events) -> Evaluation | None:
    """Return a use of held-out rows that a statistic was computed on, if there is one."""
    for use in events.evaluations:
        for region in use.data.flat.regions:
            is_held_out = any(step.is_held_out for step in region.path)
            if is_held_out and use.how != "handed" and any(e.covers(region) for e in fit.learned):
                return use
    return None
