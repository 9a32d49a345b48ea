"""MLD010."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.statements import Statement
from ...program.objects import Thing, label
from ...program.parts import Overlap, Part, Partition
from ...program.phases import Phases, Use, phases_of
from ...program.program import Program
from ...program.symbols import Module
from ...rows.overlaps import RowOverlap, overlaps_of
from ...rows.spelling import shortened
from ..base import Note, Report, Rule

WORDS = ("DataLoader", "random_split", "Subset", "train_test_split", "sample", "Trainer")
ROWS_SHARED = {
    "within": "holds rows that the model has learned from, for it was fitted on all of them",
    "slices": "is a slice that overlaps with the one that the model has learned from",
    "split twice": "comes from another split than what the model has learned from, and so overlaps",
    "drawn twice": "is drawn independently of what the model has learned from, and so overlaps",
}
FED = frozenset({"validate", "test"})

# Keywords of a fit for what it is validated on.
VALIDATED = frozenset({"validation_data", "eval_set", "evals", "valid_sets"})


class Fed(NamedTuple):
    """A use of data, and the part that it holds."""

    use: Use
    part: Part


class OverlappingSplits(Rule):
    """Rows that a model is trained on are in the part that it is evaluated on, too.

    The score then says how well the model remembers, not how well it does on what it has not seen.
    It happens when the whole data set goes into the training loader after it was split, when both
    loaders hold the same data set, when a data set is split or sampled twice, and with slices that
    overlap.

    Split once, and train and evaluate on parts of that one split.
    """

    code = "MLD010"
    name = "overlapping-splits"
    severity = "error"
    bad = (
        """
from torch.utils.data import DataLoader, Subset, random_split

train, val = random_split(data, [0.8, 0.2])
train_loader = DataLoader(data, shuffle=True)
val_loader = DataLoader(val)

for x, y in train_loader:
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in val_loader:
    hits = (model(x).argmax(1) == y).sum()
""",
        """
from torch.utils.data import DataLoader, Subset, random_split

train_loader = DataLoader(data, shuffle=True)
val_loader = DataLoader(data)

for x, y in train_loader:
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in val_loader:
    hits = (model(x).argmax(1) == y).sum()
""",
        """
from torch.utils.data import DataLoader, Subset, random_split

train, _ = random_split(data, [0.8, 0.2])
_, val = random_split(data, [0.8, 0.2])
train_loader, val_loader = DataLoader(train, shuffle=True), DataLoader(val)

for x, y in train_loader:
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in val_loader:
    hits = (model(x).argmax(1) == y).sum()
""",
        """
import lightning as L
from torch.utils.data import DataLoader, Subset

