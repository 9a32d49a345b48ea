"""Compare classical models on the project's table."""

import logging

import numpy as np
from lab.data.breast_cancer import load
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 0
logger = logging.getLogger(__name__)


def candidates():
    return {
        "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "few": make_pipeline(StandardScaler(), SelectKBest(f_classif, k=5), LogisticRegression()),
        "forest": RandomForestClassifier(random_state=SEED),
    }


def main():
    source = load()
    x, y = source.inputs, source.targets
    x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=SEED)
    scores = {
        name: np.mean(cross_val_score(model, x_train, y_train, cv=5))
        for name, model in candidates().items()
    }
    best = max(scores, key=scores.get)
    chosen = candidates()[best].fit(x_train, y_train)
    logger.info("%s: %.3f on the test rows", best, chosen.score(x_test, y_test))


if __name__ == "__main__":
    main()
