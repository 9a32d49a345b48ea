"""Leaks in random programs are mended, and the programs do what they did, but for the leak.

The programs are carried out before and after, with learners that write into each row what they
have changed it by, and which rows had taught them that.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mllint.check import Outcome, check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings
from mllint.fixes.engine import mend

CODES = ["MLD001", "MLD003", "MLD004", "MLD005", "MLD013"]
IMPORTS = """\
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler
"""


def mended(text: str, folder: Path) -> tuple[str, int]:
    """Return a script with its leaks mended, and how many are left."""
    path = folder / "train.py"
    path.write_text(text)
    options = make_settings(folder, Layer(folder, {"select": CODES}))

    def lint(given: Mapping[Path, bytes]) -> Outcome:
        return check([path], use_cache=False, settings=options, given=given)

    mending = mend(lint, unsafe=True)
    after = mending.files[0].after.decode() if mending.files else text
    return after, len(mending.outcome.findings)


class Rows(list[tuple[int, tuple[Any, ...]]]):
    """Rows: each has a number, and what it was changed by."""

    shape = columns = 0

    def drop(self, **_: object) -> Rows:
        return Rows(self)

    def head(self) -> None:
        pass

    def part(self, remainder: int, divisor: int) -> Rows:
        return Rows(row for row in self if row[0] % divisor == remainder)

    def __getitem__(self, key: Any) -> Any:
        return Rows(self)

    def __setitem__(self, _: Any, value: Any) -> None:
        self.clear()
        self.extend(value)


class Learner:
    """Learns which rows it has seen."""

    def __init__(self, *_: object) -> None:
        self.seen: frozenset[int] = frozenset()

    def fit(self, rows: Rows, target: Rows | None = None) -> Learner:
        self.seen = frozenset(number for number, _ in rows)
        if target is not None:
            assert [number for number, _ in rows] == [number for number, _ in target]
        return self

    def transform(self, rows: Rows) -> Rows:
        change = type(self).__name__, self.seen
        return Rows((number, (*done, change)) for number, done in rows)

    def fit_transform(self, rows: Rows, target: Rows | None = None) -> Rows:
        return self.fit(rows, target).transform(rows)


class Carried:
    """What a script hands to its models."""

    def __init__(self, text: str) -> None:
        self.trained: list[Rows] = []
        self.tested: list[Rows] = []
        self.splits = 0
        names = ("PCA", "SelectKBest", "MinMaxScaler", "StandardScaler")
        known: dict[str, Any] = {name: type(name, (Learner,), {}) for name in names}
        known |= {
            "pd": self,
            "Ridge": lambda: self,
            "train_test_split": self.split,
            "print": lambda *_: None,
        }
        lines = [line for line in text.splitlines() if not line.startswith(("import ", "from "))]
        exec("\n".join(lines), known)

    def read_csv(self, _: str) -> Rows:
        return Rows((number, ()) for number in range(24))

    def split(self, *arrays: Rows, **_: object) -> list[Rows]:
        self.splits += 1
        divisor = 2 if self.splits == 1 else 4
        parts: list[Rows] = []
        for rows in arrays:
            held_out = rows.part(0, divisor)
            parts += [Rows(row for row in rows if row not in held_out), held_out]
        return parts

    def fit(self, rows: Rows, target: Rows) -> Carried:
        assert [number for number, _ in rows] == [number for number, _ in target]
        self.trained.append(rows)
        return self

    def score(self, rows: Rows, target: Rows) -> float:
        assert [number for number, _ in rows] == [number for number, _ in target]
        self.tested.append(rows)
        return 0.0

    def predict(self, rows: Rows) -> Rows:
        self.tested.append(rows)
        return rows


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Return a script that fits on all rows, once or several times, before it splits them."""
    lines = ["data = pd.read_csv('x.csv')", "X = data.drop(columns='y')", "y = data['y']"]
    name, made = "X", 0
    for kind in draw(st.lists(st.sampled_from(sorted(WAYS)), min_size=1, max_size=3, unique=True)):
        learner = LEARNERS[made]
        new = name if kind == "a column" else draw(st.sampled_from([name, f"X{made}"]))
        lines += draw(st.sampled_from([[], ["# why", "n = 3"], ["print(y.shape)"]]))
        lines += [
            line.format(old=name, new=new, learner=learner, step=f"step{made}")
            for line in WAYS[kind]
        ]
        name, made = new, made + 1
        if new == "X" and draw(st.booleans()):
            lines.append("print(X.shape)")
    lines.append(f"X_train, X_test, y_train, y_test = train_test_split({name}, y)  # split")
    if draw(st.booleans()):
        lines.append("X_train, X_val, y_train, y_val = train_test_split(X_train, y_train)")
        lines.append("print(y_train)")
    lines.append("model = Ridge().fit(X_train, y_train)")
    lines.append("print(model.score(X_test, y_test))")
    if draw(st.booleans()):
        lines.append(f"print(model.predict({name}))")
    if draw(st.booleans()):
        lines = ["def main():", *(f"    {line}" for line in lines), "main()"]
    return IMPORTS + "\n".join(lines) + "\n"


