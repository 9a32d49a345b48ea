"""MLD013."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...facts.expressions import Attribute, Call, Expression, Name, Operation, Sequence, Star
from ...facts.statements import Assign, Body, walk
from ...fixes.changes import Fix, Replace
from ...fixes.names import names_in
from ...fixes.parts import pairs_of
from ...program.program import Program
from ...program.symbols import definitions
from ...rows.leaks import Leak, leaks_of
from ..base import Report, Rule
from ..leakage import callee, fix_of, learner, notes_of, split_name

TITLE = "Learn words from the training text only"
JOINS = frozenset({"concat", "concatenate", "hstack", "append", "chain"})


def joined_in(expression: Expression) -> tuple[Expression, ...]:
    """Return what an expression puts one behind the other; itself if it joins nothing."""
    match expression:
        case Operation("+", operands):
            return tuple(part for each in operands for part in joined_in(each))
        case Sequence("list" | "tuple", items) if items and all(isinstance(i, Star) for i in items):
            return tuple(item.value for item in items if isinstance(item, Star))
        case Call(Name(name) | Attribute(_, name), (Sequence(_, items),)) if name in JOINS:
            return items
        case Call(Name(name) | Attribute(_, name), items) if name in JOINS:
            return items
    return (expression,)


def sides_of(names: set[str], sides: Mapping[str, str], body: Body) -> set[str]:
    """Return the sides of a split that rows of some names are on, by what the names are bound to.

    Args:
        names: The names in an expression.
        sides: The parts of the split, by their names.
        body: The file.
    """
    found = {sides[name] for name in names & sides.keys()}
    bound = {name: known for name, known in definitions(body).items() if len(known) == 1}
    for name in names - sides.keys():
        for each in bound.get(name, ()):
            if isinstance(each.statement, Assign):
                found |= {sides[inner] for inner in names_in(each.value) & sides.keys()}
    return found


def of_training_text(leak: Leak) -> Fix | None:
    """Return the change of ``fit_on_texts(train + test)`` to ``fit_on_texts(train)``."""
    spot, split = leak.fit.spot, leak.split
    if not isinstance(spot.part, Call) or not spot.part.args or split is None:
        return None
    whole, body = spot.part.args[0], spot.module.body
    sides: dict[str, str] = {}
    for each in walk(body, True):
        for _, train, held_out in pairs_of(each, {id(split.spot.part)}):
            sides |= {train: "train", held_out: "test"}
    known = [(each, sides_of(names_in(each), sides, body)) for each in joined_in(whole)]
    kept = [each for each, found in known if found == {"train"}]
    if len(kept) != 1 or len(known) < 2 or any(len(found) != 1 for _, found in known):
        return None
    return Fix(TITLE, (Replace(spot.statement, spot.part.args[0], kept[0]),), False)


class VocabFromAllSplits(Rule):
    """A vocabulary is learned from the text of the held-out rows too.

    Words that only the test part has get indices and embeddings, and document frequencies come from
    it; in use such words are unknown, so the score is better than that on new text.

    Build the vocabulary on the training text only and let other words be unknown. The fix hands
    over the training text alone, or moves the fit behind the split; it is unsafe: scores change.
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
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer

data = pd.read_csv("reviews.csv")
tokenizer = Tokenizer(10_000)
tokenizer.fit_on_texts(data["text"])
X = pad_sequences(tokenizer.texts_to_sequences(data["text"]), maxlen=20)
words = len(tokenizer.word_index) + 1
print(words)
X_train, X_test, y_train, y_test = train_test_split(X, data["stars"], random_state=0)
model = Sequential()
model.fit(X_train, y_train)
model.evaluate(X_test, y_test)
""",
    )
    fixed = (
        bad[0].replace("list(train) + list(test)", "list(train)"),
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer

data = pd.read_csv("reviews.csv")
tokenizer = Tokenizer(10_000)
X_train, X_test, y_train, y_test = train_test_split(data["text"], data["stars"], random_state=0)
tokenizer.fit_on_texts(X_train)
X_train = pad_sequences(tokenizer.texts_to_sequences(X_train), maxlen=20)
X_test = pad_sequences(tokenizer.texts_to_sequences(X_test), maxlen=20)
words = len(tokenizer.word_index) + 1
print(words)
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
                of_training_text(leak) or fix_of(leak, program, TITLE),
            )
