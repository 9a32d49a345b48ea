"""MLR011."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Name,
    Slice,
    Subscript,
    dotted,
    subexpressions,
)
from ...facts.statements import Class, Function, header, walk
from ...fixes.changes import Fix, Wrap
from ...program.program import Program
from ...program.symbols import ClassSymbol, FunctionSymbol, Module, class_symbol, function_symbol
from ...program.values import Frame, Library
from ..base import Note, Report, Rule
from .listing_flow import ListingFlow, Use

WORDS = ("listdir", "scandir", "glob", "iglob", "rglob", "iterdir", "set")
# A file that imports none of these makes no data set.
LEARNING = frozenset(
    {"torch", "tensorflow", "keras", "sklearn", "torchvision", "lightning", "pytorch_lightning"}
    | {"jax", "datasets", "monai", "xgboost", "lightgbm", "transformers"}
)


def functions(module: Module) -> Iterator[tuple[FunctionSymbol | Module, ClassSymbol | None]]:
    """Yield a file's top level, functions and methods."""
    yield module, None
    for statement in walk(module.body):
        if isinstance(statement, Function):
            yield function_symbol(module, statement, None, None), None
        elif isinstance(statement, Class):
            symbol = class_symbol(module, statement, None)
            for method in symbol.methods.values():
                yield method, symbol


def taken_by_position(symbol: ClassSymbol | None, program: Program) -> frozenset[str]:
    """Return the attributes of a dataset whose items it takes by position, and never sorts."""
    if symbol is None or "__getitem__" not in symbol.methods:
        return frozenset()
    ancestry = program.evaluator.ancestry(symbol)
    if not any(
        isinstance(e, Library) and e.name.endswith(("Dataset", "Sequence")) for e in ancestry
    ):
        return frozenset()
    taken: set[str] = set()
    ordered: set[str] = set()
    for method in symbol.methods.values():
        for statement in walk(method.body):
            for part in subexpressions(header(statement)):
                match part:
                    case Subscript(Attribute(Name(), _) as value, key) if not isinstance(
                        key, Slice
                    ):
                        if method.name.endswith("__getitem__"):
                            taken.add(dotted(value))
                    case Call(Attribute(owner, "sort")):
                        ordered.add(dotted(owner))
                    case Call(Name("sorted"), (first, *_)):
                        ordered.add(dotted(first))
    return frozenset(taken - ordered)