LEARNERS = ("StandardScaler", "PCA", "MinMaxScaler")
WAYS = {
    "at once": ["{new} = {learner}().fit_transform({old})"],
    "named": ["{step} = {learner}()", "{new} = {step}.fit_transform({old})  # {step}"],
    "in two steps": [
        "{step} = {learner}()",
        "{step}.fit({old})",
        "print({step}.seen)",
        "{new} = {step}.transform({old})",
    ],
    "fitted when made": ["{step} = {learner}().fit({old})", "{new} = {step}.transform({old})"],
    "a column": ["{old}['a'] = {learner}().fit_transform({old}['a'])"],
    "with the target": ["{step} = SelectKBest(3)", "{new} = {step}.fit_transform({old}, y)"],
}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=programs())
def test_a_mended_program_does_the_same_but_learns_from_its_training_rows(
    text: str, tmp_path_factory: pytest.TempPathFactory
):
    after, left = mended(text, tmp_path_factory.mktemp("program"))
    assert left == 0
    before, now = Carried(text), Carried(after)
    for old, new in zip(before.trained + before.tested, now.trained + now.tested, strict=True):
        assert [number for number, _ in old] == [number for number, _ in new]
        for (_, changes), (_, others) in zip(old, new, strict=True):
            assert [name for name, _ in changes] == [name for name, _ in others]
    trained = {number for rows in now.trained for number, _ in rows}
    for rows in now.trained + now.tested:
        assert all(seen <= trained for _, changes in rows for _, seen in changes)
    assert mended(after, tmp_path_factory.mktemp("again")) == (after, 0)


