"""MLD014."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, Constant, Subscript
from ...program.program import Program
from ...rows.analysis import rows_of
from ...rows.events import Fitting
from ...rows.provenance import Mark
from ...rows.spelling import shortened
from ..base import Note, Report, Rule

SAID = {
    "shift": "takes values of later rows",
    "rolling": "has a window that reaches into later rows",
    "bfill": "fills gaps with values of later rows",
    "merge_asof": "joins rows of later times",
}
# Of what a calendar knows, columns are named with these and no others.
CALENDAR = frozenset(
    {"date", "day", "dow", "holiday", "hour", "is", "month", "name", "number", "of", "quarter"}
    | {"season", "type", "week", "weekday", "weekend", "year"}
)


class LookAheadFeature(Rule):
    """A feature has values of later rows, which are not known yet when the model is used.

    `shift(-1)`, `rolling(center=True)`, `bfill` and `merge_asof(direction="forward")` reach into
    the future. As the target of a forecast that is right; among the features it is a leak: the
    score is that of a model that knows what is to come.

    Use `shift(1)`, trailing windows, `ffill` and `direction="backward"` for features. What the
    calendar says of later days (`df["is_holiday"].shift(-1)`) is known, and is none.
    """

    code = "MLD014"
    name = "look-ahead-feature"
    severity = "warning"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv")
df["next"] = df["close"].shift(-1)
df = df.dropna()
cut = int(len(df) * 0.8)
X, y = df[["open", "next"]], df["volume"]
model = Ridge().fit(X[:cut], y[:cut])
print(model.score(X[cut:], y[cut:]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv")
df["smooth"] = df["close"].rolling(5, center=True).mean()
df["target"] = df["close"].shift(-1)
df = df.dropna()
model = Ridge().fit(df[["open", "smooth"]], df["target"])
print(model.predict(df[["open", "smooth"]]))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("prices.csv")
df["rises"] = (df["close"].shift(-1) > df["close"]).astype(int)
df["again"] = (df["close"].shift(-2) > df["close"]).astype(int)
model = LogisticRegression().fit(df[["open", "rises"]], df["again"])
print(model.predict(df[["open", "rises"]]))
""",
    )
    good = (
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("riders.csv")
df["tomorrow"] = df["day_type"].shift(-1)
df["riders_then"] = df["riders"].shift(-1)
df = df.dropna()
model = Ridge().fit(df[["riders", "tomorrow"]], df["riders_then"])
print(model.predict(df[["riders", "tomorrow"]]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv")
df["target"] = df["close"].shift(-1)
df["before"] = df["close"].shift(1)
df = df.dropna()
model = Ridge().fit(df[["close", "before"]], df["target"])
print(model.predict(df[["close", "before"]]))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv")
df["target"] = df["close"].shift(-1)
names = [each for each in df.columns if each != "target"]
model = Ridge().fit(df[names], df["target"])
print(model.predict(df[names]))
""",
        # A column that has one of two names is neither of the others.
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv")
price = "adjusted" if "adjusted" in df.columns else "close"
df["return"] = df[price].pct_change()
df["next"] = df["return"].shift(-1)
df["month"] = df[price].pct_change(20)
df = df.dropna()
model = Ridge().fit(df[["return", "month"]], df["next"])
print(model.predict(df[["return", "month"]]))
""",
        # Several horizons, of which the features are none: by names that are put together.
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv")
for days in (1, 5):
    df[f"in_{days}"] = df["close"].shift(-days) / df["close"] - 1
    df[f"before_{days}"] = df["close"].pct_change(days)
df["next"] = df["close"].shift(-1)
names = list(pd.read_csv("features.csv").columns)
rises = np.where(df["in_1"] > 0, 1, 0)
model = Ridge().fit(df[names], rises)
print(model.predict(df[names]))
""",
        # Behind ffill, gaps are left at the very beginning only.
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("prices.csv")
df["rain"] = df["rain"].ffill().bfill()
df["before"] = df["close"].shift(1)
model = Ridge().fit(df[["before", "rain"]], df["close"])
print(model.predict(df[["before", "rain"]]))
""",
        # Gaps in independent rows.
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("houses.csv").bfill()
df["price"].rolling(50, center=True).mean().plot()
model = Ridge().fit(df[["rooms"]], df["price"])
print(model.predict(df[["rooms"]]))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each place that makes such a feature."""
        seen: set[int] = set()
        for fitting in rows_of(program).fittings:
            if fitting.fit.kind != "model":
                continue
            for mark in features(fitting):
                spot = mark.fit.spot
                if id(spot.part) in seen or is_calendar(spot.part):
                    continue
                seen.add(id(spot.part))
                learned = fitting.fit.spot
                yield Report(
                    spot.module,
                    spot.statement,
                    spot.part,
                    f"`{shortened(spot.part, 60)}` {SAID.get(mark.fit.name, SAID['shift'])}, and "
                    f"is a feature of {fitting.fit.name}, which won't know them when it is used: "
                    "take earlier rows only.",
                    (Note("a model learns from it here", learned.module, learned.line),),
                    "medium",
                )


def is_calendar(part: object) -> bool:
    """Tell whether a call takes later values of a column that a calendar tells in advance."""
    match part:
        case Call(Attribute(Subscript(_, Constant(str(column))), "shift")):
            return CALENDAR.issuperset(re.split(r"[\W_]+", column.lower()))
    return False


def features(fitting: Fitting) -> list[Mark]:
    """Return the marks of later rows that are on what a model learns from, and not on its target.

    A column that the target was made of may be among features of which the names are not known.
    """
    data, target = fitting.data.flat, fitting.target.flat
    in_target = {mark.fit for mark in target.marks}
    is_in_time = any(
        mark.fit.kind in ("lag", "time")
        or (mark.fit.kind == "look-ahead" and mark.fit.name == "shift")
        for mark in (*data.marks, *target.marks)
    )
    found: list[Mark] = []
    for mark in data.marks:
        if mark.fit.kind != "look-ahead":
            continue
        is_known = data.columns is not None and mark.columns is not None
        if (mark.fit in in_target or not target.regions) and not is_known:
            continue
        if mark.fit.name == "bfill" and not is_in_time:
            continue
        found.append(mark)
    return sorted(found, key=lambda each: each.fit.spot.line)