class UnsortedFileListing(Rule):
    """Files are taken in the order of a listing, and that order matters.

    ``os.listdir``, ``glob`` and ``Path.iterdir`` give files in the order of the file system, which
    differs between machines and copies; a set of texts has another order in each process. A split,
    the numbers of classes, or what a seeded shuffle gives, differ with it.

    Sort the listing. The fix is safe.
    """

    code = "MLR011"
    name = "unsorted-file-listing"
    severity = "warning"
    bad = (
        """
from glob import glob
import torch

files = glob("data/*.png")
train = files[:800]
""",
        """
import os
from torch.utils.data import Dataset

class Images(Dataset):
    def __init__(self, folder):
        self.names = os.listdir(folder)

    def __getitem__(self, index):
        return load(self.names[index])
""",
        """
import os
import torch

def classes(folder):
    names = [name for name in os.listdir(folder) if name != "README"]
    return {name: number for number, name in enumerate(names)}
""",
        """
import os
import cv2
import numpy as np
from sklearn.model_selection import train_test_split

images = []
for name in os.listdir("data"):
    images.append(cv2.imread(name))
images = np.array(images)
train, test = train_test_split(images, random_state=0)
""",
        """
import os
import torch

def parts(folder):
    found = [
        (part, name)
        for part in ("train", "test")
        for name in os.listdir(os.path.join(folder, part))
    ]
    return {
        part: torch.tensor([row for row, (of, _) in enumerate(found) if of == part])
        for part in ("train", "test")
    }
""",
        """
import torch

labels = list(set(row.label for row in rows))
numbers = {label: number for number, label in enumerate(labels)}
""",
    )
    fixed = (
        """
from glob import glob
import torch

files = sorted(glob("data/*.png"))
train = files[:800]
""",
        """
import os
from torch.utils.data import Dataset

class Images(Dataset):
    def __init__(self, folder):
        self.names = sorted(os.listdir(folder))

    def __getitem__(self, index):
        return load(self.names[index])
""",
        """
import os
import torch

def classes(folder):
    names = [name for name in sorted(os.listdir(folder)) if name != "README"]
    return {name: number for number, name in enumerate(names)}
""",
        """
import os
import cv2
import numpy as np
from sklearn.model_selection import train_test_split

images = []
for name in sorted(os.listdir("data")):
    images.append(cv2.imread(name))
images = np.array(images)
train, test = train_test_split(images, random_state=0)
""",
        """
import os
import torch

def parts(folder):
    found = [
        (part, name)
        for part in ("train", "test")
        for name in sorted(os.listdir(os.path.join(folder, part)))
    ]
    return {
        part: torch.tensor([row for row, (of, _) in enumerate(found) if of == part])
        for part in ("train", "test")
    }
""",
        """
import torch

labels = list(sorted(set(row.label for row in rows)))
numbers = {label: number for number, label in enumerate(labels)}
""",
    )
    good = (
        # Read in pieces, all of them.
        """
from glob import glob

from sklearn.feature_extraction.text import CountVectorizer

files = glob("pages/*.txt")
words = {}
for start in range(0, len(files), 100):
    part = files[start:start + 100]
    for name in part:
        words[name] = len(open(name).read().split())
""",
        """
from glob import glob
import torch

files = sorted(glob("data/*.png"))
train = files[:800]
others = glob("more/*.png")
others.sort()
held_out = others[:10]
""",
        """
import os
import shutil
import torch

for name in os.listdir("old"):
    shutil.copy(name, "new")
count = len(os.listdir("new"))
is_there = "a.png" in os.listdir("new")
newest = max(os.listdir("new"))
""",
        """
import os
from torch.utils.data import Dataset

class Images(Dataset):
    def __init__(self, folder):
        self.names = os.listdir(folder)
        self.names.sort()
        self.sizes = {name: 1 for name in os.listdir(folder)}

    def __getitem__(self, index):
        return load(self.names[index], self.sizes[self.names[index]])
""",
        """
from glob import glob

print(glob("*.txt")[:3])
""",
        """
import os
import torch

names = [name for number, name in enumerate(os.listdir("old")) if number < 3]
print(names)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each listing whose order matters."""
        for module in program.calling(*WORDS):
            imports = {
                (each.module or name).partition(".")[0]
                for each in module.source.outline.imports
                for name, _ in each.names
            }
            if imports & LEARNING:
                yield from self.in_module(module, program)

    def in_module(self, module: Module, program: Program) -> Iterator[Report]:
        """Yield the reports on one file."""
        reported: set[int] = set()
        spellings = module.spellings(*WORDS)
        for owner, symbol in functions(module):
            if spellings.isdisjoint(owner.called):
                continue
            frame = Frame(module, owner if isinstance(owner, FunctionSymbol) else None)
            indexed = taken_by_position(symbol, program)
            flow = ListingFlow(frame, program.evaluator, program.knowledge, indexed)
            for use in flow.uses(owner.body):
                if id(use.listing.call) not in reported:
                    reported.add(id(use.listing.call))
                    yield self.report(use, module)

    @staticmethod
    def report(use: Use, module: Module) -> Report:
        """Return the report on one listing."""
        statement, call = use.listing
        listed = dotted(call.func)
        written = f"{listed}(…)" if listed else "the listing"
        listed = listed or "The listing"
        change = Wrap(statement, call, "sorted(", ")")
        return Report(
            module,
            statement,
            call,
            f"{listed} gives any order, which decides {use.what}: write sorted({written}).",
            (Note("the order matters here", module, use.statement.line),),
            "high",
            None if listed.endswith("scandir") else Fix("Sort the listing", (change,), True),
        )
