"""MLD013."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...rows.leaks import leaks_of
from ..base import Report, Rule
from ..leakage import callee, learner, notes_of, split_name


class VocabFromAllSplits(Rule):
    """A vocabulary is learned from the text of the held-out rows too.

    Words that only the test part has get indices and embeddings, and document frequencies come from
    it; in use such words are unknown, so the score is better than that on new text.

    Build the vocabulary on the training text only and let other words be unknown.
    """

    code = "MLD013"
    name = "vocab-from-all-splits"
    severity = "warning"
    bad = (
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.text import Tokenizer

data = pd.read_csv("reviews.csv")
train, test, y_train, y_test = train_test_split(data["text"], data["stars"], random_state=0)
tokenizer = Tokenizer(10_000)
tokenizer.fit_on_texts(list(train) + list(test))
X_train, X_test = tokenizer.texts_to_sequences(train), tokenizer.texts_to_sequences(test)
model = Sequential()
model.fit(X_train, y_train)
model.evaluate(X_test, y_test)
""",
    )
    good = (
        # Part of the training text validates, and the test text is untouched.
        """
import pandas as pd
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.text import Tokenizer

data = pd.read_csv("reviews.csv")
train, test = data["text"][:8000], data["text"][8000:]
y_train, y_test = data["stars"][:8000], data["stars"][8000:]
tokenizer = Tokenizer(10_000)
tokenizer.fit_on_texts(train)
X_train, X_test = tokenizer.texts_to_matrix(train), tokenizer.texts_to_matrix(test)
model = Sequential()
model.fit(X_train, y_train, validation_split=0.1)
model.evaluate(X_test, y_test)
""",
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.text import Tokenizer

data = pd.read_csv("reviews.csv")
train, test, y_train, y_test = train_test_split(data["text"], data["stars"], random_state=0)
tokenizer = Tokenizer(10_000)
tokenizer.fit_on_texts(train)
X_train, X_test = tokenizer.texts_to_sequences(train), tokenizer.texts_to_sequences(test)
model = Sequential()
model.fit(X_train, y_train)
model.evaluate(X_test, y_test)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each vocabulary that saw held-out text."""
        for leak in leaks_of(program):
            parts = leak.fit.kind == "vectorizer" and leak.has_seen == "parts"
            if leak.fit.kind != "vocabulary" and not parts:
                continue
            spot = leak.fit.spot
            yield Report(
                spot.module,
                spot.statement,
                spot.part,
                f"{callee(leak)} learns words from {learner(leak)}, text that {split_name(leak)} "
                "holds out among it: build the vocabulary on the training text only.",
                notes_of(leak),
                "medium" if leak.fit.is_sure and not leak.is_inner else "low",
            )
