"""MLR003."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import Attribute, Call, Expression, Name, dotted, subexpressions
from ...facts.statements import Assign, Declare, Statement, walk
from ...fixes.changes import Change, Fix, Insert, Replace
from ...program.activity import Site
from ...program.program import Program
from ...program.reach import Reach
from ...program.symbols import ClassSymbol, Definition, FunctionSymbol, Module
from ...program.values import Callable, Frame, Instance, Library
from ..base import Note, Report, Rule
from .draws import drawn, workers_of
from .naming import imported_as

LOADERS = ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader")
# What makes a generator, and how its seed is handed to it.
GENERATORS = frozenset(
    {"numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.Generator"}
    | {"random.Random", "torch.Generator"}
)
# What a worker calls for an item, or for those of a batch at once.
FETCHING = ("__getitem__", "__getitems__")
RESEEDING = frozenset({"seed", "manual_seed", "set_state", "setstate"})


class Origin(NamedTuple):
    """Where a generator is made, before workers are.

    Attributes:
        name: As it is used: ``self.rng``, ``rng``.
        module: Where it is made.
        statement: Where it is made; None for a default argument.
        call: What makes it.
        owner: The class, where it is an attribute that its constructor sets.
    """

    name: str
    module: Module
    statement: Statement | None
    call: Call
    owner: ClassSymbol | None


def makes_generator(expression: Expression | None, frame: Frame, program: Program) -> Call | None:
    """Return the call that makes a generator in an expression that gives one."""
    for part in subexpressions(expression) if expression else ():
        if isinstance(part, Call):
            values = program.evaluator.evaluate(part.func, frame)
            if any(isinstance(each, Library) and each.name in GENERATORS for each in values):
                return part
    return None


def origin(expression: Expression, site: Site, program: Program) -> Origin | None:
    """Return where the generator is made that a call draws from, if before the workers."""
    function = site.frame.function
    if function is None:
        return None
    match expression:
        case Attribute(Name(me), attr) if function.owner and function.parameters[0].name == me:
            return attribute_origin(f"{me}.{attr}", attr, function.owner, program)
        case Name(name) if name not in function.table:
            for parameter in function.parameters:
                if parameter.name == name:
                    made = makes_generator(parameter.default, Frame(site.module), program)
                    is_handed = bool(site.frame.bound(name))
                    return None if made is None or is_handed else Origin(
                        name, site.module, function.statement, made, None
                    )  # fmt: skip
            return global_origin(name, site.module, program)
    return None


def attribute_origin(name: str, attr: str, owner: ClassSymbol, program: Program) -> Origin | None:
    """Return where an attribute is made; None if a method other than the constructor makes it."""
    found: Origin | None = None
    for symbol in program.evaluator.ancestry(owner):
        entries: list[tuple[FunctionSymbol, Definition]] = (
            symbol.attributes.get(attr, []) if isinstance(symbol, ClassSymbol) else []
        )
        for method, definition in entries:
            if not method.name.endswith(".__init__"):
                return None  # made lazily, or again
            made = makes_generator(definition.value, Frame(method.module, method), program)
            if made is not None and isinstance(symbol, ClassSymbol):
                found = Origin(name, method.module, definition.statement, made, symbol)
    return found


def global_origin(name: str, module: Module, program: Program) -> Origin | None:
    """Return where a file's global name is made; None if a function sets it."""
    if any(isinstance(each, Declare) and name in each.names for each in walk(module.body, True)):
        return None
    for definition in module.table.get(name, ()):
        made = makes_generator(definition.value, Frame(module), program)
        if made is not None:
            return Origin(name, module, definition.statement, made, None)
    return None


def drawn_from(site: Site) -> Iterator[Expression]:
    """Yield the generators that a call draws from: what it is a method of, or is handed."""
    function = site.call.func
    is_draw = any(name.rpartition("().")[0] in GENERATORS for name in site.names)
    if is_draw and isinstance(function, Attribute) and function.attr not in RESEEDING:
        yield function.value
    handed = site.call.keyword("generator")
    if handed is not None:
        yield handed


