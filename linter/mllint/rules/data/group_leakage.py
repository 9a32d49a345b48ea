"""MLD009."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, Constant, subexpressions
from ...facts.statements import header, walk
from ...program.program import Program
from ...program.symbols import Module
from ...rows.analysis import rows_of
from ...rows.events import Grouping, Splitting
from ...rows.value import Value
from ..base import Note, Report, Rule
from ..splits import random_splits
from .shuffled_time_split import first_argument

NUMBER = r"[ _]?(id|ids|no|nr|num|number|uid|key|name|index|idx)"
# Whom rows are about, by the names of columns: these words alone mean somebody …
SOMEBODY = "patient|participant|speaker|user|customer|student|driver|visitor|person"
# … and these are as often a kind of thing: a school's subjects, a phone or a tablet.
SOMETHING = "subject|session|client|member|household|animal|mouse|donor|engine|machine|vehicle"
SOMETHING += "|device|unit|trip|respondent|child|infant|employee|author|sensor|bearing|battery"
ENTITY = re.compile(
    rf"(.*[ _])?(({SOMEBODY})({NUMBER})?|({SOMETHING}){NUMBER})|id|uid|uuid|guid", re.IGNORECASE
)
# Who rates and what is rated are known beforehand: ratings are split one by one.
RATED = re.compile(r"(movie|item|product|book|song|track|anime|rating|article)s?.*", re.IGNORECASE)
RATERS = re.compile(r".*(user|customer|person|client|member|visitor).*", re.IGNORECASE)


class GroupLeakage(Rule):
    """Rows of one patient, user or machine are put on both sides of a random split.

    Rows of one and the same are alike in much that has nothing to do with the target. The model
    knows the ones that it is tested on, and its score does not tell how it does on others. See
    "Cross-validation iterators for grouped data" in scikit-learn's user guide.

    Split by whom the rows are about: `GroupShuffleSplit`, `GroupKFold` or `StratifiedGroupKFold`
    with `groups=`, or split the ids and take the rows of each part.

    That there are several rows of one is told by a `groupby` of just these rows by it. If those
    that the model meets in use are those that it was trained on, say so with a suppression.
    """

    code = "MLD009"
    name = "group-leakage"
    severity = "note"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

visits = pd.read_csv("visits.csv")
visits["count"] = visits.groupby("patient_id")["day"].transform("count")
X, y = visits[["dose", "pressure", "count"]], visits["helped"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

df = pd.read_csv("engines.csv")
last = df.groupby("unit_number")["cycle"].max()
df["left"] = df["unit_number"].map(last) - df["cycle"]
train, test = train_test_split(df, test_size=0.2, random_state=0)
sensors = ["s2", "s3", "s4"]
model = RandomForestRegressor(random_state=0).fit(train[sensors], train["left"])
print(model.score(test[sensors], test["left"]))
""",
        """
import pandas as pd
from sklearn.model_selection import KFold, cross_val_score
from sklearn.svm import SVC

KEY = "speaker"
clips = pd.read_csv("clips.csv")
print(clips.groupby(KEY).size().describe())
X, y = clips[["pitch", "energy"]], clips["mood"]
print(cross_val_score(SVC(), X, y, cv=KFold(5, shuffle=True, random_state=0)))
""",
    )
    good = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit

visits = pd.read_csv("visits.csv")
visits["count"] = visits.groupby("patient_id")["day"].transform("count")
splitter = GroupShuffleSplit(n_splits=1, random_state=0)
rows, held_out = next(splitter.split(visits, groups=visits["patient_id"]))
train, test = visits.iloc[rows], visits.iloc[held_out]
model = LogisticRegression().fit(train[["dose", "count"]], train["helped"])
print(model.score(test[["dose", "count"]], test["helped"]))
""",
        # The ids are split, and each part takes its rows.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

visits = pd.read_csv("visits.csv")
print(visits.groupby("patient_id").size())
known, new = train_test_split(visits["patient_id"].unique(), random_state=0)
train, test = visits[visits["patient_id"].isin(known)], visits[visits["patient_id"].isin(new)]
model = LogisticRegression().fit(train[["dose"]], train["helped"])
print(model.score(test[["dose"]], test["helped"]))
""",
        # One row of each is left.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

visits = pd.read_csv("visits.csv")
patients = visits.groupby("patient_id").agg({"dose": "mean", "helped": "max"}).reset_index()
train, test = train_test_split(patients, random_state=0)
model = LogisticRegression().fit(train[["dose"]], train["helped"])
print(model.score(test[["dose"]], test["helped"]))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

