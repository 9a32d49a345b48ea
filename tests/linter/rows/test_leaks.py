"""Leaks as people write them, and code that looks like them and is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllint.check import check

HEAD = """
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import RFE, SelectKBest, chi2
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import *
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer, LabelEncoder, MinMaxScaler, Normalizer, OneHotEncoder, PolynomialFeatures,
    StandardScaler, scale,
)
from sklearn.utils import resample

df = pd.read_csv("data.csv")
X = df.drop("target", axis=1)
y = df["target"]
"""
TRAIN = """
model = LogisticRegression()
model.fit(X_train, y_train)
print(accuracy_score(y_test, model.predict(X_test)))
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)\n"


def case(code: str, text: str, end: str = SPLIT + TRAIN) -> tuple[str, str]:
    return code, HEAD + text + "\n" + end


LEAKS = {
    "evaluated rows by position, in a library of its own": case(
        "MLD001",
        "import xgboost as xgb\nX = StandardScaler().fit_transform(X)\n" + SPLIT,
        "shown = [(xgb.DMatrix(X_train), 'train'), (xgb.DMatrix(X_test), 'test')]\n"
        "xgb.train({}, xgb.DMatrix(X_train, y_train), 1000, shown)",
    ),
    "a table of a list, changed in a loop": case(
        "MLD007",
        "other = pd.read_csv('other.csv')\ntables = [X, other]\nfor table in tables:\n"
        "    table['a'] = table['a'].fillna(X['a'].median())\n"
        "for table in tables:\n    table.loc[table['a'] > 3, 'a'] = 3",
    ),
    "what a round leaves that is broken off": case(
        "MLD001",
        "folder = None\nfor each in ['a', 'b']:\n    if each in y:\n        folder = each\n"
        "        break\nif folder is None:\n    raise OSError\nX = scale(X)",
    ),
    "fit_transform": case("MLD001", "X = StandardScaler().fit_transform(X)"),
    "all names of two modules": case(
        "MLD001", "from sklearn.preprocessing import *\nX = RobustScaler().fit_transform(X)"
    ),
    "fit then transform": case("MLD001", "s = MinMaxScaler()\ns.fit(X)\nX = s.transform(X)"),
    "chained fit": case("MLD001", "X = StandardScaler().fit(X).transform(X)"),
    "fit on all, transform the parts": case(
        "MLD001",
        "s = StandardScaler()\ns.fit(X)\n"
        + SPLIT
        + "X_train = s.transform(X_train)\nX_test = s.transform(X_test)",
        TRAIN,
    ),
    "of a sample whose rest is not used": case(
        "MLD001",
        "df = df.sample(frac=0.1)\nX, y = df[['a']], df['b']\n"
        "X = StandardScaler().fit_transform(X)",
    ),
    "of classes apart and together again": case(
        "MLD001",
        "yes, no = df[df['b'] == 1], df[df['b'] == 0].sample(100)\nboth = pd.concat([yes, no])\n"
        "X, y = both[['a']], both['b']\nX = StandardScaler().fit_transform(X)",
    ),
    "columns of unknown names": case(
        "MLD001",
        "le = LabelEncoder()\nfor c in df.select_dtypes('object').columns:\n"
        "    df[c] = le.fit_transform(df[c])\nX, y = df.drop('target', axis=1), df['target']",
    ),
    "validation_split": case(
        "MLD001",
        "from tensorflow import keras\nX = StandardScaler().fit_transform(X)\n"
        "net = keras.Sequential([])\nnet.fit(X, y, validation_split=0.2)",
        "",
    ),
    "into a frame": case(
        "MLD001",
        "s = StandardScaler()\nX = pd.DataFrame(s.fit_transform(X), columns=X.columns)",
    ),
    "columns in place": case(
        "MLD001",
        "s = StandardScaler()\ncols = ['a', 'b']\nX[cols] = s.fit_transform(X[cols])",
    ),
    "one column of the table": case(
        "MLD001",
        "df['a'] = StandardScaler().fit_transform(df[['a']])\nX = df[['a', 'b']]",
    ),
    "loc": case(
        "MLD001", "df.loc[:, 'a'] = MinMaxScaler().fit_transform(df[['a']])\nX = df.iloc[:, :-1]"
    ),
    "values": case(
        "MLD001",
        "X = df.iloc[:, 0:4].values\nX = StandardScaler().fit_transform(X.astype(float))",
    ),
    "imputer": case("MLD001", "X = SimpleImputer(strategy='mean').fit_transform(X)"),
    "imputer on some columns": case(
        "MLD001",
        "X = df.values\ni = SimpleImputer()\ni = i.fit(X[:, 1:3])\n"
        "X[:, 1:3] = i.transform(X[:, 1:3])",
    ),
    "label encoder of a feature": case(
        "MLD001", "df['sex'] = LabelEncoder().fit_transform(df['sex'])\nX = df[['sex', 'age']]"
    ),
    "one-hot": case("MLD001", "X = OneHotEncoder().fit_transform(X).toarray()"),
    "column transformer": case(
        "MLD001",
        "ct = ColumnTransformer([('e', OneHotEncoder(), [3])], remainder='passthrough')\n"
        "X = np.array(ct.fit_transform(X))",
    ),
    "pipeline of transformers": case(
        "MLD001",
        "p = Pipeline([('i', SimpleImputer()), ('s', StandardScaler())])\nX = p.fit_transform(X)",
    ),
    "pca": case("MLD001", "X = PCA(n_components=2).fit_transform(X)"),
    "scale function": case("MLD001", "X = scale(X)"),
    "tf-idf": case("MLD001", "X = TfidfVectorizer().fit_transform(df['text'])"),
    "counts": case("MLD001", "cv = CountVectorizer()\nX = cv.fit_transform(df.text).toarray()"),
    "corpus built in a loop": case(
        "MLD001",
        "corpus = []\nfor i in range(len(df)):\n    t = df['text'][i].lower()\n"
        "    corpus.append(t)\nX = CountVectorizer().fit_transform(corpus).toarray()",
    ),
    "whole table scaled, then divided": case(
        "MLD001",
        "s = MinMaxScaler()\ndata = s.fit_transform(df)\ntrain, test = train_test_split(data)\n"
        "X_train, y_train = train[:, :-1], train[:, -1]\n"
        "X_test, y_test = test[:, :-1], test[:, -1]",
        TRAIN,
    ),
    "slices": case(
        "MLD001",
        "X = StandardScaler().fit_transform(X)\nn = int(len(X) * 0.8)\n"
        "X_train, X_test = X[:n], X[n:]\ny_train, y_test = y[:n], y[n:]",
        TRAIN,
    ),
    "slices of constants": case(
        "MLD001",
        "X = StandardScaler().fit_transform(X)\nX_train, X_test = X[0:800, :], X[800:, :]\n"
        "y_train, y_test = y[0:800], y[800:]",
        TRAIN,
    ),
    "windows of a series": case(
        "MLD001",
        "data = MinMaxScaler().fit_transform(df[['close']])\nn = int(len(data) * 0.7)\n"
        "train, test = data[0:n, :], data[n:len(data), :]\n"
        "def windows(rows, back=1):\n    xs, ys = [], []\n"
        "    for i in range(len(rows) - back):\n        xs.append(rows[i:i + back, 0])\n"
        "        ys.append(rows[i + back, 0])\n    return np.array(xs), np.array(ys)\n"
        "X_train, y_train = windows(train)\nX_test, y_test = windows(test)",
        TRAIN,
    ),
    "masks": case(
        "MLD001",
        "X['a'] = StandardScaler().fit_transform(X[['a']])\n"
        "X_train, X_test = X[X.year < 2015], X[X.year >= 2015]\n"
        "y_train, y_test = y[X.year < 2015], y[X.year >= 2015]",
        TRAIN,
    ),
    "a random mask": case(
        "MLD001",
        "X = PCA(3).fit_transform(X)\nmask = np.random.rand(len(X)) < 0.8\n"
        "X_train, X_test = X[mask], X[~mask]\ny_train, y_test = y[mask], y[~mask]",
        TRAIN,
    ),
    "a permutation": case(
        "MLD001",
        "X = PCA(3).fit_transform(X)\norder = np.random.permutation(len(X))\n"
        "tr, te = order[:800], order[800:]\nX_train, X_test = X[tr], X[te]\n"
        "y_train, y_test = y[tr], y[te]",
        TRAIN,
    ),
    "sample and drop": case(
        "MLD001",
        "df['a'] = StandardScaler().fit_transform(df[['a']])\ntrain = df.sample(frac=0.8)\n"
        "test = df.drop(train.index)\nX_train, y_train = train[['a', 'b']], train['target']\n"
        "X_test, y_test = test[['a', 'b']], test['target']",
        TRAIN,
    ),
    "stratified indices": case(
        "MLD001",
        "X = StandardScaler().fit_transform(X)\nidx = np.arange(len(X))\n"
        "tr, te = train_test_split(idx)\nX_train, X_test = X[tr], X[te]\n"
        "y_train, y_test = y[tr], y[te]",
        TRAIN,
    ),
    "in a function": case(
        "MLD001",
        "def preprocess(table):\n    y = table['target']\n    X = table.drop('target', axis=1)\n"
        "    X = StandardScaler().fit_transform(X)\n    return X, y\nX, y = preprocess(df)",
    ),
    "in place in a function": case(
        "MLD001",
        "def scale_it(table):\n    table['a'] = StandardScaler().fit_transform(table[['a']])\n"
        "scale_it(X)",
    ),
    "function returns the parts": case(
        "MLD001",
        "def load():\n    X = StandardScaler().fit_transform(df)\n"
        "    return train_test_split(X, y)\nX_train, X_test, y_train, y_test = load()",
        TRAIN,
    ),
    "function nobody calls": case(
        "MLD001",
        "def load(table, labels):\n    table = StandardScaler().fit_transform(table)\n"
        "    return train_test_split(table, labels)",
        "",
    ),
    "in a class": case(
        "MLD001",
        "class Data:\n    def __init__(self, X, y):\n        self.scaler = StandardScaler()\n"
        "        self.X, self.y = X, y\n    def scale(self):\n"
        "        self.X = self.scaler.fit_transform(self.X)\n    def split(self):\n"
        "        return train_test_split(self.X, self.y)\ndata = Data(X, y)\ndata.scale()\n"
        "X_train, X_test, y_train, y_test = data.split()",
        TRAIN,
    ),
    "a class nobody uses": case(
        "MLD001",
        "class Data:\n    def run(self):\n        X = StandardScaler().fit_transform(self.load())\n"
        "        a, b = train_test_split(X)\n        model = PCA()\n"
        "        m = LogisticRegression().fit(a)\n        return m.score(b)\n"
        "    def load(self):\n        return pd.read_csv('x.csv')",
        "",
    ),
    "list of models": case(
        "MLD001",
        "X = StandardScaler().fit_transform(X)\n" + SPLIT + "models = []\n"
        "models.append(('a', LogisticRegression()))\n"
        "models.append(('b', RandomForestClassifier()))\n"
        "for name, model in models:\n    model.fit(X_train, y_train)\n"
        "    print(name, model.score(X_test, y_test))",
        "",
    ),
    "loop over columns": case(
        "MLD001",
        "for c in ['a', 'b']:\n    le = LabelEncoder()\n    df[c] = le.fit_transform(df[c])\n"
        "X = df.drop('target', axis=1)",
    ),
    "apply of an encoder": case("MLD001", "X = X.apply(LabelEncoder().fit_transform)"),
    "keras validation data": case(
        "MLD001",
        "from tensorflow.keras.models import Sequential\nX = StandardScaler().fit_transform(X)\n"
        + SPLIT
        + "net = Sequential()\nnet.fit(X_train, y_train, validation_data=(X_test, y_test))",
        "",
    ),
    "unknown use": case(
        "MLD001",
        "import torch\nX = StandardScaler().fit_transform(X)\n"
        + SPLIT
        + "test = torch.utils.data.TensorDataset(torch.tensor(X_test), torch.tensor(y_test))\n"
        "evaluate(test)",
        "",
    ),
    "fit_transform twice": case(
        "MLD002",
        SPLIT + "s = StandardScaler()\nX_train = s.fit_transform(X_train)\n"
        "X_test = s.fit_transform(X_test)",
        TRAIN,
    ),
    "two scalers": case(
        "MLD002",
        SPLIT + "X_train = StandardScaler().fit_transform(X_train)\n"
        "X_test = StandardScaler().fit_transform(X_test)",
        TRAIN,
    ),
    "one function for both parts": case(
        "MLD002",
        SPLIT + "def prepare(part):\n    return PCA(3).fit_transform(part)\n"
        "X_train, X_test = prepare(X_train), prepare(X_test)",
        TRAIN,
    ),
    "two files": case(
        "MLD002",
        "X_train, y_train = df.drop(columns='target'), df['target']\nother = pd.read_csv('o.csv')\n"
        "X_test, y_test = other.drop(columns='target'), other['target']\ns = StandardScaler()\n"
        "X_train = s.fit_transform(X_train)\nX_test = s.fit_transform(X_test)",
        TRAIN,
    ),
    "fit on the parts together": case(
        "MLD002",
        SPLIT + "s = StandardScaler().fit(pd.concat([X_train, X_test]))\n"
        "X_train, X_test = s.transform(X_train), s.transform(X_test)",
        TRAIN,
    ),
    "smote": case("MLD003", "X, y = SMOTE().fit_resample(X, y)"),
    "old smote": case("MLD003", "os = RandomOverSampler()\nX, y = os.fit_sample(X, y)"),
    "smote before cv": case(
        "MLD003",
        "X, y = SMOTE().fit_resample(X, y)\nprint(cross_val_score(LogisticRegression(), X, y))",
        "",
    ),
    "upsampling by hand": case(
        "MLD003",
        "few, many = df[df.target == 1], df[df.target == 0]\n"
        "more = resample(few, replace=True, n_samples=len(many))\n"
        "df = pd.concat([many, more])\nX, y = df.drop('target', axis=1), df['target']",
    ),
    "smote on the test part": case(
        "MLD003", SPLIT + "X_test, y_test = SMOTE().fit_resample(X_test, y_test)", TRAIN
    ),
    "k best": case("MLD004", "X = SelectKBest(chi2, k=5).fit_transform(X, y)"),
    "k best by support": case(
        "MLD004",
        "s = SelectKBest(k=5)\ns.fit(X, y)\ncols = X.columns[s.get_support()]\nX = X[cols]",
    ),
    "rfe": case("MLD004", "r = RFE(LogisticRegression(), 5).fit(X, y)\nX = X.loc[:, r.support_]"),
    "correlation": case(
        "MLD004",
        "c = df.corr()['target'].abs()\ncols = c[c > 0.2].index\n"
        "X = df[cols].drop(columns='target')",
    ),
    "importances": case(
        "MLD004",
        "f = RandomForestClassifier().fit(X, y)\nX = X[X.columns[f.feature_importances_ > 0.1]]",
    ),
    "scaled, then cross-validated": case(
        "MLD005",
        "X = StandardScaler().fit_transform(X)\nprint(cross_val_score(LogisticRegression(), X, y))",
        "",
    ),
    "rows of which nothing is known, scaled and then cross-validated": case(
        "MLD005",
        "def load():\n    pass\nX, y = load()\nX2 = StandardScaler().fit_transform(X)\n"
        "print(cross_val_score(LogisticRegression(), X2, y))",
        "",
    ),
    "scaled, then cross-validated by a booster": case(
        "MLD005",
        "import xgboost as xgb\nX = StandardScaler().fit_transform(X)\n"
        "xgb.cv({}, xgb.DMatrix(X, label=y), nfold=5)",
        "",
    ),
    "scaled, then searched": case(
        "MLD005",
        "X = StandardScaler().fit_transform(X)\n"
        "g = GridSearchCV(LogisticRegression(), {}, cv=5)\ng.fit(X, y)",
        "",
    ),
    "scaled, then folds": case(
        "MLD005",
        "X = StandardScaler().fit_transform(X)\nkf = StratifiedKFold(n_splits=5)\n"
        "for i, (tr, te) in enumerate(kf.split(X, y)):\n    m = LogisticRegression()\n"
        "    m.fit(X[tr], y[tr])\n    print(m.score(X[te], y[te]))",
        "",
    ),
    "fill by the mean": case("MLD007", "X = X.fillna(X.mean())"),
    "fill in place": case("MLD007", "X['age'].fillna(X['age'].median(), inplace=True)"),
    "the training part filled by the mean of all": case(
        "MLD007", SPLIT + "X_train['a'] = X_train['a'].fillna(np.mean(df['a']))", TRAIN
    ),
    "fill by the most frequent": case("MLD007", "X['sex'] = X['sex'].fillna(X['sex'].mode()[0])"),
    "a function of a library, applied": case(
        "MLD007", "from scipy.stats import zscore\nX = X.apply(zscore)"
    ),
    "polars": case(
        "MLD007",
        "import polars as pl\nt = pl.read_csv('t.csv')\n"
        "t = t.with_columns((pl.col('a') - pl.col('a').mean()).alias('a'))\n"
        "X, y = t.drop('b'), t['b']",
    ),
    "fill a column": case("MLD007", "df['age'] = df['age'].fillna(df['age'].mean())\nX = df"),
    "min-max by hand": case("MLD007", "X = (X - X.min()) / (X.max() - X.min())"),
    "z-score by numpy": case(
        "MLD007", "X = X.values\nX = (X - np.mean(X, axis=0)) / np.std(X, axis=0)"
    ),
    "z-score by lambda": case("MLD007", "X = X.apply(lambda c: (c - c.mean()) / c.std())"),
    "vocabulary of all texts": case(
        "MLD013",
        "from keras.preprocessing.text import Tokenizer\nt = Tokenizer()\n"
        "t.fit_on_texts(df['text'])\nX = t.texts_to_sequences(df['text'])",
    ),
    "vectorizer of both parts": case(
        "MLD013",
        SPLIT + "v = TfidfVectorizer().fit(list(X_train) + list(X_test))\n"
        "X_train, X_test = v.transform(X_train), v.transform(X_test)",
        TRAIN,
    ),
}

