"""MLR006."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Name, dotted, subexpressions
from ...facts.statements import Assign, header, walk
from ...fixes.changes import Fix, SetArgument
from ...program.activity import Site
from ...program.program import Program
from ..base import Note, Report, Rule
from .draws import constant, has_own_generator
from .naming import imported_as
from .seeding import seeded_generators

SELECTION = "sklearn.model_selection."
IF_TOLD = frozenset({"KFold", "StratifiedKFold", "StratifiedGroupKFold"})  # to shuffle
ALWAYS = frozenset(
    {"ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit", "RepeatedKFold"}
    | {"RepeatedStratifiedKFold"}
)


def split_generator(site: Site, program: Program) -> str:
    """Return the global generator that chooses the parts of a split; empty if none does."""
    shuffle = site.call.keyword("shuffle")
    is_told = constant(shuffle, site.frame, program) if shuffle else None
    for each in site.names:
        name = program.knowledge.canonical(each)
        last = name.rpartition(".")[2]
        if name.startswith(SELECTION):
            if last in ALWAYS or (last == "train_test_split" and is_told in (None, True)):
                return "numpy"
            if last in IF_TOLD and is_told is True:
                return "numpy"
        elif name in ("torch.utils.data.random_split", "torch.utils.data.dataset.random_split"):
            return "torch"
        # Without a seed, its own comes from NumPy's global generator.
        elif name.startswith("datasets.") and last == "train_test_split":
            return "" if is_told is False else "numpy"
        elif name.startswith("pandas.") and last == "sample" and defines_rest(site):
            return "numpy"
    return ""


def splits_unseeded(site: Site, program: Program) -> bool:
    """Tell whether a call splits by a global generator."""
    return bool(split_generator(site, program)) and not has_own_generator(site.call)


def defines_rest(site: Site) -> bool:
    """Tell whether the rows that were not sampled are the other part: ``df.drop(part.index)``."""
    match site.statement:
        case Assign(_, (Name() as part,)):
            index = Attribute(part, "index")
        case _:
            return False
    owner = site.frame.function or site.module
    return any(
        index == each and type(each) is Attribute
        for statement in walk(owner.body)
        for each in subexpressions(header(statement))
    )


def seeding_argument(site: Site, generator: str) -> Fix:
    """Return the argument that seeds a split."""
    if generator == "torch":
        name, imports = imported_as("torch", site.module)
        text = f"{name}.Generator().manual_seed(0)"
        change = SetArgument(site.statement, site.call, "generator", text)
        return Fix("Hand the split a generator", (*imports, change), True)
    is_datasets = any(name.startswith("datasets.") for name in site.names)
    argument = "seed" if is_datasets else "random_state"
    change = SetArgument(site.statement, site.call, argument, "0")
    return Fix("Seed the split", (change,), True)


class UnseededSplit(Rule):
    """Rows are split at random, and nothing seeds the generator that splits them.

    Which rows are held out differs from run to run, so two scores are of two different tests; and
    a model that is loaded again is tested on rows that it was trained on. That moves results more
    than initialisation does.

    Hand the split a seed of its own, which also holds when something is drawn before it. Not
    reported where the program seeds the generator that is drawn from: scikit-learn, pandas and
    ``Dataset.train_test_split`` of Hugging Face follow ``np.random.seed``, ``random_split`` follows
    ``torch.manual_seed``. The fix is safe: any seed is as good as none.
    """

    code = "MLR006"
    name = "unseeded-split"
    severity = "warning"
    bad = (
        """
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2)
LogisticRegression().fit(x_train, y_train)
""",
        """
import numpy as np
import torch
from torch.utils.data import random_split

np.random.seed(0)
train, held_out = random_split(rows, [0.9, 0.1])
optimizer = torch.optim.SGD([], lr=0.1)
for x in train:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import torch
from sklearn.model_selection import KFold

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
for train, test in KFold(5, shuffle=True).split(rows):
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge

rows = pd.read_csv("rows.csv")
train = rows.sample(frac=0.8)
test = rows.drop(train.index)
Ridge().fit(train[["a"]], train["b"])
""",
    )
    fixed = (
        """
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
LogisticRegression().fit(x_train, y_train)
""",
        """
import numpy as np
import torch
from torch.utils.data import random_split

np.random.seed(0)
train, held_out = random_split(rows, [0.9, 0.1], generator=torch.Generator().manual_seed(0))
optimizer = torch.optim.SGD([], lr=0.1)
for x in train:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import torch
from sklearn.model_selection import KFold

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
for train, test in KFold(5, shuffle=True, random_state=0).split(rows):
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import pandas as pd
from sklearn.linear_model import Ridge

rows = pd.read_csv("rows.csv")
train = rows.sample(frac=0.8, random_state=0)
test = rows.drop(train.index)
Ridge().fit(train[["a"]], train["b"])
""",
    )
    good = (
        """
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, train_test_split

np.random.seed(1)
x_train, x_test, y_train, y_test = train_test_split(x, y)
LogisticRegression().fit(x_train, y_train)
""",
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, train_test_split

x_train, x_test, y_train, y_test = train_test_split(x, y, shuffle=False)
for train, test in KFold(5).split(x):
    LogisticRegression().fit(x_train, y_train)
print(pd.read_csv("rows.csv").sample(5))
""",
        """
import torch
from torch.utils.data import random_split

def split(rows, seed=None):
    return random_split(rows, [0.9, 0.1], generator=torch.Generator())

torch.manual_seed(0)
split(rows)
random_split(rows, [0.5, 0.5])
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
from sklearn.model_selection import train_test_split

print(train_test_split([1, 2, 3]))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each split that differs from run to run."""
        reported: set[int] = set()
        for training in program.trainings:
            seeded: frozenset[str] | None = frozenset()
            splits = [
                (site, split_generator(site, program))
                for site in training.reach.where(splits_unseeded, program)
            ]
            if splits:
                seeded = seeded_generators(training, program)
            for site, generator in splits if seeded is not None else ():
                if generator in (seeded or ()) or id(site.call) in reported:
                    continue
                reported.add(id(site.call))
                entry = training.entry
                yield Report(
                    site.module,
                    site.statement,
                    site.call,
                    f"{dotted(site.call.func) or 'This call'} splits at random and unseeded: which "
                    "rows are held out differs from run to run; hand it a seed.",
                    (
                        Note(
                            f"the program begins here: {entry.evidence}", entry.module, entry.line
                        ),
                        Note(f"nothing that it reaches seeds {generator}"),
                    ),
                    "high",
                    seeding_argument(site, generator),
                )
