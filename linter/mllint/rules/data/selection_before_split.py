"""MLD004."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.leaks import leaks_of
from ..base import Report, Rule
from ..leakage import callee, confidence_of, fix_of, learner, notes_of, split_name


class SelectionBeforeSplit(Rule):
    """Features are selected with the help of rows that later test the model.

    Of many useless columns some correlate with the target by chance. Chosen on all rows, they
    correlate in the held-out rows too, and a model scores well above chance on pure noise. See
    "Data leakage during pre-processing" in scikit-learn's "Common pitfalls".

    Split first and select on the training part; in cross-validation put the selector and the model
    into one Pipeline. The fix does either where nothing else uses the selected columns; it is
    unsafe: scores change.
    """

    code = "MLD004"
    name = "selection-before-split"
    severity = "error"
    bad = (
        """
from sklearn.datasets import load_digits
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

X, y = load_digits(return_X_y=True)
X = SelectKBest(k=20).fit_transform(X, y)
print(cross_val_score(LogisticRegression(), X, y))
""",
        """
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
correlation = data.corr()["price"].abs()
chosen = correlation[correlation > 0.3].index
X_train, X_test, y_train, y_test = train_test_split(
    data[chosen].drop("price", axis=1), data["price"], random_state=0
)
print(LinearRegression().fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

data = pd.read_csv("houses.csv")
y = data.pop("price_class")
selector = SelectKBest(k=5)
chosen = selector.fit_transform(data, y)
X_train, X_test, y_train, y_test = train_test_split(chosen, y, stratify=y, random_state=0)
print(SVC().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    fixed = (
        """
from sklearn.datasets import load_digits
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

X, y = load_digits(return_X_y=True)
print(cross_val_score(make_pipeline(SelectKBest(k=20), LogisticRegression()), X, y))
""",
        None,
        """
import pandas as pd
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

data = pd.read_csv("houses.csv")
y = data.pop("price_class")
selector = SelectKBest(k=5)
X_train, X_test, y_train, y_test = train_test_split(data, y, stratify=y, random_state=0)
X_train = selector.fit_transform(X_train, y_train)
X_test = selector.transform(X_test)
print(SVC().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    good = (
        """
from sklearn.datasets import load_digits
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

X, y = load_digits(return_X_y=True)
print(cross_val_score(make_pipeline(SelectKBest(k=20), LogisticRegression()), X, y))
""",
        """
import pandas as pd
import seaborn as sns
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

data = pd.read_csv("houses.csv")
sns.heatmap(data.corr())
print(data.corr()["price"].sort_values())
X_train, X_test, y_train, y_test = train_test_split(
    data.drop("price", axis=1), data["price"], random_state=0
)
print(LinearRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each selection that saw held-out rows."""
        for leak in leaks_of(program):
            if leak.fit.kind != "selection":
                continue
            spot = leak.fit.spot
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{callee(leak)} selects features on {learner(leak)}, rows that {split_name(leak)} "
                "holds out among them: select on the training part, or in a Pipeline.",
                notes_of(leak),
                confidence_of(leak),
                fix_of(leak, program, "Select on the training part only"),
            )
