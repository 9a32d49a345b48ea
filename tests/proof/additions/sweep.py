"""Follow a sweep over the strength of regularisation with Weights & Biases."""

import numpy as np
import wandb
from lab.data.breast_cancer import load
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score


def main():
    source = load()
    for strength in (0.01, 0.1, 1.0):
        run = wandb.init(project="lab", config={"strength": strength})
        model = LogisticRegression(C=strength, max_iter=5000)
        scores = cross_val_score(model, source.inputs, source.targets, cv=5)
        run.log({"accuracy": np.mean(scores)})
        run.finish()


if __name__ == "__main__":
    main()
