"""MLE002."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.analysis import rows_of
from ...rows.events import Choice
from ...rows.provenance import Fit
from ...rows.spelling import shortened
from ..base import Note, Report, Rule
from .held_out import HeldOut, Scored


class RepeatedTestEvaluation(Rule):
    """Several models, or several parameters, are scored on the test part, and the best is kept.

    The best of many scores on one set of rows is better than that on new rows, even if all models
    are equally good: the choice has learned from the test part. Without rows that no choice has
    seen, nothing says by how much. See "Data leakage" in scikit-learn's "Common pitfalls" and Yang
    et al. 2022, "Data leakage in notebooks", who call it multi-test leakage.

    Choose by cross-validation on the training part, or on a validation part, and score the one
    model that was chosen on the test part.
    """

    code = "MLE002"
    name = "repeated-test-evaluation"
    severity = "warning"
    bad = (
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
best, best_hits, best_count = 0, 0, 1
for count in range(1, 30):
    model = KNeighborsClassifier(count).fit(X_train, y_train)
    score, hits = model.score(X_test, y_test), (model.predict(X_test) == y_test).mean()
    if score > best and hits > best_hits:
        best, best_hits, best_count = score, hits, count
print(best_count, best)
""",
        """
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
scores = {}
for name, model in {"svc": SVC(), "tree": DecisionTreeClassifier()}.items():
    model.fit(X_train, y_train)
    scores[name] = accuracy_score(y_test, model.predict(X_test))
print("the best:", max(scores, key=scores.get))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
models = [LogisticRegression(C=each) for each in (0.1, 1, 10)]
best = max((m.fit(X_train, y_train) for m in models), key=lambda m: m.score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import auc, roc_curve
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
rows = []
for name, model in {"svc": SVC(probability=True), "line": LogisticRegression()}.items():
    model.fit(X_train, y_train)
    low, high, _ = roc_curve(y_test, model.predict_proba(X_test)[:, 1])
    rows.append({"model": name, "auc": auc(low, high)})
best = pd.DataFrame(rows).sort_values("auc", ascending=False).iloc[0]
""",
        """
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
rows = []
for name, model in {"svc": SVC(), "tree": DecisionTreeClassifier()}.items():
    model.fit(X_train, y_train)
    rows.append([name, accuracy_score(y_test, model.predict(X_test))])
rows.sort(key=lambda row: row[1], reverse=True)
print("the best:", rows[0][0])
""",
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
chances = LogisticRegression().fit(X_train, y_train).predict_proba(X_test)[:, 1]
cuts = np.linspace(0.1, 0.9, 9)
best_cut = cuts[np.argmax([f1_score(y_test, chances > cut) for cut in cuts])]
""",
    )
    good = (
        """
import pandas as pd
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
best, best_count = 0, 1
for count in range(1, 30):
    score = cross_val_score(KNeighborsClassifier(count), X_train, y_train).mean()
    if score > best:
        best, best_count = score, count
model = KNeighborsClassifier(best_count).fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
        # Chosen on a validation part, and tested on another.
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_rest, X_final, y_rest, y_final = train_test_split(data, y, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X_rest, y_rest, random_state=0)
scores = []
for count in range(1, 30):
    model = KNeighborsClassifier(count).fit(X_train, y_train)
    scores.append(model.score(X_test, y_test))
best = 1 + scores.index(max(scores))
model = KNeighborsClassifier(best).fit(X_rest, y_rest)
print(model.score(X_final, y_final))
""",
        # Folds of a cross-validation by hand.
        """
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

X, y = np.load("x.npy"), np.load("y.npy")
best, best_alpha = -1, 0
for alpha in (0.1, 1, 10):
    scores = []
    for train, test in KFold(5).split(X):
        model = Ridge(alpha).fit(X[train], y[train])
        scores.append(model.score(X[test], y[test]))
    score = np.mean(scores)
    if score > best:
        best, best_alpha = score, alpha
""",
        # Scored by a helper, which calls the rows otherwise.
        """
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error

def error(truth, guess):
    return mean_squared_error(truth, guess) ** 0.5

X, y = np.load("x.npy"), np.load("y.npy")
X_train, y_train = X[:800], y[:800]
X_valid, y_valid = X[800:], y[800:]
least, best_alpha = 1e9, 0
for alpha in (0.1, 1, 10):
    found = error(y_valid, Ridge(alpha).fit(X_train, y_train).predict(X_valid))
    if found < least:
        least, best_alpha = found, alpha
