"""MLD001."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.leaks import leaks_of
from ..base import Report, Rule
from ..leakage import callee, confidence_of, fix_of, learner, notes_of, split_name

KINDS = frozenset({"transform", "vectorizer", "encoding", "unknown"})


class FitBeforeSplit(Rule):
    """A scaler, imputer, encoder or the like is fitted on rows that are split only later.

    What it learns (means, ranges, categories, components) comes from the held-out rows too, and the
    model is then scored on rows that have shaped its inputs: the score is better than that on new
    data. See "Data leakage" in scikit-learn's "Common pitfalls".

    Split first, fit on the training part, and transform the others; or put the transformation and
    the model into one Pipeline, which does so by itself. Encoders of a target's classes, and
    transformations that learn nothing, are left alone.

    The fix moves the fit behind the split where both are in one block and nothing else uses what is
    between; it is unsafe: scores change, to what they should be.
    """

    code = "MLD001"
    name = "fit-before-split"
    severity = "error"
    bad = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = pd.read_csv("churn.csv")
X, y = data.drop(columns="churned"), data["churned"]
X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        {
            "train.py": """
from features import prepare
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
import pandas as pd

def main():
    X, y = prepare(pd.read_csv("cells.csv"))
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = RandomForestClassifier(random_state=0)
    model.fit(X_train, y_train)
    print(model.score(X_test, y_test))

if __name__ == "__main__":
    main()
""",
            "features.py": """
from sklearn.decomposition import PCA

def prepare(table):
    y = table.pop("label")
    return PCA(8).fit_transform(table.values), y
""",
        },
        """
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

def main():
    data = pd.read_csv("churn.csv")
    X, y = data.drop(columns="churned"), data["churned"]
    scaler = StandardScaler()
    # All columns at once
    scaler.fit(X)
    scaled = pd.DataFrame(scaler.transform(X), columns=X.columns)
    X_train, X_test, y_train, y_test = train_test_split(scaled, y, random_state=0)
    X_test, X_val, y_test, y_val = train_test_split(X_test, y_test, random_state=0)
    model = LogisticRegression().fit(X_train, y_train)
    print(model.score(X_val, y_val), model.score(X_test, y_test))

main()
""",
        # The text keeps its name, for the table it is of changes on the way.
        """
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

data = pd.read_csv("reviews.csv")
X = TfidfVectorizer(max_features=1000).fit_transform(data["text"])  # words
data = data.drop(columns="text")
y = data["stars"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = SVC().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        # Read in another way as well: that can't be mended by a move.
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

data = pd.read_csv("churn.csv")
X, y = data.drop(columns="churned"), data["churned"]
scaler = StandardScaler()
scaled = scaler.fit_transform(X)
print(scaler.mean_)
mean = scaled.mean()
X_train, X_test, y_train, y_test = train_test_split(scaled, y, random_state=0)
model = SVC().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale
from sklearn.svm import SVC

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X = scale(data)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(SVC().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    fixed = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = pd.read_csv("churn.csv")
X, y = data.drop(columns="churned"), data["churned"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
standard_scaler = StandardScaler()
X_train = standard_scaler.fit_transform(X_train)
X_test = standard_scaler.transform(X_test)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        None,
        """
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

def main():
    data = pd.read_csv("churn.csv")
    X, y = data.drop(columns="churned"), data["churned"]
    scaler = StandardScaler()
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    X_test, X_val, y_test, y_val = train_test_split(X_test, y_test, random_state=0)
    # All columns at once
    scaler.fit(X_train)
    X_train = pd.DataFrame(scaler.transform(X_train), columns=X_train.columns)
    X_test = pd.DataFrame(scaler.transform(X_test), columns=X_test.columns)
    X_val = pd.DataFrame(scaler.transform(X_val), columns=X_val.columns)
    model = LogisticRegression().fit(X_train, y_train)
    print(model.score(X_val, y_val), model.score(X_test, y_test))

main()
""",
        """
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

data = pd.read_csv("reviews.csv")
X = data["text"]  # words
data = data.drop(columns="text")
y = data["stars"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
tfidf_vectorizer = TfidfVectorizer(max_features=1000)
X_train = tfidf_vectorizer.fit_transform(X_train)
X_test = tfidf_vectorizer.transform(X_test)
model = SVC().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        None,
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
standard_scaler = StandardScaler()
X_train = standard_scaler.fit_transform(X_train)
X_test = standard_scaler.transform(X_test)
print(SVC().fit(X_train, y_train).score(X_test, y_test))
""",
    )
    good = (
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, Normalizer, StandardScaler

data = pd.read_csv("churn.csv")
X, y = data.drop(columns="churned"), LabelEncoder().fit_transform(data["churned"])
X = Normalizer().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X_train)
model = LogisticRegression().fit(scaler.transform(X_train), y_train)
print(model.score(scaler.transform(X_test), y_test))
everything = StandardScaler().fit_transform(X)
LogisticRegression().fit(everything, y)
""",
        """
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error
from sklearn.preprocessing import MinMaxScaler
from tensorflow.keras import Sequential, layers

load, weather = pd.read_csv("load.csv"), pd.read_csv("weather.csv")
rows = load.merge(weather, on="hour")[["load", "temperature"]].values
size = int(len(rows) * 0.8)
train, test = rows[:size], rows[size:]
scaler = MinMaxScaler()
train, test = scaler.fit_transform(train), scaler.transform(test)
model = Sequential([layers.Dense(1)])
model.fit(train[:-1], train[1:, 0], validation_split=0.1)  # the test part is not seen
print(mean_absolute_error(test[1:, 0], model.predict(test[:-1])))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
y, y_test = train.pop("attack"), test.pop("attack")
scaler = StandardScaler()
X, X_test = scaler.fit_transform(train), scaler.transform(test)
X, X_val, y, y_val = train_test_split(X, y, random_state=0)  # another file is the test part
model = LogisticRegression().fit(X, y)
print(f1_score(y_val, model.predict(X_val)), f1_score(y_test, model.predict(X_test)))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each fit that saw both sides of a split."""
        for leak in leaks_of(program):
            if leak.fit.kind not in KINDS or leak.has_seen != "all":
                continue
            if leak.split is None or leak.split.kind == "folds":
                continue
            spot = leak.fit.spot
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{callee(leak)} learns from {learner(leak)} before {split_name(leak)} holds "
                "rows out: split first and fit on the training part, or fit it in a Pipeline.",
                notes_of(leak),
                "low" if leak.is_inner else confidence_of(leak),
                fix_of(leak, program, "Fit on the training part only"),
            )