class RngDuplicatedAcrossWorkers(Rule):
    """A dataset draws from a generator object that was made before the loader's workers.

    Each worker gets a copy of it, as it was, at the beginning of each epoch: all workers draw the
    same numbers, and the same again in the next epoch, whether the generator was seeded or not.
    PyTorch seeds its own, NumPy's and Python's *global* generators in each worker, not objects;
    before 1.9 not even NumPy's (pytorch#5059), which counts where a project pins such a version.

    Make the generator in the worker, when the first item is fetched, from ``torch.initial_seed()``,
    which differs by worker and epoch; or draw from a global generator. The fix is unsafe: it does
    the former, and other numbers are drawn than before.
    """

    code = "MLR003"
    name = "rng-duplicated-across-workers"
    severity = "error"
    bad = (
        """
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.images[index][self.rng.integers(8) :]

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
for batch in DataLoader(Crops(images), num_workers=4):
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        {
            "train.py": """
import torch
from crops import Crops

def main(args):
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(Crops(), batch_size=4, num_workers=args.workers)
    optimizer = torch.optim.SGD([], lr=0.1)
    for batch in loader:
        optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main(parse())
""",
            "crops.py": """
import random
from torch.utils.data import Dataset

rng = random.Random(3)

def crop(image):
    return image[rng.randint(0, 8) :]

class Crops(Dataset):
    def __getitem__(self, index):
        return crop(self.images[index])
""",
        },
        {
            "requirements.txt": "numpy==1.19.5\ntorch==1.7.1\n",
            "train.py": """
import numpy as np
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self, images):
        self.images = images

    def __getitem__(self, index):
        return crop(self.images[index])

def crop(image):
    return image[np.random.randint(8) :]

for batch in DataLoader(Crops(images), num_workers=4):
    print(batch)
