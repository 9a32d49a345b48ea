"""Fits above a loop over folds go into it: the scores become those of a pipeline that is validated.

The programs are carried out, with scikit-learn itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mllint.check import Outcome, check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings
from mllint.fixes.engine import mend

HEAD = """\
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler, scale

scores = []
"""
ARRAY = "X, y = load_wine(return_X_y=True)\n"
NOISE = "X = np.array(np.random.RandomState(0).normal(size=(60, 300)))\ny = np.arange(60) % 2\n"
TABLE = "X = pd.DataFrame(X)\n"
INLINE = """\
for train, test in KFold(5, shuffle=True, random_state=1).split({X}):
    model = KNeighborsClassifier(3).fit({X}[train], y[train])
    scores.append(model.score({X}[test], y[test]))  # how good
"""
NAMED = """\
folds = KFold(5, shuffle=True, random_state=1)
for number, (a, b) in enumerate(folds.split({X}, y)):
    X_train, X_test = {X}[a], {X}[b]
    y_train, y_test = y[a], y[b]
    model = KNeighborsClassifier(3)
    model.fit(X_train, y_train)
    scores.append(model.score(X_test, y_test))
"""
APART = """\
for train, test in KFold(5, shuffle=True, random_state=1).split({X}):
    X_train = {X}[train]
    X_test = {X}[test]
    model = KNeighborsClassifier(3).fit(X_train, y[train])
    scores.append(model.score(X_test, y[test]))
"""
SCALES = [
    "X = StandardScaler().fit_transform(X)\n",
    "scaled = StandardScaler().fit_transform(X)\n",
    "scaler = StandardScaler()\nscaled = scaler.fit_transform(X)\n",
    "scaler = StandardScaler().fit(X)\nX = scaler.transform(X)  # at once\n",
    "X = scale(X)\n",
    "scaled = scale(X)\n",
]
SELECTS = [
    "X = SelectKBest(k=3).fit_transform(X, y)\n",
    "s = SelectKBest(k=3)\nX = s.fit_transform(X, y)\n",
]


def mended(text: str, folder: Path) -> tuple[str, int]:
    """Return a script with its leaks mended, and how many are left."""
    (folder / "train.py").write_text(text)
    options = make_settings(folder, Layer(folder, {"select": ["MLD"]}))

    def lint(given: Mapping[Path, bytes]) -> Outcome:
        return check([folder], use_cache=False, settings=options, given=given)

    mending = mend(lint, unsafe=True)
    after = mending.files[0].after.decode() if mending.files else text
    return after, len(mending.outcome.findings)


class Table:
    """What a script needs of a table: rows are taken by `iloc` alone, as brackets take columns."""

    def __init__(self, values: Any, columns: object = None) -> None:
        self.values = np.asarray(values)
        self.shape = self.values.shape

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.values, dtype)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def iloc(self) -> Rows:
        return Rows(self)


class Rows:
    """Rows of a table by their numbers."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __getitem__(self, key: Any) -> Table:
        return Table(self.table.values[key])


def scores_of(text: str) -> list[float]:
    """Carry out a script."""
    names: dict[str, Any] = {"pd": SimpleNamespace(DataFrame=Table)}  # no test installs pandas
    exec(text.replace("import pandas as pd\n", ""), names)
    found: list[float] = names["scores"]
    return found


@pytest.mark.parametrize("head", ["", TABLE], ids=["array", "table"])
@pytest.mark.parametrize("loop", [INLINE, NAMED, APART], ids=["inline", "named", "apart"])
@pytest.mark.parametrize("fit", [*SCALES, *SELECTS])
def test_the_scores_become_those_of_a_pipeline(head, loop, fit, tmp_path):
    name = "scaled" if "scaled" in fit else "X"
    data = NOISE if "Select" in fit else ARRAY
    text = HEAD + data + head + fit + loop.format(X=name)
    after, left = mended(text, tmp_path)
    assert (after != text, left) == (True, 0)
    names: dict[str, Any] = {}
    exec(HEAD.replace("import pandas as pd\n", "") + data, names)
    first = SelectKBest(k=3) if "Select" in fit else StandardScaler()
    pipeline = make_pipeline(first, KNeighborsClassifier(3))
    expected = cross_val_score(
        pipeline, names["X"], names["y"], cv=KFold(5, shuffle=True, random_state=1)
    )
    np.testing.assert_allclose(scores_of(after), expected)
    assert scores_of(text) != expected.tolist()  # else nothing is shown
    assert after.count("#") == text.count("#")
    assert mended(after, tmp_path) == (after, 0)


LEFT = [
    # It is not known whether these are arrays.
    "def run(X, y):\n    X = scale(X)\n"
    + "    ".join(["", *INLINE.format(X="X").splitlines(True)]),
    # What was scaled is read in other ways too: behind the loop, in it, and before.
    ARRAY + "X = scale(X)\n" + INLINE.format(X="X") + "print(X.mean())\n",
    ARRAY + "X = scale(X)\n" + INLINE.format(X="X") + "    print(X[0])\n",
    ARRAY + "X = scale(X)\nprint(X.mean())\n" + INLINE.format(X="X"),
    ARRAY + "X = scale(X)\n" + INLINE.format(X="X") + "def f():\n    return X\n",
    # A name is taken.
    ARRAY + "X_train = 3\nX = scale(X)\n" + INLINE.format(X="X"),
]


@pytest.mark.parametrize("text", LEFT)
def test_what_can_not_be_seen_through_is_left(text, tmp_path):
    assert mended(HEAD + text, tmp_path) == (HEAD + text, 1)
