"""MLE001."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Expression,
    Name,
)
from ...program.activity import Site
from ...program.objects import label
from ...program.phases import phases_of
from ...program.program import Program
from ...rows.analysis import rows_of
from ...rows.events import Evaluation
from ...rows.provenance import Spot
from ...rows.spelling import shortened
from ..base import Note, Report, Rule
from .choosers import is_chooser
from .epochs import Epochs
from .held_out import TEST, VALIDATION, HeldOut, Scored, names_in


class TestSetForSelection(Rule):
    """The test part chooses the epoch, the learning rate or the parameters of a model.

    Early stopping, a checkpoint of the best epoch, a rate that falls on a plateau, and a search all
    pick what does best on the rows that they look at. If these are the test rows, the score is the
    best of many on just those rows, and on new ones the model does worse. See Cawley and Talbot
    2010, "On over-fitting in model selection", and "Data leakage" in scikit-learn's "Common
    pitfalls".

    Hold out a validation part of the training rows, choose by that, and score once on the test
    part.
    """

    code = "MLE001"
    name = "test-set-for-selection"
    severity = "error"
    bad = (
        """
import numpy as np
from sklearn.model_selection import train_test_split
from tensorflow import keras

X_train, X_test, y_train, y_test = train_test_split(np.load("x.npy"), np.load("y.npy"))
model = keras.Sequential([keras.layers.Dense(1)])
stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
model.fit(X_train, y_train, validation_data=(X_test, y_test), callbacks=[stop], epochs=100)
print(model.evaluate(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
model = XGBClassifier(n_estimators=1000, early_stopping_rounds=20)
model.fit(X_train, y_train, eval_set=[(X_train, y_train), (X_test, y_test)])
print(model.score(X_test, y_test))
""",
        """
import optuna
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)

def objective(trial):
    model = RandomForestClassifier(max_depth=trial.suggest_int("max_depth", 2, 9))
    model.fit(X_train, y_train)
    return model.score(X_test, y_test)

study = optuna.create_study(direction="maximize")
study.optimize(objective, n_trials=50)
""",
        """
import torch
from torch.utils.data import DataLoader, random_split
from torchvision import datasets

train_loader = DataLoader(datasets.CIFAR10("data", train=True), 64, shuffle=True)
test_loader = DataLoader(datasets.CIFAR10("data", train=False), 64)

def test(loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)

best = 0
for epoch in range(10):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    accuracy = test(test_loader)
    if accuracy > best:
        best = accuracy
        torch.save(model.state_dict(), "best.pt")
""",
        """
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader
from torchvision import datasets

train_loader = DataLoader(datasets.CIFAR10("data", train=True), 64, shuffle=True)
test_loader = DataLoader(datasets.CIFAR10("data", train=False), 64)
criterion = torch.nn.CrossEntropyLoss()
scheduler = ReduceLROnPlateau(optimizer, factor=0.5)

for epoch in range(10):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    model.eval()
    test_loss = 0
    with torch.no_grad():
        for x, y in test_loader:
            test_loss += criterion(model(x), y).item()
    scheduler.step(test_loss / len(test_loader))
""",
        # The loop is Lightning's, the test part is called one where it is made.
        """
import lightning as L
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader
from torchvision import datasets

class Digits(L.LightningDataModule):
    def setup(self, stage):
        self.train_set = datasets.MNIST("data", train=True)
        self.test_set = datasets.MNIST("data", train=False)

    def train_dataloader(self):
        return DataLoader(self.train_set, 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.test_set, 64)

    def test_dataloader(self):
        return DataLoader(self.test_set, 64)

L.seed_everything(0)
digits = Digits()
trainer = L.Trainer(callbacks=[ModelCheckpoint(monitor="val_acc", mode="max")])
trainer.fit(model, datamodule=digits)
trainer.test(model, datamodule=digits)
""",
        # The test part that comes with the data set.
        """
from datasets import load_dataset
from transformers import Trainer, TrainingArguments

class Weighted(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False):
        return weigh(model(**inputs))

reviews = load_dataset("imdb").map(tokenize, batched=True)
arguments = TrainingArguments("out", eval_strategy="epoch", load_best_model_at_end=True)
trainer = Weighted(
    model_init=make, args=arguments, train_dataset=reviews["train"], eval_dataset=reviews["test"]
)
trainer.train()
trainer.evaluate()
""",
        # The rate falls with what Lightning monitors.
        """
import lightning as L
import torch
from torch.utils.data import DataLoader
from torchvision import datasets

class Net(L.LightningModule):
    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters())
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": "val_loss"},
        }

    def train_dataloader(self):
        return DataLoader(datasets.MNIST("data", train=True), 64, shuffle=True)

    def val_dataloader(self):
        return DataLoader(datasets.MNIST("data", train=False), 64)

