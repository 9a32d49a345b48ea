"""MLD015."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Constant,
    Name,
    Sequence,
    Subscript,
    subexpressions,
)
from ...facts.statements import Assign, Return, header, walk
from ...fixes.changes import Change, Fix, Replace, Wrap
from ...program.program import Program
from ...rows.analysis import rows_of
from ...rows.events import Splitting
from ...rows.provenance import Spot
from ..base import Note, Report, Rule
from ..features import Lesson, lessons, paths


class TargetInFeatures(Rule):
    """The column that a model is to predict is among the features that it is handed.

    The model learns to copy it, and every score is near perfect, that on held-out rows too. In use
    the column is not there.

    Drop it from the features: `X = df.drop(columns="price")`. What the target was made of, such as
    the column that a `map` gave numbers to, is the target as well.

    The fix drops the column where the features are chosen or split, and is safe: nothing behind it
    names the column any more.
    """

    code = "MLD015"
    name = "target-in-features"
    severity = "error"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("houses.csv")
y = df["price"]
X = df.drop(columns=["id"])
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

TARGET = "price"
df = pd.read_csv("houses.csv").dropna()
X_train, X_test, y_train, y_test = train_test_split(df, df[TARGET])
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

df = pd.read_csv("customers.csv")
df["label"] = df["churn"].map({"yes": 1, "no": 0})
X = pd.get_dummies(df.drop("label", axis=1))
print(cross_val_score(RandomForestClassifier(random_state=0), X, df["label"]))
""",
        """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

data = np.loadtxt("diabetes.csv", delimiter=",")
X, y = data[:, 0:9], data[:, 8]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = make_pipeline(StandardScaler(), SVC())
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
features = ["age", "fare", "survived"]
model = LogisticRegression()
model.fit(train[features], train["survived"])
print(model.predict(test[["age", "fare", "survived"]]))
""",
        {
            "columns.py": """
NUMERIC = ["rooms", "area"]
TARGET = "price"
ALL = NUMERIC + [TARGET]
""",
            "train.py": """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

from columns import ALL, TARGET


def load(path):
    table = pd.read_csv(path)
    return table[ALL], table[TARGET]


def main():
    X, y = load("houses.csv")
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    print(Ridge().fit(X_train, y_train).score(X_test, y_test))


main()
""",
        },
        """
import pandas as pd
import xgboost as xgb

table = pd.read_csv("loans.csv")
rows = xgb.DMatrix(table, label=table["paid"])
model = xgb.train({"max_depth": 3}, rows)
""",
        """
import lightgbm as lgb
import pandas as pd
from sklearn.model_selection import train_test_split

train, test = train_test_split(pd.read_csv("loans.csv"), random_state=0)
kept = lgb.Dataset(test.drop(columns="id"), label=test["paid"])
model = lgb.train({}, lgb.Dataset(train.drop(columns="id"), label=train["paid"]), valid_sets=[kept])
""",
    )
    good = (
        # Bound together with its target, which was taken out before.
        """
import lightgbm as lgb
import pandas as pd

table = pd.read_csv("loans.csv")
target = table.pop("paid")
model = lgb.train({}, lgb.Dataset(table, label=target))
print(model.predict(table))
""",
        # The same column of other rows.
        """
import pandas as pd
from sklearn.linear_model import LinearRegression

prices = pd.read_csv("prices.csv")
table = prices[prices["name"] == "A"][["price"]].reset_index()
table["other"] = prices[prices["name"] == "B"].reset_index()["price"]
model = LinearRegression().fit(table[["other"]], table["price"])
""",
        # The best of the columns, told by another table.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression

table = pd.read_csv("loans.csv")
ranks = table.corr()["paid"].abs().sort_values().tail(5).reset_index()
names = ranks["index"].unique()
model = LogisticRegression().fit(table[names], table["paid"])
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("houses.csv")
X, y = df.iloc[:, :-1], df.iloc[:, -1]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
X = df.loc[:, df.columns != "price"]
print(Ridge().fit(X, df["price"]).coef_)
X = df[[name for name in df.columns if name != "price"]]
print(Ridge().fit(X, df["price"]).coef_)
X = df.drop(["id", "price"], axis=1)
print(Ridge().fit(X, df["price"]).coef_)
""",
        # Taken out in place, by whatever name.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("houses.csv")
X = df
y = df.pop("price")
print(Ridge().fit(X, y).coef_)
df = pd.read_csv("houses.csv")
X, y = df, df["price"]
del X["price"]
print(Ridge().fit(X, y).coef_)
df = pd.read_csv("houses.csv")
X = df
y = df["price"]
df.drop("price", axis=1, inplace=True)
print(Ridge().fit(X, y).coef_)
""",
        # Dropped behind the split.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("houses.csv")
X_train, X_test, y_train, y_test = train_test_split(df, df["price"], random_state=0)
for part in (X_train, X_test):
    part.drop("price", axis=1, inplace=True)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        # The names of the features, without that of the target by now.
        """
import pandas as pd
from sklearn.linear_model import Ridge

names = ["rooms", "area", "price"]
df = pd.read_csv("houses.csv", names=names)
y = df["price"]
names.remove("price")
print(Ridge().fit(df[names], y).coef_)
""",
        # The next value is told by those up to now.
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv").sort_values("day")
y = df["close"].shift(-1).fillna(0)
print(Ridge().fit(df, y).coef_)
values = df.to_numpy()
print(Ridge().fit(values[:-1], values[1:, 0]).coef_)
""",
        # The pipeline chooses columns.
        """
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("houses.csv")
columns = ColumnTransformer([("scale", StandardScaler(), ["rooms", "area"])])
model = Pipeline([("columns", columns), ("model", Ridge())])
print(model.fit(df, df["price"]).score(df, df["price"]))
""",
        # An encoder is told the target of a whole table; and a table that never had it.
        """
import pandas as pd
from category_encoders import TargetEncoder
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("houses.csv")
df = TargetEncoder(cols=["town"]).fit_transform(df, df["price"])
iris = load_iris()
X = pd.DataFrame(iris.data, columns=iris.feature_names)
table = X.copy()
table["species"] = iris.target
print(LogisticRegression().fit(X, table["species"]).coef_)
""",
        # One-hot columns have other names.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("customers.csv")
y = df["churn"]
coded = pd.get_dummies(df)
X = coded.drop(columns=["churn_yes", "churn_no"])
print(LogisticRegression().fit(X, y).coef_)
""",
        # Columns that a configuration names, and a list that has lost one.
        """
import json

import pandas as pd
from sklearn.linear_model import Ridge

with open("columns.json") as file:
    chosen = json.load(file)
names = ["rooms", "area", "price"]
df = pd.read_csv("houses.csv")
print(Ridge().fit(df[chosen["features"]], df["price"]).coef_)
print(Ridge().fit(df.drop(chosen["dropped"], axis=1), df["price"]).coef_)
print(Ridge().fit(df[names[:-1]], df[names[-1]]).coef_)
""",
        # Columns that a library has chosen.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from xgboost import XGBRegressor

df = pd.read_csv("houses.csv")
X, y = df.drop("price", axis=1), df["price"]
model = XGBRegressor().fit(X, y)
scores = model.get_booster().get_fscore()
names = list({name: score for name, score in scores.items() if score > 3}.keys())
print(Ridge().fit(df[names], y).coef_)
""",
        # Made up to show something with.
        """
import numpy as np
from sklearn.linear_model import LogisticRegression

X = np.random.default_rng(0).normal(size=(100, 2))
y = X[:, 0] > 0
print(LogisticRegression().fit(X, y).coef_)
""",
    )
    fixed = (
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("houses.csv")
y = df["price"]
X = df.drop(columns=["id", "price"])
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

TARGET = "price"
df = pd.read_csv("houses.csv").dropna()
X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="price"), df[TARGET])
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

df = pd.read_csv("customers.csv")
df["label"] = df["churn"].map({"yes": 1, "no": 0})
X = pd.get_dummies(df.drop(["label", "churn"], axis=1))
print(cross_val_score(RandomForestClassifier(random_state=0), X, df["label"]))
""",
        None,
        None,
        None,
        None,
        None,
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each choice of features that has the target among them."""
        seen: set[object] = set()
        for lesson in lessons(program):
            features, target = lesson.features, lesson.target
            if features.column == target or not features.holds(target):
                continue
            split = split_of(lesson, program)
            place = chosen(lesson) or (split.split.spot if split is not None else lesson.spot)
            key = id(place.statement), target
            if key in seen:
                continue
            seen.add(key)
            yield Report(
                place.module,
                place.statement,
                place.part,
                f"{subject(lesson)} is among the features that the model learns from, which has "
                "only to copy it: drop it from them.",
                notes(lesson),
                "high",
                fix_of(lesson, place),
            )


def named(label: object) -> str:
    """Return a column's name or position as a message names it."""
    return f"`{label}`" if isinstance(label, str) else f"column {label}"


def subject(lesson: Lesson) -> str:
    """Return what the features have that they should not."""
    label = lesson.target.label
    if all(name == label for name, _ in lesson.picked.gained):
        return f"The target, {named(label)},"
    return f"What the target is made of, {named(label)},"


def notes(lesson: Lesson) -> tuple[Note, ...]:
    """Return where the target is taken, and where a model learns."""
    spot, picked = lesson.spot, lesson.picked.made
    found = [Note("a model learns from it here", spot.module, spot.line)]
    if picked is not None:
        found.insert(0, Note("the target is taken here", picked.module, picked.line))
    return tuple(found)


def split_of(lesson: Lesson, program: Program) -> Splitting | None:
    """Return the first split that the features went through together with their target."""
    for each in rows_of(program).splittings:
        items = dict(each.data.items or ())
        first = items.get(0)
        if len(items) > 1 and first is not None and first.table == lesson.features:
            return each
    return None


def chosen(lesson: Lesson) -> Spot | None:
    """Return where the features were chosen, unless the target was taken from just these."""
    made, picked = lesson.features.made, lesson.picked.made
    if made is not None and isinstance(made.statement, Return):
        return made
    if made is None or not isinstance(made.statement, Assign):
        return None
    names = {
        each.id
        for target in made.statement.targets
        for each in subexpressions(target)
        if isinstance(each, Name)
    }
    return made if picked is None or root(picked.part) not in names else None


def root(part: object) -> str:
    """Return the name of what a column is taken from."""
    while isinstance(part, Subscript | Attribute | Call):
        part = part.func if isinstance(part, Call) else part.value
    return part.id if isinstance(part, Name) else ""


def fix_of(lesson: Lesson, place: Spot) -> Fix | None:
    """Return the fix, if the column is told by name and not named any more behind the place."""
    label, part = lesson.target.label, place.part
    if not isinstance(label, str) or lesson.features.is_array or lesson.features.gained:
        return None
    if is_named_later(label, place, lesson):
        return None
    change = change_of(part, label, place)
    return change and Fix("Drop the target from the features", (change,), True)


def change_of(part: object, label: str, place: Spot) -> Change | None:
    """Return what drops a column where features are dropped, chosen or split."""
    text = f'"{label}"'
    match part:
        case Call(Attribute(_, "drop"), _, _):
            given = part.keyword("columns") or part.argument("labels", 0)
            if isinstance(given, Sequence) and given.kind == "list" and given.items:
                return Wrap(place.statement, given.items[-1], "", f", {text}")
            if isinstance(given, Constant) and isinstance(given.value, str):
                return Wrap(place.statement, given, "[", f", {text}]")
        case Call(Name() | Attribute(), (Name() as first, _, *_), _) if (
            part.func[-1] == "train_test_split"
        ):
            return Wrap(place.statement, first, "", f".drop(columns={text})")
        case Subscript(Name() as owner, Sequence("list", items)) if Constant(label) in items:
            names = [each.value for each in items if isinstance(each, Constant)]
            if len(names) == len(items) > 1:
                kept = ", ".join(f'"{each}"' for each in names if each != label)
                return Replace(place.statement, part, f"{owner.id}[[{kept}]]")
    return None


def is_named_later(label: str, place: Spot, lesson: Lesson) -> bool:
    """Tell whether code behind a place names a column, apart from where the target is taken.

    Of rows that are split already, the other part may have been made before.
    """
    picked = lesson.picked.made
    steps = {step for path in paths(lesson.data) for step in path}
    is_split = any(
        each.split.spot.module is place.module and each.split.spot.line < place.line
        for each in steps
    )
    return any(
        (statement.line > place.line or (is_split and statement is not place.statement))
        and (picked is None or statement is not picked.statement)
        and names_column(header(statement), label)
        for statement in walk(place.module.body)
    )


def names_column(parts: object, label: str) -> bool:
    """Tell whether expressions have a column's name as a text or an attribute."""
    return any(
        (isinstance(each, Constant) and each.value == label)
        or (isinstance(each, Attribute) and each.attr == label)
        for each in subexpressions(parts)
    )