""",
        # Bounds, curves and tables in another order.
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_curve
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
rows = []
for name, model in {"svc": SVC(probability=True), "line": LogisticRegression()}.items():
    chances = model.fit(X_train, y_train).predict_proba(X_test)[:, 1]
    low, high, _ = roc_curve(y_test, chances)
    error = np.sort(chances == y_test).mean()
    rows.append({"model": name, "loss": max(log_loss(y_test, chances), 0.0),
                 "at": np.argmax(low < 0.05), "hits": accuracy_score(y_test, chances > 0.5)})
print(pd.DataFrame(rows).sort_values(["model"]))
""",
        # What a search tries out: that is one defect, and another rule's.
        """
import optuna
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
best = 0

def objective(trial):
    global best
    model = DecisionTreeClassifier(max_depth=trial.suggest_int("depth", 2, 9))
    score = model.fit(X_train, y_train).score(X_test, y_test)
    if score > best:
        best = score
    return score

study = optuna.create_study(direction="maximize")
study.optimize(objective, n_trials=50)
""",
        # How far an axis reaches, and what is the largest count of all.
        """
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
hits = []
for model in (SVC(), DecisionTreeClassifier()):
    guesses = model.fit(X_train, y_train).predict(X_test)
    counts = confusion_matrix(y_test, guesses)
    middle = counts.max() / 2
    plt.imshow(counts, vmax=counts.max())
    hits.append(accuracy_score(y_test, guesses))
plt.ylim(0, max(hits) + 0.1)
plt.plot(hits, label=f"up to {1}")
""",
        # How much one model needs each of its features.
        """
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data.values, y, random_state=0)
model = LogisticRegression().fit(X_train, y_train)
losses = []
for column in range(X_test.shape[1]):
    kept = X_test[:, column].copy()
    np.random.shuffle(X_test[:, column])
    losses.append(log_loss(y_test, model.predict_proba(X_test)))
    X_test[:, column] = kept
print(losses / np.max(losses))
""",
        # All scores are told in order, and none is chosen.
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
rows = []
for name, model in {"svc": SVC(), "tree": DecisionTreeClassifier()}.items():
    rows.append({"model": name, "hits": model.fit(X_train, y_train).score(X_test, y_test)})
table = pd.DataFrame(rows).sort_values("hits", ascending=False).reset_index(drop=True)
print(table.to_string(index=False))
for row in sorted(rows, key=lambda each: each["hits"]):
    print(row["model"], row["hits"])
""",
        # All scores are told, and none is chosen.
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

data = pd.read_csv("cells.csv")
y = data.pop("kind")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
for model in (SVC(), DecisionTreeClassifier()):
    print(model, model.fit(X_train, y_train).score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

table = pd.read_csv("loans.csv")
X, X_test, y, y_test = train_test_split(table.drop(columns="bad"), table["bad"], random_state=0)
model = LogisticRegression().fit(X, y)
refused = model.predict(X_test) == 1
rates = {}
for group in ["sex", "age", "origin"]:
    rates[group] = (refused & (X_test[group] == 1)).mean()
print(max(rates, key=rates.get))  # of one model: for whom it is the hardest
""",
        """
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import cross_val_predict, train_test_split

table = pd.read_csv("loans.csv")
X, X_test, y, y_test = train_test_split(table.drop(columns="bad"), table["bad"], random_state=0)
runs = []
for depth in [2, 4, 8]:
    model = RandomForestClassifier(max_depth=depth, random_state=0)
    inner = f1_score(y, cross_val_predict(model, X, y))
    model.fit(X, y)
    runs.append({"inner": inner, "test": f1_score(y_test, model.predict(X_test))})
best = max([run for run in runs if run["inner"] > 0.5], key=lambda run: run["inner"])
print(best["test"])  # it is beside what was chosen by
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each choice among test scores."""
        events = rows_of(program)
        held_out = HeldOut(events)
        # What a search tries out is told of by another rule.
        told = {
            id(score.spot.part)
            for choice in events.choices
            if choice.how == "searched"
            for score in choice.scores
        }
        for choice in events.choices:
            if choice.how == "searched":
                continue
            scores = [
                score
                for score in choice.scores
                if held_out.test_rows(Scored(score.spot, score.learned, score.of))
            ]
            parts = {id(each.spot.part) for each in scores} | {id(choice.spot.statement)}
            if are_several(scores) and not parts & told:
                told |= parts
                yield report(choice, scores)


def are_several(scores: list[Fit]) -> bool:
    """Tell whether scores are those of several models, or of one in a loop."""
    return len({score.of for score in scores}) > 1 or any(score.is_repeated for score in scores)


def report(choice: Choice, scores: list[Fit]) -> Report:
    """Return the report of a choice."""
    first = sorted(scores, key=lambda each: each.spot.line)
    spot = choice.spot
    return Report(
        spot.module,
        spot.statement,
        spot.part,
        f"`{shortened(spot.part, 50)}` picks the best of several scores on the test part: choose "
        "by cross-validation or on a validation part, and test once.",
        tuple(
            Note(f"scored here: {shortened(each.spot.part)}", each.spot.module, each.spot.line)
            for each in first[:4]
        ),
        "medium",
    )