visits = pd.read_csv("visits.csv")
visits["count"] = visits.groupby("patient_id")["day"].transform("count")
visits = visits.drop_duplicates("patient_id")
train, test = train_test_split(visits, random_state=0)
model = LogisticRegression().fit(train[["dose"]], train["helped"])
print(model.score(test[["dose"]], test["helped"]))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

visits = pd.read_csv("visits.csv").sort_values("day")
latest = visits.groupby("patient_id").last().reset_index()
train, test = train_test_split(latest, random_state=0)
model = LogisticRegression().fit(train[["dose"]], train["helped"])
print(model.score(test[["dose"]], test["helped"]))
""",
        # A kind of thing, which is there in use as well.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

houses = pd.read_csv("houses.csv")
houses["width"] = houses.groupby("town")["width"].transform("median")
houses["by_store"] = houses.groupby("store_id")["width"].transform("median")
train, test = train_test_split(houses, random_state=0)
print(Ridge().fit(train[["width"]], train["price"]).score(test[["width"]], test["price"]))
""",
        # How often each kind was clicked is counted, as of many columns.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

clicks = pd.read_csv("clicks.csv")
for name in ("site_id", "device_id"):
    print(clicks.groupby([name, "clicked"]).size())
print(clicks.groupby(["device_id", "clicked"]).size().unstack())
X_train, X_test, y_train, y_test = train_test_split(clicks[["hour"]], clicks["clicked"])
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        # Another table's rows are grouped; these have one for each customer.
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

loans = pd.read_csv("loans.csv")
earlier = pd.read_csv("earlier.csv").groupby("customer_id")["sum"].mean().reset_index()
loans = loans.merge(earlier, on="customer_id")
X_train, X_test, y_train, y_test = train_test_split(loans[["sum"]], loans["paid"])
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        # Ratings of known people, and each person's own rows.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

ratings = pd.read_csv("ratings.csv")
ratings["mean"] = ratings.groupby("user_id")["hour"].transform("mean")
train, test = train_test_split(ratings, random_state=0)
print(Ridge().fit(train[["mean", "movie_id"]], train["rating"]).predict(test[["mean", "movie_id"]]))
walks = pd.read_csv("walks.csv")
for name, walk in walks.groupby("participant"):
    train, test = train_test_split(walk, random_state=0)
    print(name, Ridge().fit(train[["speed"]], train["pulse"]).score(test[["speed"]], test["pulse"]))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each random split of rows that are grouped by somebody."""
        groupings = [
            (each, key)
            for each in rows_of(program).groupings
            for key in sorted(each.keys)
            if all(map(ENTITY.fullmatch, each.keys))  # not counted by their target, as kinds are
        ]
        for splitting in random_splits(program):
            found = next((each for each in groupings if is_shared(splitting, *each)), None)
            if found is None:
                continue
            grouping, key = found
            spot = splitting.split.spot
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{first_argument(splitting)} has several rows of one `{key}`, which land on both "
                f"sides of this random split: split by `{key}` (GroupShuffleSplit, GroupKFold).",
                (Note("the rows are grouped here", grouping.spot.module, grouping.spot.line),),
                "medium",
            )


def is_shared(splitting: Splitting, grouping: Grouping, key: str) -> bool:
    """Tell whether the rows of one group may be on both sides of a split."""
    data = splitting.data.item(0) if splitting.data.items else splitting.data
    flat = data.flat
    origins = {region.origin for region in flat.regions}
    grouped = {region.origin for region in grouping.data.regions}
    if not origins or not origins <= grouped or is_of_groups(flat, key):
        return False
    call = splitting.call
    if call is not None and has_text(call.keyword("stratify"), key):
        return False
    modules = {splitting.split.spot.module, grouping.spot.module}
    return not any(is_settled(module, key) for module in modules)


def is_of_groups(data: Value, key: str) -> bool:
    """Tell whether there is one row for each group, or they are one group's, or only the keys."""
    if data.groups is not None or data.columns == frozenset({key}):
        return True
    return any(mark.fit.kind == "group-statistic" and mark.columns is None for mark in data.marks)


def is_settled(module: Module, key: str) -> bool:
    """Tell whether a file leaves one row of each group, or splits what people have rated."""
    is_rater = RATERS.fullmatch(key) is not None
    for statement in walk(module.body):
        for each in subexpressions(header(statement)):
            match each:
                case Constant(str(text)) if is_rater and RATED.fullmatch(text):
                    return True
                case Call(Attribute(_, "drop_duplicates")) if has_text(each, key):
                    return True
    return False


def has_text(expression: object, text: str) -> bool:
    """Tell whether an expression has a text in it."""
    return any(isinstance(e, Constant) and e.value == text for e in subexpressions(expression))