L.seed_everything(0)
L.Trainer(max_epochs=3).fit(Net())
""",
        # Folders of pictures.
        """
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator

keras.utils.set_random_seed(0)
pictures = ImageDataGenerator(rescale=1 / 255)
train = pictures.flow_from_directory("data/train", target_size=(64, 64))
test = pictures.flow_from_directory("data/test", target_size=(64, 64))
model = keras.Sequential([keras.layers.Dense(2)])
stop = keras.callbacks.EarlyStopping(patience=3)
model.fit(train, validation_data=test, epochs=20, callbacks=[stop])
print(model.evaluate(test))
""",
        # CatBoost keeps the best iteration by itself.
        """
import pandas as pd
from catboost import CatBoostClassifier, Pool
from sklearn.model_selection import train_test_split

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X_train, X_test, y_train, y_test = train_test_split(data, y, random_state=0)
test = Pool(X_test, y_test)
model = CatBoostClassifier(iterations=1000)
model.fit(Pool(X_train, y_train), eval_set=test)
print(model.score(test))
""",
        # The comparison that makes a loop one of scoring is a helper's.
        """
import torch
from torch.utils.data import DataLoader
from cohort import Cohort

train_loader = DataLoader(Cohort("train"), 64, shuffle=True)
val_loader = DataLoader(Cohort("test"), 64)

def accuracy(logits, y):
    return (logits.argmax(1) == y).float().mean().item()

def evaluate(loader):
    model.eval()
    total = 0
    with torch.no_grad():
        for x, y in loader:
            total += accuracy(model(x), y) * len(y)
    return total / len(loader.dataset)

best = 0
for epoch in range(10):
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    score = evaluate(val_loader)
    if score > best:
        best = score
        torch.save(model.state_dict(), "best.pt")
""",
        """
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier
from xgboost.callback import EarlyStopping

