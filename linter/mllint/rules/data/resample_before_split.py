"""MLD003."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.leaks import leaks_of
from ..base import Report, Rule
from ..leakage import callee, confidence_of, fix_of, learner, notes_of, split_name

KINDS = frozenset({"resampling", "thinning"})


class ResampleBeforeSplit(Rule):
    """Rows are resampled (SMOTE, `resample`) before they are split or cross-validated.

    Copies of a row, or rows made up between it and its neighbours, then stand on both sides of the
    split, and the model is tested on what it has learned by heart. A test part that is resampled
    by itself has classes in a proportion that the model will never meet, and so has one of rows
    from which some were left out to balance them. See "Common pitfalls and
    recommended practices" of imbalanced-learn.

    Split first and resample the training part only; in cross-validation put the sampler and the
    model into imbalanced-learn's Pipeline, which resamples while it fits. The fix moves the
    resampling behind the split where nothing else uses its rows; it is unsafe: scores change.
    """

    code = "MLD003"
    name = "resample-before-split"
    severity = "error"
    bad = (
        """
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

data = pd.read_csv("fraud.csv")
y = data.pop("fraud")
X, y = SMOTE(random_state=0).fit_resample(data, y)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    )
    fixed = (
        """
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

data = pd.read_csv("fraud.csv")
y = data.pop("fraud")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
X_train, y_train = SMOTE(random_state=0).fit_resample(X_train, y_train)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    )
    good = (
        """
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

data = pd.read_csv("fraud.csv")
y = data.pop("fraud")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
X_train, y_train = SMOTE(random_state=0).fit_resample(X_train, y_train)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each resampling of held-out rows."""
        for leak in leaks_of(program):
            if leak.fit.kind not in KINDS:
                continue
            spot = leak.fit.spot
            where = split_name(leak)
            is_thinned = leak.fit.kind == "thinning"
            if leak.has_seen == "all" and is_thinned:
                message = (
                    f"{callee(leak)} leaves out rows of {learner(leak)} before {where} holds rows "
                    "out, so the classes tested have not the proportion that the model will meet: "
                    "split first and resample the training part only."
                )
            elif leak.has_seen == "all":
                message = (
                    f"{callee(leak)} resamples {learner(leak)} before {where} holds rows out, so "
                    "copies land on both sides: split first and resample the training part only."
                )
            else:
                message = (
                    f"{callee(leak)} resamples {learner(leak)}, which {where} holds out: resample "
                    "the training part only, and test on rows as they come."
                )
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                message,
                notes_of(leak),
                "low" if is_thinned and leak.is_inner else confidence_of(leak),
                fix_of(leak, program, "Resample the training part only"),
            )
