"""Forecast tomorrow's load from the days before."""

import logging

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

logger = logging.getLogger(__name__)


def main():
    table = pd.read_csv("data/load.csv", parse_dates=["day"]).sort_values("day")
    table["tomorrow"] = table["load"].shift(-1)
    table["yesterday"] = table["load"].shift(1)
    table["week"] = table["load"].rolling(7).mean()
    table = table.dropna()
    x, y = table[["load", "yesterday", "week"]], table["tomorrow"]
    x_train, x_test, y_train, y_test = train_test_split(x, y, shuffle=False)
    model = Ridge().fit(x_train, y_train)
    logger.info("R2 %.3f", model.score(x_test, y_test))


if __name__ == "__main__":
    main()