HEAD = f"""{IMPORTS}
data = pd.read_csv("x.csv")
X, y = data.drop(columns="y"), data["y"]
scaler = StandardScaler()
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y)\n"
SCORED = "print(Ridge().fit(X_train, y_train).score(X_test, y_test))\n"
SCALED = "X = scaler.fit_transform(X)\n"


@pytest.mark.parametrize(
    "body",
    [
        f"{SCALED}X2 = X ** 2\n{SPLIT}{SCORED}print(X2)\n",  # read on the way
        f"{SCALED}X = X[:, 1:]\n{SPLIT}{SCORED}",  # changed on the way
        f"X = pd.concat([scaler.fit_transform(X), X])\n{SPLIT}{SCORED}",
        f"X = scaler.fit_transform(X) + PCA().fit_transform(X)\n{SPLIT}{SCORED}",
        f"if y.any():\n    {SCALED}{SPLIT}{SCORED}",  # another block
        f"{SCALED}parts = train_test_split(X, y)\n"
        f"X_train, X_test, y_train, y_test = parts\n{SCORED}",
        f"X = scaler.fit_transform(X)[mask]\n{SPLIT}{SCORED}",
        f"{SCALED}X_train, X_test = X[:800, :], X[800:, :]\n"  # which tables have not
        f"y_train, y_test = y[:800], y[800:]\n{SCORED}",
        f"{SCALED}scaler = scaler.set_params(with_mean=False)\n{SPLIT}{SCORED}",
        f"X = SelectKBest(3).fit_transform(X, y)\ny = y + 1\n{SPLIT}{SCORED}",
        f"X = scaler.fit_transform(X, sample_weight=y)\n{SPLIT}{SCORED}",
        f"scaled = scaler.fit_transform(data['a'])\nX = scaled\n{SPLIT}{SCORED}",
        f"{SCALED}print(cross_val_score(Ridge(), X, y))\nRidge().fit(X, y).predict(data)\n",
        "X = PCA().fit_transform(X) @ W\nprint(cross_val_score(Ridge(), X, y))\n",
        f"{SCALED}def score():\n    return cross_val_score(Ridge(), X, y)\nprint(score())\n",
    ],
)
def test_what_can_not_be_seen_through_is_left(body: str, tmp_path: Path):
    after, left = mended(HEAD + body, tmp_path)
    assert (after, left > 0) == (HEAD + body, True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{SCALED}print(scaler.mean_)\nn = 3\n{SPLIT}{SCORED}",
         f"n = 3\n{SPLIT}X_train = scaler.fit_transform(X_train)\n"
         f"X_test = scaler.transform(X_test)\nprint(scaler.mean_)\n{SCORED}"),
        (f"{SCALED}{SPLIT}{SCORED}for X in data:\n    print(X)\n",
         f"{SPLIT}X_train = scaler.fit_transform(X_train)\nX_test = scaler.transform(X_test)\n"
         f"{SCORED}for X in data:\n    print(X)\n"),
        (f"pca = PCA(2).fit_transform(X)\n{SPLIT.replace('(X,', '(pca,')}{SCORED}print(pca)\n",
         f"{SPLIT}train_pca = PCA(2)\nX_train = train_pca.fit_transform(X_train)\n"
         f"X_test = train_pca.transform(X_test)\npca = train_pca.transform(X)\n"
         f"{SCORED}print(pca)\n"),
        ("X = scaler.fit_transform(X.values)\nprint(X)\nn = int(len(X) * 0.8)\n"
         f"X_train, X_test = X[0:n, :], X[n:len(X), :]\ny_train, y_test = y[:n], y[n:]\n{SCORED}",
         "X = X.values\nprint(X)\nn = int(len(X) * 0.8)\n"
         "X_train, X_test = X[0:n, :], X[n:len(X), :]\nX_train = scaler.fit_transform(X_train)\n"
         f"X_test = scaler.transform(X_test)\ny_train, y_test = y[:n], y[n:]\n{SCORED}"),
        ("Xs = scaler.fit_transform(X)\nX_val = Xs[700:800]\n"
         "X_train = Xs[:700]\nX_test = Xs[800:]\n"
         f"y_train, y_test = y[:700], y[800:]\n{SCORED}",
         "X_val = X[700:800]\nX_train = X[:700]\nX_test = X[800:]\n"
         "X_train = scaler.fit_transform(X_train)\nX_val = scaler.transform(X_val)\n"
         f"X_test = scaler.transform(X_test)\ny_train, y_test = y[:700], y[800:]\n{SCORED}"),
        (f"{SCALED}_, X_test, _, y_test = train_test_split(X, y)\n{SCORED}", None),
        ("X = PCA(2).fit_transform(X)\n"
         "print(cross_val_score(make_pipeline(scaler, Ridge()), X, y))\n",
         "print(cross_val_score(make_pipeline(PCA(2), scaler, Ridge()), X, y))\n"),
    ],
)  # fmt: skip
def test_what_goes_along(body: str, expected: str | None, tmp_path: Path):
    head = HEAD
    if "make_pipeline" in body:
        head = head.replace(
            "from sklearn.prep", "from sklearn.pipeline import make_pipeline\nfrom sklearn.prep"
        )
    after, _ = mended(head + body, tmp_path)
    assert after == head + (body if expected is None else expected)
