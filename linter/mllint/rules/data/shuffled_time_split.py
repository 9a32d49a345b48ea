"""MLD008."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Call, Name, calls, dotted
from ...facts.statements import header, walk
from ...fixes.changes import AddImport, Change, Fix, RemoveArgument, Replace, SetArgument
from ...program.program import Program
from ...rows.events import Splitting
from ...rows.provenance import Fit as RowFit
from ...rows.spelling import shortened
from ..base import Report, Rule
from ..splits import fit_note, random_splits

NEIGHBOURS = frozenset({"lag", "look-ahead"})
SAID = {
    "shift": "each row gets the values of another row here",
    "diff": "each row gets its distance from another row here",
    "pct_change": "each row gets its distance from another row here",
    "rolling": "each row gets a statistic of its neighbours here",
    "ewm": "each row gets a statistic of the rows before it here",
    "window": "each row is a window that overlaps with those of its neighbours here",
    "expanding": "each row gets a statistic of the rows before it here",
}


def temporal(splitting: Splitting) -> RowFit | None:
    """Return what shows that the rows of a split follow each other in time.

    A column of times shows nothing: independent rows have dates too. What counts is that rows were
    given values of their neighbours, or were sorted by a column that was read as times.
    """
    for mark in sorted(
        splitting.data.flat.marks, key=lambda each: (each.fit.spot.line, each.fit.name)
    ):
        fit = mark.fit
        if fit.kind in NEIGHBOURS and fit.name in SAID:
            return fit
        if fit.kind == "time-order":
            return fit
    return None


class ShuffledTimeSplit(Rule):
    """Rows that follow each other in time are put into the parts at random.

    Each row that is tested on then lies between two that were trained on, which know its value but
    for a step: the score is that of filling gaps, not of forecasting. With lags or rolling windows
    as features, the very values of the test rows are in the training part.

    Train on what comes before a point in time and test on what comes behind it: `shuffle=False`,
    or `TimeSeriesSplit`. The fix hands `shuffle=False`, and is safe for rows in order of time. That
    of shuffled folds is unsafe: a `TimeSeriesSplit` trains on fewer rows in its first folds.
    """

    code = "MLD008"
    name = "shuffled-time-split"
    severity = "warning"
    bad = (
        """
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