train_loader = DataLoader(Subset(data, range(1000)))
L.Trainer().fit(model, train_loader, DataLoader(Subset(data, range(800, 1000))))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("houses.csv")
X, y = df[["rooms"]], df["price"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = Ridge().fit(X, y)
print(model.score(X_test, y_test))
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("houses.csv")
train, test = df[:800], df[700:]
model = Ridge().fit(train[["rooms"]], train["price"])
print(model.score(test[["rooms"]], test["price"]))
""",
    )
    good = (
        # One graph, whose nodes are parted by masks.
        """
import lightning as L
import torch_geometric
from torch_geometric import loader

graphs = torch_geometric.datasets.Planetoid(root="data", name="Cora")
nodes = loader.DataLoader(graphs, batch_size=1)
L.seed_everything(0)
L.Trainer().fit(model, nodes, nodes)
""",
        # Two data sets of the same rows, cut alike, for the same seed is set before each cut.
        """
import lightning as L
from torch.utils.data import DataLoader, random_split
from torchvision import datasets

known = datasets.CIFAR10("data", train=True, transform=augment)
plain = datasets.CIFAR10("data", train=True, transform=convert)
L.seed_everything(42)
train, _ = random_split(known, [45000, 5000])
L.seed_everything(42)
_, val = random_split(plain, [45000, 5000])
L.Trainer().fit(model, DataLoader(train, 64, shuffle=True), DataLoader(val, 64))
""",
        # A module that has the loaders of each part is handed to both, by a factory.
        """
import lightning as L
from factory import make

L.seed_everything(0)
trainer = L.Trainer()
data = make("digits")
trainer.fit(model, data)
trainer.test(model, data)
""",
        # Parts that differ only in an argument: a folder, the set that is asked for.
        """
import os
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

def evaluate(test_iter, net):
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in test_iter:
            hits += (net(x).argmax(1) == y).sum()
    return hits

def train(train_iter, test_iter, net, optimizer):
    for epoch in range(3):
        for x, y in train_iter:
            torch.nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        evaluate(test_iter, net)

def tune(net, optimizer):
    train_iter = DataLoader(ImageFolder(os.path.join(root, 'train')), 8)
    test_iter = DataLoader(ImageFolder(os.path.join(root, 'test')), 8)
    train(train_iter, test_iter, net, optimizer)

root = os.environ["DATA"]
net = torch.nn.Linear(1, 1)
tune(net, torch.optim.SGD(net.parameters(), lr=0.1))
""",
        """
import torch
import lightning as L
from torch.utils.data import DataLoader
from torchvision.datasets import VOCDetection

class Data(L.LightningDataModule):
    def train_dataloader(self):
        dataset = VOCDetection("data", image_set="train")
        return self._loader(dataset, shuffle=True)

    def val_dataloader(self):
        dataset = VOCDetection("data", image_set="val")
        return self._loader(dataset)

    def _loader(self, dataset, shuffle=False):
        return DataLoader(dataset, batch_size=2, shuffle=shuffle)

L.seed_everything(1)
L.Trainer().fit(model, Data())
""",
        # Loops that count epochs and labels.
        """
import torch

def score(model, scores):
    model.eval()
    with torch.no_grad():
        for label in range(14):
            print((model(scores[label]) == label).sum())

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(epochs):
    model(batch).sum().backward()
    optimizer.step()
    score(model, held_out)
""",
        # The final fit on all rows, and rows shown to somebody.
        """
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("houses.csv")
X, y = df[["rooms"]], df["price"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = Ridge().fit(X_train, y_train)
print(model.score(X_test, y_test), model.score(X_train, y_train))
model.fit(X, y)
print(model.predict(X[:5]), model.predict(X.sample(3)))
""",
        """
from torch.utils.data import DataLoader, Subset, random_split

train, val = random_split(data, [0.8, 0.2])
train_loader = DataLoader(train, shuffle=True)
val_loader = DataLoader(val)

for x, y in train_loader:
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in val_loader:
    hits = (model(x).argmax(1) == y).sum()
""",
        # A score on the training part, beside the one that counts.
        """
from torch.utils.data import DataLoader, Subset, random_split

train, val = random_split(data, [0.8, 0.2])
train_loader = DataLoader(train, shuffle=True)
val_loader = DataLoader(val)

for x, y in train_loader:
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in val_loader:
    hits = (model(x).argmax(1) == y).sum()
for x, y in DataLoader(train):
    hits = (model(x).argmax(1) == y).sum()
""",
        # Overfitting on purpose.
        """
from torch.utils.data import DataLoader, Subset, random_split

train_loader = val_loader = DataLoader(data)

for x, y in train_loader:
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in val_loader:
    hits = (model(x).argmax(1) == y).sum()
""",
        # Watched on the rows that it learns from; parts that are not told apart.
        """
import pandas as pd
import xgboost as xgb
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, train_test_split

data = pd.read_csv("data.csv")
small, large = train_test_split(data, train_size=0.2)
learned, other = xgb.DMatrix(large), xgb.DMatrix(small)
xgb.train({}, learned, 40, evals=[(learned, "train"), (other, "test")])

parts = []
for pair in GroupKFold(5).split(data, groups=data["group"]):
    part = []
    part.append(data["group"][pair[0]].unique())
    part.append(data["group"][pair[1]].unique())
    part.append(pair[1])
    parts.append(part)
X, y = data[["a"]].values, data["b"].values
for train, test, rows in parts:
    print(Ridge().fit(X[train], y[train]).score(X[test], y[test]))
""",
        # The final fit on all rows.
        """
from torch.utils.data import DataLoader, Subset, random_split

train, val = random_split(data, [0.8, 0.2])
train_loader, val_loader = DataLoader(train), DataLoader(val)

for x, y in train_loader:
    criterion(model(x), y).backward()
    optimizer.step()
model.eval()
for x, y in val_loader:
    hits = (model(x).argmax(1) == y).sum()
for x, y in DataLoader(data):
    criterion(model(x), y).backward()
    optimizer.step()
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each pair of parts that share rows."""
        seen: set[tuple[object, ...]] = set()
        scored: set[tuple[Module | None, int]] = set()
        for entry in program.programs_mentioning(*WORDS):
            for report in Search(phases_of(program, entry), program).reports():
                key = (id(report.module), id(report.statement))
                scored |= {(note.module, note.line) for note in report.notes}
                if key not in seen:
                    seen.add(key)
                    yield report
        for overlap in overlaps_of(program):
            if (overlap.use.spot.module, overlap.use.spot.line) not in scored:
                yield row_report(overlap)


def row_report(overlap: RowOverlap) -> Report:
    """Return the report of an overlap that the flow of rows shows."""
    use, fit = overlap.use.spot, overlap.fit.spot
    split = overlap.step.split.spot
    call = overlap.use.call
    handed = call.args[0] if call and call.args else None
    if call and overlap.use.how == "validation":
        handed = next((value for key, value in call.keywords if key in VALIDATED), None)
    scored = shortened(handed) if handed is not None else "rows"
    return Report(
        use.module,
        use.statement,
        use.part,
        f"`{scored}` {ROWS_SHARED[overlap.kind]}: learn from one part of one split, and evaluate "
        "on another.",
        (
            Note("the model learns here", fit.module, fit.line),
            Note(f"rows are held out here: {shortened(split.part)}", split.module, split.line),
        ),
        "medium",
    )


class Search:
    """The search for parts that share rows, in one program."""

    def __init__(self, phases: Phases, program: Program) -> None:
        self.phases = phases
        self.partition = Partition(phases.objects, program.knowledge)
        self.trained = [
            each for use in phases.uses if use.purpose == "train" for each in self.fed(use)
        ]
        self.scored = [
            each for use in phases.uses if use.purpose != "train" for each in self.fed(use)
        ]

    def fed(self, use: Use) -> Iterator[Fed]:
        """Yield the parts that a use holds."""
        for part in self.partition.parts(use.thing):
            if not self.partition.knowledge.means("masked", part.thing.names):
                yield Fed(use, part)

    def reports(self) -> Iterator[Report]:
        """Yield the reports."""
        for score in self.scored:
            for train in self.trained:
                overlap = self.partition.overlap(train.part, score.part)
                if overlap is not None and self.counts(train, score, overlap):
                    yield self.report(train, score, overlap)
                    break

    def counts(self, train: Fed, score: Fed, overlap: Overlap) -> bool:
        """Tell whether an overlap is a mistake, as far as can be seen."""
        play = self.phases.play
        for use in (train.use, score.use):
            # Which of several it holds is not known: all of them must overlap.
            others, fixed = (self.trained, score) if use is train.use else (self.scored, train)
            if any(
                (each.use.statement, each.use.scene, each.use.purpose)
                == (use.statement, use.scene, use.purpose)
                and self.partition.overlap(each.part, fixed.part) is None
                for each in others
            ):
                return False
        mine, its = train.use.thing, score.use.thing
        places = [(each.scene, each.statement) for each in (mine, its) if each.statement]
        if len(places) == 2 and not play.together(*places):
            return False
        if overlap.kind in ("split twice", "drawn twice"):
            return True
        if mine is its and score.use.purpose not in FED:
            return False
        if self.is_held_out_elsewhere(train):
            return False
        return not (overlap.kind == "within" and self.is_refitted(overlap))

    def is_held_out_elsewhere(self, train: Fed) -> bool:
        """Tell whether the model is also evaluated on rows that it was not trained on."""
        return any(
            all(self.partition.overlap(other.part, each.part) is None for other in self.trained)
            for each in self.scored
        )

    def is_refitted(self, overlap: Overlap) -> bool:
        """Tell whether the other part of the same split is trained on, or evaluated, as well."""
        cut = overlap.one or overlap.other
        fed = self.trained if overlap.one is None else self.scored
        return cut is not None and any(
            each.thing.origin == cut.thing.origin and each.which != cut.which
            for other in fed
            for each in other.part.cuts
        )

    def report(self, train: Fed, score: Fed, overlap: Overlap) -> Report:
        """Return the report of an overlap."""
        place = place_of(train, score, overlap)
        mine, its = label(train.use.thing), label(score.use.thing)
        notes = (
            Note(f"trained on `{mine}` here", train.use.scene.module, train.use.statement.line),
            Note(f"evaluated on `{its}` here", score.use.scene.module, score.use.statement.line),
            *cut_notes(overlap),
        )
        statement: Statement | int = place.statement if place.statement is not None else 1
        return Report(
            place.scene.module,
            statement,
            place.expression,
            message(mine, its, label(train.part.thing), overlap),
            notes,
            "high" if overlap.kind != "same" else "medium",
        )


def place_of(train: Fed, score: Fed, overlap: Overlap) -> Thing:
    """Return what to point at: the loader with too much, or what cuts for the second time."""
    if overlap.other is not None and overlap.one is not None:
        return max(overlap.one.thing, overlap.other.thing, key=lambda each: each.line)
    if overlap.kind == "within" and overlap.one is None:
        return train.use.thing
    return score.use.thing


def cut_notes(overlap: Overlap) -> Iterator[Note]:
    """Yield where the data are cut."""
    for cut in (overlap.one, overlap.other):
        if cut is not None and cut.thing.statement is not None:
            yield Note("cut here", cut.thing.scene.module, cut.thing.line)


def message(train: str, score: str, whole: str, overlap: Overlap) -> str:
    """Return what is wrong."""
    match overlap.kind, overlap.one:
        case "within", None:
            return (
                f"`{train}` holds all of `{whole}`, and so the rows of `{score}`, which the model "
                "is evaluated on: train on the other part of the split."
            )
        case "within", _:
            return (
                f"`{score}` holds all of `{whole}`, and so the rows of `{train}`, which the model "
                "is trained on: evaluate on the other part of the split."
            )
        case "same", _:
            return (
                f"`{train}` and `{score}` hold the same rows of `{whole}`: evaluate on rows that "
                "the model is not trained on."
            )
        case "slices", _:
            return (
                f"The slices of `{whole}` that `{train}` and `{score}` hold overlap: end one where "
                "the other begins."
            )
        case "drawn twice", _:
            return (
                f"The rows of `{train}` and of `{score}` are drawn from `{whole}` independently, "
                "and so overlap: draw once, and evaluate on what is left."
            )
    return (
        f"`{whole}` is split twice, and `{train}` and `{score}` come from different splits, which "
        "overlap: split once, and take both parts from it."
    )
