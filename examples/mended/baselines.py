"""What the network has to beat."""

import sys

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from data import gene_chooser, read_table

SEED = 42
path = sys.argv[1] if len(sys.argv) > 1 else "data/cohort.csv"
X, y = read_table(path)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.25, stratify=y, random_state=SEED
)

# cross-validation, for the supplement; the genes are chosen anew in each fold
for C in [0.01, 0.1, 1.0]:
    model = make_pipeline(gene_chooser(40), LogisticRegression(C=C, max_iter=1000))
    scores = cross_val_score(model, X_train, y_train, cv=5)
    print(f"logistic regression C={C}: {np.mean(scores):.3f} +- {np.std(scores):.3f}")

forest = make_pipeline(gene_chooser(40), RandomForestClassifier(random_state=SEED))
trees = {"randomforestclassifier__n_estimators": [10, 50, 100, 300]}
search = GridSearchCV(forest, trees, cv=5).fit(X_train, y_train)
print(f"random forest: {search.score(X_test, y_test):.3f}")

knn = make_pipeline(gene_chooser(40), KNeighborsClassifier(5)).fit(X_train, y_train)
print(f"nearest neighbours: {knn.score(X_test, y_test):.3f}")
