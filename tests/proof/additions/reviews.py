"""Tell good reviews from bad ones by their words."""

import logging

import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

logger = logging.getLogger(__name__)


def main():
    table = pd.read_csv("data/reviews.csv")
    train, test = train_test_split(table, random_state=0)
    words = CountVectorizer()
    words.fit(train["text"])
    model = LogisticRegression(max_iter=1000)
    model.fit(words.transform(train["text"]), train["good"])
    logger.info("accuracy %.3f", model.score(words.transform(test["text"]), test["good"]))


if __name__ == "__main__":
    main()
