"""Predict from a patient's visits whether treatment helps."""

import logging

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit

logger = logging.getLogger(__name__)
FEATURES = ["dose", "pressure", "clinic_rate", "visits"]


def main():
    table = pd.read_csv("data/visits.csv")
    table["visits"] = table.groupby("patient")["day"].transform("count")
    splitter = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
    rows, held_out = next(splitter.split(table, groups=table["patient"]))
    train, test = table.iloc[rows].copy(), table.iloc[held_out].copy()
    rate = train.groupby("clinic")["helped"].mean()
    train["clinic_rate"] = train["clinic"].map(rate)
    test["clinic_rate"] = test["clinic"].map(rate).fillna(rate.mean())
    model = LogisticRegression(max_iter=1000).fit(train[FEATURES], train["helped"])
    logger.info("accuracy %.3f", model.score(test[FEATURES], test["helped"]))


if __name__ == "__main__":
    main()
