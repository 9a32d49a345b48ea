"""The ways in which people let held-out rows of a table teach, and ways that look like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllint.check import check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings

START = """
import numpy as np
import pandas as pd
from gensim.models import Word2Vec
from imblearn.under_sampling import RandomUnderSampler
from sklearn.compose import ColumnTransformer
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

table = pd.read_csv("passengers.csv")
"""
SPLIT = """
X, X_test, y, y_test = train_test_split(table.drop(columns="survived"), table["survived"])
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
"""
VALIDATION = """
X, y = table.drop(columns="survived"), table["survived"]
print(cross_val_score(RandomForestClassifier(), X, y))
"""

CASES = {
    "a loop fills each group with its own median": (
        "MLD007",
        """
for title in ["Mr", "Mrs"]:
    mask = table["title"] == title
    table.loc[mask & table["age"].isna(), "age"] = table.loc[mask, "age"].median()
"""
        + SPLIT,
    ),
    "one group after the other is filled": (
        "MLD007",
        """
men = table[table.sex == "male"]
table.loc[(table.sex == "male") & table["age"].isna(), "age"] = men["age"].median()
"""
        + SPLIT,
    ),
    "a function of each row fills gaps from a table": (
        "MLD007",
        """
ages = table.groupby("title")["age"].median()

def age_of(row):
    if pd.isnull(row["age"]):
        return ages[row["title"]]
    return row["age"]

table["known_age"] = table.apply(age_of, axis=1)
"""
        + VALIDATION,
    ),
    "a lambda fills gaps from a table": (
        "MLD007",
        """
ages = table.groupby("title")["age"].median()
table["age"] = table.apply(
    lambda row: ages[row["title"]] if pd.isna(row["age"]) else row["age"], axis=1
)
"""
        + VALIDATION,
    ),
    "where fills gaps": (
        "MLD007",
        """
ages = table.groupby("title")["age"].median()
table["age"] = np.where(table["age"].isnull(), table["title"].map(ages), table["age"])
"""
        + VALIDATION,
    ),
    "quantiles of all rows": (
        "MLD007",
        "table['fare_bin'] = pd.qcut(table['fare'], 4, labels=False)" + VALIDATION,
    ),
    "quantiles by which rows are divided": (
        "",
        """