X_train, X_test, y_train, y_test = train_test_split(np.load("x.npy"), np.load("y.npy"))
model = XGBClassifier(n_estimators=2000, callbacks=[EarlyStopping(rounds=75, save_best=True)])
model.fit(X_train, y_train, eval_set=[(X_test, y_test)])
print(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
""",
    )
    good = (
        # The helper gives three loaders, as it is asked here.
        """
import torch
from torch.utils.data import DataLoader, random_split
from torchvision import datasets

def make_loaders(fraction=None):
    known = datasets.MNIST("data", train=True)
    test = DataLoader(datasets.MNIST("data", train=False), 64)
    if fraction is None:
        return DataLoader(known, 64, shuffle=True), test
    first, second = random_split(known, [1 - fraction, fraction])
    return DataLoader(first, 64, shuffle=True), DataLoader(second, 64), test

torch.manual_seed(0)
train_loader, held_loader, last_loader = make_loaders(0.1)
best = 0
for epoch in range(9):
    for x, y in train_loader:
        criterion(model(x), y).backward()
        optimizer.step()
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in held_loader:
            hits += (model(x).argmax(1) == y).sum().item()
    if hits > best:
        best = hits
        torch.save(model.state_dict(), "best.pt")
""",
        # Only the epoch is chosen by them: what is predicted then may be any rows.
        """
import lightgbm as lgb
import pandas as pd
from sklearn.model_selection import train_test_split

tables = {each: pd.read_csv(each + ".csv") for each in NAMES}
rows, rest, y, y_rest = train_test_split(tables["known"], tables["known"]["paid"], random_state=0)
kept = lgb.Dataset(rest, label=y_rest)
model = lgb.train({}, lgb.Dataset(rows, label=y), 450, kept, early_stopping_rounds=20)
tables["new"]["paid"] = model.predict(tables["new"])
""",
        # One half of the training part is called "test" by the library that splits it.
        """
from datasets import load_dataset
from transformers import Trainer, TrainingArguments

reviews = load_dataset("imdb")
halves = reviews["train"].train_test_split(test_size=0.1, seed=1)
arguments = TrainingArguments("out", eval_strategy="epoch", load_best_model_at_end=True)
trainer = Trainer(
    model_init=make, args=arguments, train_dataset=halves["train"], eval_dataset=halves["test"]
)
trainer.train()
trainer.predict(reviews["test"])
""",
        # The last epoch is kept, whatever its score.
        """
import lightning as L
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader
from torchvision import datasets

L.seed_everything(0)
train_loader = DataLoader(datasets.MNIST("data", train=True), 64, shuffle=True)
test_loader = DataLoader(datasets.MNIST("data", train=False), 64)
trainer = L.Trainer(callbacks=[ModelCheckpoint(every_n_epochs=5, save_top_k=-1)])
trainer.fit(model, train_loader, test_loader)
""",
        # The callbacks are another fit's; CatBoost is told to keep the last iteration.
        """
import pandas as pd
from catboost import CatBoostClassifier
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator

keras.utils.set_random_seed(0)
pictures = ImageDataGenerator(rescale=1 / 255)
train = pictures.flow_from_directory("data/train")
test = pictures.flow_from_directory("data/test")
model = keras.Sequential([keras.layers.Dense(2)])
model.fit(train, validation_data=test, epochs=20)
print(model.evaluate(test))
other = keras.Sequential([keras.layers.Dense(2)])
other.fit(train, epochs=20, callbacks=[keras.callbacks.EarlyStopping("loss")])

table = pd.read_csv("churn.csv")
y = table.pop("churned")
X_train, X_test, y_train, y_test = train_test_split(table, y, random_state=0)
trees = CatBoostClassifier(iterations=100, use_best_model=False)
trees.fit(X_train, y_train, eval_set=(X_test, y_test))
print(trees.score(X_test, y_test))
""",
        # Stopped by what is trained on.
        """
import lightning as L
from lightning.pytorch.callbacks import EarlyStopping
from torch.utils.data import DataLoader
from torchvision import datasets

L.seed_everything(0)
train_loader = DataLoader(datasets.MNIST("data", train=True), 64, shuffle=True)
test_loader = DataLoader(datasets.MNIST("data", train=False), 64)
trainer = L.Trainer(callbacks=[EarlyStopping("train_loss")])
trainer.fit(model, train_loader, val_dataloaders=test_loader)
""",
        # The rate falls with the loss of training, and the test part is looked at only.
        """
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader
from torchvision import datasets

train_loader = DataLoader(datasets.CIFAR10("data", train=True), 64, shuffle=True)
test_loader = DataLoader(datasets.CIFAR10("data", train=False), 64)
criterion = torch.nn.CrossEntropyLoss()
scheduler = ReduceLROnPlateau(optimizer, factor=0.5)

for epoch in range(10):
    model.train()
    train_loss = 0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        train_loss += loss.item()
    scheduler.step(train_loss / len(train_loader))
    model.eval()
    test_loss = 0
    with torch.no_grad():
        for x, y in test_loader:
            test_loss += criterion(model(x), y).item()
    print(test_loss / len(test_loader))
""",
        """
import numpy as np
from sklearn.model_selection import train_test_split
from tensorflow import keras

X, X_test, y, y_test = train_test_split(np.load("x.npy"), np.load("y.npy"))
X_train, X_val, y_train, y_val = train_test_split(X, y)
model = keras.Sequential([keras.layers.Dense(1)])
stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
model.fit(X_train, y_train, validation_data=(X_val, y_val), callbacks=[stop], epochs=100)
print(model.evaluate(X_test, y_test))
""",
        # Watched, and nothing is chosen by it.
        """
import numpy as np
from sklearn.model_selection import train_test_split
from tensorflow import keras

X_train, X_test, y_train, y_test = train_test_split(np.load("x.npy"), np.load("y.npy"))
model = keras.Sequential([keras.layers.Dense(1)])
stop = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
model.fit(X_train, y_train, validation_data=(X_test, y_test), callbacks=[stop], epochs=100)
print(model.evaluate(X_test, y_test))
""",
        # Called a test part, it validates: other rows are held out for the end.
        """
import pandas as pd
from lightgbm import LGBMRegressor, early_stopping
from sklearn.model_selection import train_test_split

train, final = pd.read_csv("train.csv"), pd.read_csv("test.csv")
y = train.pop("price")
X_train, X_test, y_train, y_test = train_test_split(train, y, random_state=0)
model = LGBMRegressor(n_estimators=1000)
model.fit(X_train, y_train, eval_set=[(X_test, y_test)], callbacks=[early_stopping(50)])
pd.Series(model.predict(final)).to_csv("submission.csv")
""",
        # All that it says is how well it does in validation.
        """
import pandas as pd
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

data = pd.read_csv("churn.csv")
y = data.pop("churned")
X_train, X_val, y_train, y_val = train_test_split(data, y, random_state=0)
model = XGBClassifier(n_estimators=1000, early_stopping_rounds=20)
model.fit(X_train, y_train, eval_set=[(X_val, y_val)])
print("validation", model.score(X_val, y_val))
""",
        # Called a test part where it is cut off, and a validation part where it is used.
        """
import numpy as np
from tensorflow import keras

def cut(X, y, n):
    X_train, X_test = X[:n], X[n:]
    y_train, y_test = y[:n], y[n:]
    return X_train, X_test, y_train, y_test

X_train, X_valid, y_train, y_valid = cut(np.load("x.npy"), np.load("y.npy"), 800)
model = keras.Sequential([keras.layers.Dense(1)])
stop = keras.callbacks.EarlyStopping(patience=3)
model.fit(X_train, y_train, validation_data=(X_valid, y_valid), callbacks=[stop], epochs=100)
print(model.evaluate(X_valid, y_valid))
""",
        """
import torch
from torch.utils.data import DataLoader, random_split
from torchvision import datasets

train, val = random_split(datasets.CIFAR10("data", train=True), [0.9, 0.1])
train_loader, val_loader = DataLoader(train, 64, shuffle=True), DataLoader(val, 64)
test_loader = DataLoader(datasets.CIFAR10("data", train=False), 64)

def test(loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)

best = 0
for epoch in range(10):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    accuracy = test(val_loader)
    if accuracy > best:
        best = accuracy
        torch.save(model.state_dict(), "best.pt")
print(test(test_loader))
""",
        """
import torch
from torch.utils.data import DataLoader, random_split
from torchvision import datasets

train, val = random_split(datasets.CIFAR10("data", train=True), [0.9, 0.1])
train_loader, val_loader = DataLoader(train, 64, shuffle=True), DataLoader(val, 64)

def test(loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)

best = 0
for epoch in range(10):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    accuracy = test(val_loader)
    if accuracy > best:
        best = accuracy
        torch.save(model.state_dict(), "best.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each choice by test rows."""
        seen: set[int] = set()
        yield from by_epoch(program, seen)
        events = rows_of(program)
        held_out = HeldOut(events)
        for use in events.evaluations:
            if use.choosers and seen.isdisjoint({id(use.spot.part), id(handed_to(use))}):
                report = by_validation(use, held_out)
                if report is not None:
                    seen.add(id(use.spot.part))
                    yield report
        for choice in events.choices:
            if choice.how != "searched" or id(choice.spot.part) in seen:
                continue
            for score in choice.scores:
                if held_out.test_rows(Scored(score.spot, score.learned, score.of)):
                    seen.add(id(choice.spot.part))
                    yield Report(
                        choice.spot.module,
                        choice.spot.statement,
                        choice.spot.part,
                        f"{callee(choice.spot.part)} searches for what scores best on the test "
                        "part: score each trial by cross-validation, or on a validation part.",
                        (Note("a trial is scored here", score.spot.module, score.spot.line),),
                        "medium",
                    )
                    break


def by_epoch(program: Program, seen: set[int]) -> Iterator[Report]:
    """Yield one report for each loop by hand that keeps the epoch which tests best.

    Args:
        program: The program.
        seen: What was reported; the validation data of libraries' loops are added.
    """
    modules = set(program.mentioning("DataLoader"))
    for entry, reach in program.programs:
        choosers = reach.where(is_chooser, program)
        if not choosers and modules.isdisjoint(reach.modules):
            continue
        told: set[tuple[int, int]] = set()  # one is enough for each part of a program
        epochs = Epochs(phases_of(program, entry), program)
        if choosers:
            yield from by_library(epochs, choosers[0], seen)
        for choice in epochs.choices():
            use = choice.use
            if use.thing.origin in told:
                continue
            told.add(use.thing.origin)
            if id(choice.statement) in seen:
                continue
            seen.add(id(choice.statement))
            is_rate = isinstance(choice.part, Call) and isinstance(choice.part.func, Attribute)
            chosen = "lowers the rate by the loss" if is_rate else "keeps the epoch that does best"
            yield Report(
                choice.scene.module,
                choice.statement,
                choice.part,
                f"`{shortened(choice.part, 50)}` {chosen} on `{label(use.thing)}`, the test part: "
                "choose by a validation part that is held out of the training rows, and test once.",
                (
                    Note("it is scored here", use.scene.module, use.statement.line),
                    Note("its rows come from here", use.thing.scene.module, use.thing.line),
                ),
                "medium",
            )


def by_library(epochs: Epochs, chooser: Site, seen: set[int]) -> Iterator[Report]:
    """Yield one report for each test part on which the loop of a library validates to choose."""
    for use in epochs.tested("validate"):
        handed = use.handed
        if handed is None or id(handed) in seen:
            continue
        seen.add(id(handed))
        yield Report(
            use.scene.module,
            use.statement,
            handed,
            f"{callee(chooser.call)} chooses by `{shortened(handed, 40)}`, the test part: hold out "
            "a validation part of the training rows and choose by that.",
            (
                Note(
                    f"chosen by {shortened(chooser.call, 40)}",
                    chooser.module,
                    chooser.statement.line,
                ),
                Note("its rows come from here", use.thing.scene.module, use.thing.line),
            ),
            "medium",
        )


def handed_to(use: Evaluation) -> Expression | None:
    """Return what a fit is handed to validate on."""
    call = use.call
    return call and (call.keyword("validation_data") or call.keyword("eval_set"))


def by_validation(use: Evaluation, held_out: HeldOut) -> Report | None:
    """Return the report of a fit that is stopped, or whose epoch is chosen, by the test part."""
    spot, call = use.spot, use.call
    rows = use.data.flat.regions
    handed = handed_to(use)
    named = use.spot.part if handed is None else Call(Name("_"), (handed,), ())
    names = names_in(named)
    if any(VALIDATION.search(each) for each in names) and not any(map(TEST.search, names)):
        return None  # what is validated on is what it is called there
    scored = Scored(spot_of(use, named), rows, use.fits)
    found = held_out.test_rows(scored)
    if not found:
        return None
    uses = list(held_out.uses_of(found, call))
    if not uses and not any(map(TEST.search, names)):
        return None
    chooser = use.choosers[0]
    notes = [Note(f"chosen by {shortened(chooser.part, 40)}", chooser.module, chooser.line)]
    notes += [
        Note("the same rows are evaluated here", each.spot.module, each.spot.line)
        for each in uses[:1]
    ]
    what = f"`{shortened(handed, 40)}`" if handed is not None else "the test part"
    return Report(
        spot.module,
        spot.statement,
        spot.part,
        f"{callee(chooser.part)} chooses by {what}, the rows that the model is tested on: hold out "
        "a validation part of the training rows and choose by that.",
        tuple(notes),
        "medium",
    )


def spot_of(use: Evaluation, part: object) -> Spot:
    """Return where a model is validated, with what it is validated on as the part."""
    spot = use.spot
    return Spot(spot.module, spot.statement, part, spot.context)


def callee(part: object) -> str:
    """Return what is called, for a message."""
    return f"`{shortened(part.func, 40)}`" if isinstance(part, Call) else "the search"
