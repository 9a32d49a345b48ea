"""MLD007."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.leaks import PLAIN, SHIFTS, leaks_of
from ..base import Report, Rule
from ..leakage import callee, learner, notes_of, picks_columns, split_name


class FullDataStatistics(Rule):
    """Values are filled, centred or scaled by a statistic of rows that are split only later.

    A mean over all rows, written by hand, is a fitted transformation like any other: it tells the
    training rows about the held-out ones, and the score is better than on new data. See "Data
    leakage" in scikit-learn's "Common pitfalls".

    Split first, compute the statistic on the training part, and use that number for all parts.
    """

    code = "MLD007"
    name = "full-data-statistics"
    severity = "warning"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
data = data.fillna(data.mean())
train, test = train_test_split(data, random_state=0)
model = Ridge().fit(train.drop(columns="price"), train["price"])
print(model.score(test.drop(columns="price"), test["price"]))
""",
        """
import numpy as np
from sklearn.linear_model import Ridge

X, y = np.load("x.npy"), np.load("y.npy")
X = X - X.mean(axis=0)
model = Ridge().fit(X[:800], y[:800])
print(model.score(X[800:], y[800:]))
""",
        # Gaps that are filled by group, in a loop over both tables; some rows are put anew later.
        """
import pandas as pd
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeClassifier

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
tables = [train, test]
for table in tables:
    table["age"] = table["age"].fillna(table.groupby("title")["age"].transform("median"))
for table in tables:
    table.loc[table["age"] <= 16, "age"] = 0
    table["age"] = table["age"].astype(int)
model = DecisionTreeClassifier(random_state=0)
for rows, held_out in KFold(5).split(train):
    part, rest = train.loc[rows], train.loc[held_out]
    model.fit(part[["age"]], part["died"])
    print(model.score(rest[["age"]], rest["died"]))
""",
        # However often rows are chosen before the split.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("cars.csv")
data = data[(data.year <= 2016) & (data.year >= 1950) & (data.price >= 100)]
data = data[(data.price <= 150000) & (data.power >= 10) & (data.power <= 500)]
data["power"] = data.groupby("brand")["power"].transform(lambda x: x.fillna(x.mean()))
X_train, X_test, y_train, y_test = train_test_split(data[["power"]], data["price"])
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    good = (
        # What each customer has ordered, from another table, beside what fills gaps.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

data = pd.read_csv("customers.csv")
sums = pd.read_csv("orders.csv").groupby("id").agg({"price": "sum"}).reset_index()
data = data.merge(sums, on="id")
train, test = train_test_split(data, random_state=0)
train, test = train.fillna(train["price"].median()), test.fillna(train["price"].median())
model = LogisticRegression().fit(train[["price"]], train["left"])
print(model.score(test[["price"]], test["left"]))
""",
        # Each picture is scaled by itself.
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

def scaled(table):
    pictures = []
    for number, row in table.iterrows():
        band = np.array(row["band"]).reshape(75, 75)
        pictures.append((band - band.mean()) / (np.max(band) - np.min(band)))
    return np.array(pictures)

table = pd.read_json("ice.json")
X_train, X_test, y_train, y_test = train_test_split(scaled(table), table["is_ice"])
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv").fillna({"rooms": 0})
data["total"] = data[["hall", "attic"]].sum(axis=1)
print(data["price"].mean())
train, test = train_test_split(data, random_state=0)
means = train.mean()
train, test = train.fillna(means), test.fillna(means)
model = Ridge().fit(train.drop(columns="price"), train["price"])
print(model.score(test.drop(columns="price"), test["price"]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

data = pd.read_csv("sales.csv", parse_dates=["day"])
data["age"] = (data["day"] - data["day"].min()).dt.days
data["era"] = pd.cut(data["age"], bins=[0, 30, 90, data["age"].max()])
train, test = train_test_split(data, shuffle=False)
names = ["age", "era"]
print(Ridge().fit(train[names], train["sold"]).score(test[names], test["sold"]))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
y, known = train.pop("survived"), len(train)
age = train["age"].median()
train["age"], test["age"] = train["age"].fillna(age), test["age"].fillna(age)
both = pd.get_dummies(pd.concat([train, test]))
model = LogisticRegression().fit(both[:known], y)  # the very rows of the training file
print(model.predict(both[known:]))
""",
        """
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold

log = pd.read_csv("log.csv")

def lives_of(log):
    rows = []
    for machine in log["machine"].unique():
        life = log[log["machine"] == machine]
        row = pd.concat([life.agg(["mean", "std"]).unstack(), life.tail(1)])
        rows.append(row)  # what one machine's log tells is that machine's
    return pd.concat(rows)

for machines, others in KFold(5).split(log["machine"].unique()):
    train = lives_of(log[log["machine"].isin(machines)])
    test = lives_of(log[log["machine"].isin(others)])
    model = RandomForestClassifier().fit(train.drop(columns="broken"), train["broken"])
    print(model.score(test.drop(columns="broken"), test["broken"]))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each place where statistics of held-out rows come in."""
        for leak in leaks_of(program):
            if leak.fit.kind not in PLAIN or leak.has_seen == "other" or leak.fit.name in SHIFTS:
                continue
            if leak.fit.kind == "bins" and picks_columns(leak, program):
                continue
            spot = leak.fit.spot
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{callee(leak)} is computed on {learner(leak)}, rows that {split_name(leak)} "
                "holds out among them: compute it on the training part only.",
                notes_of(leak),
                "low" if leak.is_inner else "medium",
            )