table["part"] = pd.qcut(table["fare"], 4, labels=False)
features = [name for name in table.columns if name not in ("part", "survived")]
X, X_test, y, y_test = train_test_split(
    table[features], table["survived"], stratify=table["part"]
)
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "quantiles that are plotted, in a table of which some columns are taken": (
        "",
        """
table["part"] = pd.qcut(table["fare"], 4, labels=False)
columns = ColumnTransformer([("numbers", StandardScaler(), ["age", "fare"])])
model = make_pipeline(columns, RandomForestClassifier())
print(cross_val_score(model, table.drop(columns="survived"), table["survived"]))
""",
    ),
    "a column of bins is dropped where it is there": (
        "",
        """
table["part"] = pd.qcut(table["fare"], 4, labels=False)
X, X_test, y, y_test = train_test_split(table.drop(columns="survived"), table["survived"])
for name in ["part"]:
    if name in X.columns:
        X = X.drop(columns=[name])
    if name not in X_test.columns:
        pass
    else:
        X_test = X_test.drop(columns=[name])
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "those of some columns are dropped that are there": (
        "",
        """
table["part"] = pd.qcut(table["fare"], 4, labels=False)
extra = ["part", "survived"]
X = table.drop(columns=[name for name in extra if name in table.columns])
print(cross_val_score(RandomForestClassifier(), X, table["survived"]))
""",
    ),
    "rows that are written and read again": (
        "MLD001",
        """
table[["age", "fare"]] = StandardScaler().fit_transform(table[["age", "fare"]])
table.to_csv("scaled.csv", index=False)
table = pd.read_csv("scaled.csv")
"""
        + SPLIT,
    ),
    "a target is encoded that is told by its position": (
        "",
        """
table.iloc[:, -1] = LabelEncoder().fit_transform(table.iloc[:, -1])
X, y = table.drop(["survived"], axis=1).values, table.iloc[:, -1].values
X, X_test, y, y_test = train_test_split(X, y)
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "a feature is encoded that is told by its position": (
        "MLD001",
        """
X, y = table.iloc[:, 1:-1].values, table.iloc[:, -1].values
X[:, 2] = LabelEncoder().fit_transform(X[:, 2])
X, X_test, y, y_test = train_test_split(X, y)
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "a function splits again until all classes are there": (
        "",
        """
def parts_of(table):
    train, test = train_test_split(table)
    if test["survived"].sum() == 0:
        train, test = parts_of(table)
    return train, test

train, test = parts_of(table)
scaler = StandardScaler()
model = RandomForestClassifier()
model.fit(scaler.fit_transform(train.drop(columns="survived")), train["survived"])
print(model.score(scaler.transform(test.drop(columns="survived")), test["survived"]))
""",
    ),
    "rows are left out of all rows": (
        "MLD003",
        """
X, y = RandomUnderSampler().fit_resample(table.drop(columns="survived"), table["survived"])
X, X_test, y, y_test = train_test_split(X, y)
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "rows are left out of the training part, which is cross-validated": (
        "",
        """
X, X_test, y, y_test = train_test_split(table.drop(columns="survived"), table["survived"])
X, y = RandomUnderSampler().fit_resample(X, y)
print(cross_val_score(RandomForestClassifier(), X, y))
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "the part that teaches is a mask": (
        "",
        """
middle = table[table.part == "train"]["age"].median()
table["age"] = table["age"].fillna(middle)
train, test = table[table.part == "train"], table[table.part == "test"]
model = RandomForestClassifier().fit(train.drop(columns="survived"), train["survived"])
print(model.score(test.drop(columns="survived"), test["survived"]))
""",
    ),
    "each file has an encoder of its own": (
        "MLD002",
        """
test = pd.read_csv("others.csv")
for name in ["city", "cabin"]:
    table[name] = LabelEncoder().fit_transform(table[name])
    test[name] = LabelEncoder().fit_transform(test[name])
model = RandomForestClassifier().fit(table.drop(columns="survived"), table["survived"])
print(roc_auc_score(test["survived"], model.predict(test.drop(columns="survived"))))
""",
    ),
    "each file's columns are encoded by themselves": (
        "MLD002",
        """
test = pd.read_csv("others.csv").apply(LabelEncoder().fit_transform)
table = table.apply(LabelEncoder().fit_transform)
model = RandomForestClassifier().fit(table.iloc[:, :-1], table.iloc[:, -1])
print(roc_auc_score(test.iloc[:, -1], model.predict(test.iloc[:, :-1])))
""",
    ),
    "only the targets of each file are encoded": (
        "",
        """
test = pd.read_csv("others.csv")
table["survived"] = LabelEncoder().fit_transform(table["survived"])
test["survived"] = LabelEncoder().fit_transform(test["survived"])
model = RandomForestClassifier().fit(table.drop(columns="survived"), table["survived"])
print(roc_auc_score(test["survived"], model.predict(test.drop(columns="survived"))))
""",
    ),
    "a model is calibrated on what it is scored on": (
        "MLD010",
        """
X, X_val, y, y_val = train_test_split(table.drop(columns="survived"), table["survived"])
model = RandomForestClassifier().fit(X, y)
calibrated = CalibratedClassifierCV(model, cv="prefit")
calibrated.fit(X_val, y_val)
print(roc_auc_score(y_val, calibrated.predict_proba(X_val)[:, 1]))
""",
    ),
    "word vectors of all texts": (
        "MLD013",
        """
texts = [text.split() for text in table["name"].values]
words = Word2Vec(texts, min_count=5)
vectors = []
for text in texts:
    vector = np.zeros(100)
    for word in text:
        if word in words.wv:
            vector += words.wv[word]
    vectors.append(vector)
X, X_test, y, y_test = train_test_split(np.array(vectors), table["survived"])
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "word vectors of the training texts": (
        "",
        """
train, test, y, y_test = train_test_split(table["name"].str.split(), table["survived"])
words = Word2Vec(sentences=train, min_count=5)
X = np.array([words.wv[text].mean(axis=0) for text in train])
X_test = np.array([words.wv[text].mean(axis=0) for text in test])
model = RandomForestClassifier().fit(X, y)
print(model.score(X_test, y_test))
""",
    ),
    "files that were put together are taken apart again": (
        "MLD007",
        """
test = pd.read_csv("others.csv")
known = table.shape[0]
y = table.pop("survived")
both = pd.concat([table, test]).reset_index(drop=True)
both["fare"] = (both["fare"] - both["fare"].mean()) / both["fare"].std()
model = RandomForestClassifier().fit(both[:known], y)
print(model.predict(both[known:]))
""",
    ),
}


@pytest.mark.parametrize(("code", "text"), CASES.values(), ids=CASES.keys())
def test_case(code: str, text: str, tmp_path: Path):
    (tmp_path / "train.py").write_text(START + text)
    settings = make_settings(tmp_path, Layer(tmp_path, {"select": ["MLD"]}))
    found = {each.code for each in check([tmp_path], use_cache=False, settings=settings).findings}
    assert found == ({code} if code else set())