""",
        },
    )
    fixed = (
        """
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = None

    def __getitem__(self, index):
        if self.rng is None:
            self.rng = np.random.default_rng(torch.initial_seed() % 2**32)
        return self.images[index][self.rng.integers(8) :]

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
for batch in DataLoader(Crops(images), num_workers=4):
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        None,
        None,
    )
    good = (
        # Newer workers seed NumPy; older ones are told to.
        {
            "requirements.txt": "torch==1.10.2\n",
            "train.py": """
import numpy as np
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self, images):
        self.images = images

    def __getitem__(self, index):
        return crop(self.images[index])

def crop(image):
    return image[np.random.randint(8) :]

for batch in DataLoader(Crops(images), num_workers=4):
    print(batch)
""",
        },
        {
            "requirements.txt": "torch==1.7.1\n",
            "train.py": """
import torch

def init(worker):
    np.random.seed(torch.initial_seed() % 2**32)

import numpy as np
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self, images):
        self.images = images

    def __getitem__(self, index):
        return crop(self.images[index])

def crop(image):
    return image[np.random.randint(8) :]

for batch in DataLoader(Crops(images), num_workers=4, worker_init_fn=init):
    print(batch)
""",
        },
        """
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = None

    def __getitem__(self, index):
        if self.rng is None:
            self.rng = np.random.default_rng(torch.initial_seed() % 2**32)
        return self.images[index][self.rng.integers(8) :]

for batch in DataLoader(Crops(images), num_workers=4):
    print(batch)
""",
        """
import numpy as np
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)
        self.order = self.rng.permutation(10)

    def __getitem__(self, index):
        rng = np.random.default_rng(index)
        return self.images[index][rng.integers(8) + np.random.randint(3) :]

for batch in DataLoader(Crops(), num_workers=4):
    print(batch)
""",
        """
import numpy as np
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.images[index][self.rng.integers(8) :]

for batch in DataLoader(Crops(), num_workers=0):
    print(batch)
for batch in DataLoader(Crops()):
    print(batch)
""",
        """
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self):
        self.rng = np.random.RandomState(0)

    def __getitem__(self, index):
        return self.images[index][self.rng.randint(8) :]

def init(worker_id):
    dataset = torch.utils.data.get_worker_info().dataset
    dataset.rng = np.random.RandomState(torch.initial_seed() % 2**32)

for batch in DataLoader(Crops(), num_workers=4, worker_init_fn=init):
    print(batch)
""",
        """
import numpy as np
from torch.utils.data import DataLoader, Dataset

class Crops(Dataset):
    def __init__(self):
        self.rng = np.random.RandomState(0)

    def __getitem__(self, index):
        self.rng.seed(index)
        return self.images[index][self.rng.randint(8) :]

for batch in DataLoader(Crops(), num_workers=4):
    print(batch)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each generator that workers have copies of."""
        reported: set[int] = set()
        if not any(True for _ in program.mentioning("DataLoader")):
            return
        for _, reach in program.programs:
            for loader in reach.calls(*LOADERS):
                if workers_of(loader, program) == 0 or loader.call.keyword("worker_init_fn"):
                    continue
                for value in program.evaluator.evaluate(
                    loader.call.argument("dataset", 0), loader.frame
                ):
                    if isinstance(value, Instance):
                        yield from self.in_dataset(value, loader, program, reported)

    def in_dataset(
        self, dataset: Instance, loader: Site, program: Program, reported: set[int]
    ) -> Iterator[Report]:
        """Yield the reports on what a dataset does for an item."""
        for method in (m for name in FETCHING for m in program.evaluator.member(dataset, name)):
            if not isinstance(method, Callable):
                continue
            function = method.function
            bindings = ((function.parameters[0].name, (dataset,)),) if function.parameters else ()
            frame = Frame(function.module, function, bindings, None, 1)
            reach = program.explorer.explore([(frame, False)])
            reseeded = {
                site.call.func.value
                for site in reach.sites
                if isinstance(site.call.func, Attribute) and site.call.func.attr in RESEEDING
            }
            for site in reach.sites:
                for expression in drawn_from(site):
                    made = origin(expression, site, program)
                    if made is None or expression in reseeded or id(made.call) in reported:
                        continue
                    reported.add(id(made.call))
                    yield self.report(made, site, loader, function)
            yield from self.unseeded_workers(reach, loader, program, reported)

    @staticmethod
    def unseeded_workers(
        reach: Reach, loader: Site, program: Program, reported: set[int]
    ) -> Iterator[Report]:
        """Yield the reports on draws from NumPy's own generator, which old workers all share."""
        pin = program.project.pinned_below("torch", 1, 9)
        if not pin or any("numpy.random.seed" in site.names for site in reach.sites):
            return
        for site in reach.sites:
            if "numpy" in drawn(site, program) and id(site.call) not in reported:
                reported.add(id(site.call))
                yield Report(
                    site.module,
                    site.statement,
                    site.call,
                    f"{dotted(site.call.func)} draws the same numbers in all workers of the loader "
                    f"with PyTorch {pin}, which seeds NumPy in none: hand the loader a "
                    "worker_init_fn that does, from torch.initial_seed().",
                    (Note("the loader with workers", loader.module, loader.statement.line),),
                )

    def report(self, made: Origin, site: Site, loader: Site, method: FunctionSymbol) -> Report:
        """Return the report on one generator."""
        return Report(
            made.module,
            made.statement or site.statement,
            made.call if made.statement is not None else site.call,
            f"{made.name} is made before the loader's workers, which all draw the same numbers "
            "from their copies, in each epoch: make it in the worker, from torch.initial_seed().",
            (
                Note("drawn from here, while an item is fetched", site.module, site.statement.line),
                Note("the loader with workers", loader.module, loader.statement.line),
            ),
            "high",
            self.fix(made, method),
        )

    @staticmethod
    def fix(made: Origin, method: FunctionSymbol) -> Fix | None:
        """Return the making of the generator in the worker, where the dataset has it itself."""
        statement = made.statement
        called = source_name(made.call)
        is_plain = isinstance(statement, Assign) and statement.value is made.call
        if statement is None or not is_plain or not called or made.owner is not method.owner:
            return None
        if method.statement is None or made.module is not method.module:
            return None
        torch, imports = imported_as("torch", made.module)
        text = (
            f"if {made.name} is None:\n    {made.name} = {called}({torch}.initial_seed() % 2**32)"
        )
        changes: tuple[Change, ...] = (
            *imports,
            Replace(statement, made.call, "None"),
            Insert(method.statement, text, "inside"),
        )
        return Fix("Make the generator in the worker", changes, False)


def source_name(call: Call) -> str:
    """Return what makes the generator, where it is handed a seed first."""
    name = dotted(call.func)
    return "" if name.endswith("Generator") else name