df = pd.read_csv("sales.csv", parse_dates=["date"]).sort_values("date")
df["lag1"] = df["sales"].shift(1)
df = df.dropna()
X, y = df[["lag1"]], df["sales"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestRegressor(random_state=0).fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

prices = pd.read_csv("prices.csv")
prices["mean_week"] = prices["close"].rolling(7).mean()
prices = prices.dropna()
X, y = prices[["open", "mean_week"]], prices["close"]
for train, test in KFold(5, shuffle=True, random_state=0).split(X):
    model = Ridge().fit(X.iloc[train], y.iloc[train])
    print(model.score(X.iloc[test], y.iloc[test]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score

prices = pd.read_csv("prices.csv")
for days in range(1, 4):
    prices[f"lag_{days}"] = prices["close"].shift(days)
prices["change"] = prices["open"].pct_change()
X, y = prices.dropna().drop(columns="close"), prices.dropna()["close"]
print(cross_val_score(Ridge(), X, y, cv=KFold(5, shuffle=True, random_state=0)))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("sales.csv")
df["date"] = pd.to_datetime(df["date"])
df = df.set_index("date").sort_index()
df["weekday"] = df.index.dayofweek
X, y = df[["weekday", "price"]], df["sales"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

def windows(values, length):
    X, y = [], []
    for start in range(len(values) - length):
        X.append(values[start:start + length])
        y.append(values[start + length])
    return np.array(X), np.array(y)

X, y = windows(pd.read_csv("prices.csv")["close"].values, 30)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    good = (
        # Batches, and sorted by what is no time.
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("sales.csv", parse_dates=["date"]).set_index("shop").sort_index()
values, found = df[["price", "sales"]].values, []
for start in range(0, len(values), 32):
    found.append(values[start:start + 32])
for row in range(len(values)):
    found.append(values[row:row + 1])
X = np.concatenate(found)
X_train, X_test, y_train, y_test = train_test_split(X[:, :1], X[:, 1], random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("sales.csv", parse_dates=["date"]).sort_values("date")
df["lag1"] = df["sales"].shift(1)
df = df.dropna()
X_train, X_test, y_train, y_test = train_test_split(df[["lag1"]], df["sales"], shuffle=False)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        # Independent rows that have a date.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("loans.csv", parse_dates=["created_at"])
df["month"] = df["created_at"].dt.month
X, y = df[["month", "sum"]], df["paid"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("loans.csv").sort_values("sum")
X_train, X_test, y_train, y_test = train_test_split(df[["sum"]], df["paid"], random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    fixed = (
        """
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

df = pd.read_csv("sales.csv", parse_dates=["date"]).sort_values("date")
df["lag1"] = df["sales"].shift(1)
df = df.dropna()
X, y = df[["lag1"]], df["sales"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, shuffle=False)
model = RandomForestRegressor(random_state=0).fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.model_selection import TimeSeriesSplit

prices = pd.read_csv("prices.csv")
prices["mean_week"] = prices["close"].rolling(7).mean()
prices = prices.dropna()
X, y = prices[["open", "mean_week"]], prices["close"]
for train, test in TimeSeriesSplit(5).split(X):
    model = Ridge().fit(X.iloc[train], y.iloc[train])
    print(model.score(X.iloc[test], y.iloc[test]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.model_selection import TimeSeriesSplit

prices = pd.read_csv("prices.csv")
for days in range(1, 4):
    prices[f"lag_{days}"] = prices["close"].shift(days)
prices["change"] = prices["open"].pct_change()
X, y = prices.dropna().drop(columns="close"), prices.dropna()["close"]
print(cross_val_score(Ridge(), X, y, cv=TimeSeriesSplit(5)))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("sales.csv")
df["date"] = pd.to_datetime(df["date"])
df = df.set_index("date").sort_index()
df["weekday"] = df.index.dayofweek
X, y = df[["weekday", "price"]], df["sales"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, shuffle=False)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

def windows(values, length):
    X, y = [], []
    for start in range(len(values) - length):
        X.append(values[start:start + length])
        y.append(values[start + length])
    return np.array(X), np.array(y)

X, y = windows(pd.read_csv("prices.csv")["close"].values, 30)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, shuffle=False)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each random split of rows in time."""
        for splitting in random_splits(program):
            fit = temporal(splitting)
            if fit is None:
                continue
            spot = splitting.split.spot
            data = first_argument(splitting)
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"The rows of {data} follow each other in time, and are split at random, so the "
                "model is tested on gaps between rows that it has seen: split by time "
                "(`shuffle=False`, `TimeSeriesSplit`).",
                (fit_note(fit, SAID.get(fit.name, "the rows are sorted by time here")),),
                "medium",
                fix_of(splitting),
            )


def first_argument(splitting: Splitting) -> str:
    """Return what is split, as the code names it."""
    call = splitting.call
    return f"`{shortened(call.args[0], 40)}`" if call is not None and call.args else "the data"


def fix_of(splitting: Splitting) -> Fix | None:
    """Return the fix of ``train_test_split(…)`` or of ``KFold(…, shuffle=True)``."""
    spot, call = splitting.split.spot, splitting.call
    if splitting.made is not None:
        return in_order(splitting)
    if not isinstance(call, Call) or call.keyword("stratify") is not None or call.is_open:
        return None  # what is not shuffled can't be stratified
    if not splitting.name.endswith("train_test_split") or not isinstance(call.func, Name | tuple):
        return None
    change = SetArgument(spot.statement, call, "shuffle", "False")
    return Fix("Split in the order of the rows", (change,), True)


def in_order(splitting: Splitting) -> Fix | None:
    """Return the change of shuffled folds to a TimeSeriesSplit with as many of them."""
    made, module = splitting.made, splitting.split.spot.module
    if made is None or dotted(made.func).rpartition(".")[2] != "KFold" or made.is_open:
        return None
    if len(made.args) > 1:
        return None
    statements = walk(module.body, True)
    place = next((s for s in statements if any(c is made for c in calls(header(s)))), None)
    if place is None:
        return None
    gone = [key for key, _ in made.keywords if key in ("shuffle", "random_state")]
    changes: list[Change] = [RemoveArgument(place, made, key) for key in gone if key]
    changes.append(Replace(place, made.func, "TimeSeriesSplit"))
    changes.append(AddImport("from sklearn.model_selection import TimeSeriesSplit"))
    return Fix("Test each fold on what follows it in time", tuple(changes), False)