CLEAN = {
    "fitted on the training part": SPLIT + "s = StandardScaler()\n"
    "X_train = s.fit_transform(X_train)\nX_test = s.transform(X_test)\n" + TRAIN,
    "pipeline": SPLIT + "p = make_pipeline(StandardScaler(), LogisticRegression())\n"
    "p.fit(X_train, y_train)\nprint(p.score(X_test, y_test))",
    "pipeline in cross-validation": "p = make_pipeline(StandardScaler(), LogisticRegression())\n"
    "print(cross_val_score(p, X, y))\nGridSearchCV(p, {}).fit(X, y)",
    "encoder of the target": "y = LabelEncoder().fit_transform(y)\n" + SPLIT + TRAIN,
    "encoder of the target in the table": "df['target'] = LabelEncoder().fit_transform("
    "df['target'])\nX, y = df.drop('target', axis=1), df['target']\n" + SPLIT + TRAIN,
    "stateless": "X = Normalizer().fit_transform(X)\n"
    "X = FunctionTransformer(np.log1p).fit_transform(X)\n" + SPLIT + TRAIN,
    "polynomials": "X = PolynomialFeatures(2).fit_transform(X)\n" + SPLIT + TRAIN,
    "hashing": "X = HashingVectorizer().fit_transform(df['text'])\n" + SPLIT + TRAIN,
    "explicit categories": "X = OneHotEncoder(categories=[['a', 'b']]).fit_transform(X)\n"
    + SPLIT
    + TRAIN,
    "dummies": "X = pd.get_dummies(X)\n" + SPLIT + TRAIN,
    "constants": "X = X.fillna(0)\nX = X / 255.0\n" + SPLIT + TRAIN,
    "forward fill": "X = X.fillna(method='ffill').dropna()\n" + SPLIT + TRAIN,
    "statistics that are printed": "print(df.mean(), df.describe())\ndf.corr()\n" + SPLIT + TRAIN,
    "exploration": "import matplotlib.pyplot as plt\np = PCA(2).fit_transform(X)\n"
    "plt.scatter(p[:, 0], p[:, 1])\n" + SPLIT + TRAIN,
    "unsupervised": "from sklearn.cluster import KMeans\nX = StandardScaler().fit_transform(X)\n"
    "labels = KMeans(3).fit_predict(X)\nprint(labels)",
    "no held-out use": "X = StandardScaler().fit_transform(X)\nLogisticRegression().fit(X, y)",
    "final refit": SPLIT + "p = StandardScaler().fit(X_train)\nm = LogisticRegression()\n"
    "m.fit(p.transform(X_train), y_train)\nprint(m.score(p.transform(X_test), y_test))\n"
    "final = LogisticRegression().fit(StandardScaler().fit_transform(X), y)",
    "three parts": "X_rest, X_test, y_rest, y_test = train_test_split(X, y)\n"
    "X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest)\n"
    "s = StandardScaler().fit(X_train)\nX_train = s.transform(X_train)\n"
    "X_val, X_test = s.transform(X_val), s.transform(X_test)\n"
    + TRAIN
    + "print(model.score(X_val, y_val))",
    "statistics of the training part": SPLIT + "m = X_train.mean()\nX_train = X_train.fillna(m)\n"
    "X_test = X_test.fillna(m)\n" + TRAIN,
    "statistics of rows": "X['total'] = X[['a', 'b']].sum(axis=1)\n"
    "X['mean'] = X[['a', 'b']].mean(axis=1)\n" + SPLIT + TRAIN,
    "smote on the training part": SPLIT + "X_train, y_train = SMOTE().fit_resample(X_train, "
    "y_train)\n" + TRAIN,
    "selection on the training part": SPLIT + "s = SelectKBest(k=3).fit(X_train, y_train)\n"
    "X_train, X_test = s.transform(X_train), s.transform(X_test)\n" + TRAIN,
    "fit in each fold": "for tr, te in KFold(5).split(X):\n    s = StandardScaler()\n"
    "    a = s.fit_transform(X.iloc[tr])\n    b = s.transform(X.iloc[te])\n"
    "    m = LogisticRegression().fit(a, y.iloc[tr])\n    print(m.score(b, y.iloc[te]))",
    "folds by a function": "def run(tr, te):\n    s = StandardScaler().fit(X.iloc[tr])\n"
    "    m = LogisticRegression().fit(s.transform(X.iloc[tr]), y.iloc[tr])\n"
    "    return m.score(s.transform(X.iloc[te]), y.iloc[te])\n"
    "scores = [run(tr, te) for tr, te in KFold(5).split(X)]",
    "slices fitted on the first": "n = 800\nX_train, X_test = X[:n], X[n:]\n"
    "y_train, y_test = y[:n], y[n:]\ns = StandardScaler().fit(X_train)\n"
    "X_train, X_test = s.transform(X_train), s.transform(X_test)\n" + TRAIN,
    "a class as it should be": "class Data:\n    def __init__(self):\n"
    "        self.scaler = StandardScaler()\n    def train(self, part):\n"
    "        return self.scaler.fit_transform(part)\n    def test(self, part):\n"
    "        return self.scaler.transform(part)\n"
    + SPLIT
    + "d = Data()\nX_train = d.train(X_train)\nX_test = d.test(X_test)\n"
    + TRAIN,
    "a scaler or none": SPLIT + "def prepare(part, scaler=None):\n    if scaler is None:\n"
    "        scaler = StandardScaler()\n        part = scaler.fit_transform(part)\n    else:\n"
    "        part = scaler.transform(part)\n    return part, scaler\n"
    "X_train, scaler = prepare(X_train)\nX_test, _ = prepare(X_test, scaler)\n" + TRAIN,
    "a flag": SPLIT + "scaler = StandardScaler()\ndef prepare(part, fit):\n    if fit:\n"
    "        scaler.fit(part)\n    return scaler.transform(part)\n"
    "X_train = prepare(X_train, True)\nX_test = prepare(X_test, False)\n" + TRAIN,
    "vectorizer": "a, b, y_train, y_test = train_test_split(df['text'], y)\n"
    "v = TfidfVectorizer()\nX_train, X_test = v.fit_transform(a), v.transform(b)\n" + TRAIN,
    "validation_split of the training part": "from tensorflow import keras\n"
    + SPLIT
    + "s = StandardScaler()\nX_train, X_test = s.fit_transform(X_train), s.transform(X_test)\n"
    "net = keras.Sequential([])\nnet.fit(X_train, y_train, validation_split=0.1)\n"
    "print(net.evaluate(X_test, y_test))",
    "classes counted": "n = np.max(y) + 1\ny = np.eye(n)[y - n + 1]\n" + SPLIT + TRAIN,
    "validated within a slice": "from tensorflow import keras\nX, y = X.values, y.values\n"
    "X_train, X_test, y_train, y_test = X[:800], X[800:], y[:800], y[800:]\n"
    "s = StandardScaler()\nX_train, X_test = s.fit_transform(X_train), s.transform(X_test)\n"
    "net = keras.Sequential([])\nnet.fit(X_train, y_train, validation_split=0.1)\n"
    "print(net.evaluate(X_test, y_test))",
    "batches": "X = StandardScaler().fit_transform(X)\nmodel = LogisticRegression().fit(X, y)\n"
    "for batch in np.array_split(X, 10):\n    print(model.predict(batch))",
    "the span of an index": "days = pd.date_range(df.index.min(), df.index.max())\n"
    "df = df.reindex(days)\nX = df[['a']]\n" + SPLIT + TRAIN,
    "kaggle test file": "test = pd.read_csv('test.csv')\n" + SPLIT + "s = StandardScaler()\n"
    "X_train, X_test = s.fit_transform(X_train), s.transform(X_test)\n"
    + TRAIN
    + "pd.DataFrame(model.predict(s.transform(test))).to_csv('submission.csv')",
    "days since the first": "df['age'] = (df['day'] - df['day'].min()).dt.days\nX = df[['age']]\n"
    + SPLIT
    + TRAIN,
    "outliers dropped": "df = df[df['a'] < df['a'].quantile(0.99)]\n"
    "X, y = df.drop('target', axis=1), df['target']\n" + SPLIT + TRAIN,
    "searched on the training part": SPLIT + "s = StandardScaler()\nX_train = s.fit_transform("
    "X_train)\nX_test = s.transform(X_test)\ng = GridSearchCV(LogisticRegression(), {})\n"
    "g.fit(X_train, y_train)\nprint(g.score(X_test, y_test))",
    "windows": "df['week'] = df['a'].rolling(7).mean()\n"
    "df['so far'] = df['a'].expanding().max()\ndf['smooth'] = df['a'].ewm(span=3).mean()\n"
    "df['spread'] = df['a'].rolling(7).apply(np.std)\n"
    "df['own'] = df.groupby('who')['a'].rolling(7).agg('mean').reset_index(0, drop=True)\n"
    "X = df[['a', 'week', 'so far', 'smooth', 'spread', 'own']]\n" + SPLIT + TRAIN,
    "classes apart and together again": "df = df.fillna(df.mean())\n"
    "yes, no = df[df['target'] == 1], df[df['target'] == 0]\n"
    "yes = resample(yes, n_samples=len(no))\nboth = pd.concat([yes, no])\n"
    "X, y = both.drop(columns='target'), both['target']\n"
    "model = LogisticRegression().fit(X, y)\nprint(accuracy_score(y, model.predict(X)))",
    "categories of the target": "from tensorflow import keras\n"
    "y = OneHotEncoder().fit_transform(LabelEncoder().fit_transform(y).reshape(-1, 1))\n"
    "net = keras.Sequential([])\nnet.fit(X, y, validation_split=0.2)",
    "drawn, and scaled to be seen": "import matplotlib.pyplot as plt\n"
    + SPLIT
    + TRAIN
    + "figure, axis = plt.subplots()\naxis.imshow(X_test / X_test.max())",
    "a function that is defined again": "def prepare(table):\n"
    "    return StandardScaler().fit_transform(table)\nprint(prepare(X))\n"
    "def prepare(table):\n    return table.fillna(0)\nX = prepare(X)\n" + SPLIT + TRAIN,
    "scaled again by its own copy": "X2 = StandardScaler().fit_transform(X)\nprint(X2)\n"
    + SPLIT
    + TRAIN,
}


def leaks(text: str, folder: Path) -> list[str]:
    (folder / "train.py").write_text(text)
    found = check([folder], use_cache=False).findings
    return [each.code for each in found if each.code in CODES]


def test_classes_put_together_again_are_no_split(tmp_path):
    balanced = CLEAN["classes apart and together again"].rpartition("model =")[0]
    (tmp_path / "train.py").write_text(HEAD + balanced + SPLIT + TRAIN)
    found = check([tmp_path], use_cache=False).findings
    splits = [note.text for each in found for note in each.notes if "are split" in note.text]
    assert {each.code for each in found} >= {"MLD003", "MLD007"}
    assert all("train_test_split" in each for each in splits)


CODES = {"MLD001", "MLD002", "MLD003", "MLD004", "MLD005", "MLD007", "MLD013"}


@pytest.mark.parametrize(("code", "text"), LEAKS.values(), ids=LEAKS.keys())
def test_a_leak_is_found_once(code, text, tmp_path):
    assert leaks(text, tmp_path) == [code]


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN.keys())
def test_clean_code_is_clean(text, tmp_path):
    assert leaks(HEAD + text, tmp_path) == []
