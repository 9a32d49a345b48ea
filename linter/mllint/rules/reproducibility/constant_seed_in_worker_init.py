"""MLR004."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...facts.expressions import Call, Expression, Name, calls, dotted, last_name, subexpressions
from ...facts.statements import Body, Function, Statement, header, walk
from ...fixes.changes import Change, Fix, Replace
from ...program.program import Program
from ...program.symbols import Module
from ...program.values import Callable, Frame, Library, Partial
from ..base import Note, Report, Rule
from .naming import imported_as

# What tells one worker, or one epoch, from another; also a fresh seed from the system.
TELLING = frozenset(
    {
        "initial_seed",
        "get_worker_info",
        "get_state",
        "getpid",
        "time",
        "time_ns",
        "urandom",
        "randint",
    }
    | {"get_rng_state", "randbits", "SeedSequence"}
)


class WorkerInit(NamedTuple):
    """A function that a loader's workers begin with.

    Attributes:
        module: Where it stands.
        body: Its statements.
        worker: Its parameter that is the worker's number.
        line: Of the loader that it is handed to.
    """

    module: Module
    body: Body
    worker: str
    line: int


def worker_inits(module: Module, program: Program) -> Iterator[WorkerInit]:
    """Yield the functions that a file hands to loaders."""
    nested = {each.name: each for each in walk(module.body, True) if isinstance(each, Function)}
    for statement in walk(module.body, True):
        for call in calls(header(statement)):
            handed = call.keyword("worker_init_fn")
            values = program.evaluator.evaluate(handed, Frame(module))
            if not values and isinstance(handed, Name) and handed.id in nested:
                function = nested[handed.id]
                worker = function.parameters[0].name if function.parameters else ""
                yield WorkerInit(module, function.body, worker, statement.line)
            for value in values:
                target, bound = value, 0
                named: set[str] = set()
                if isinstance(value, Partial):
                    target, bound = value.target, len(value.args)
                    named = {name for name, _ in value.keywords}
                if isinstance(target, Callable):
                    names = [each.name for each in target.function.parameters]
                    free = names[bound + (target.receiver is not None) :]
                    worker = next((each for each in free if each not in named), "")
                    body = target.function.body
                    yield WorkerInit(target.function.module, body, worker, statement.line)


def constant_seeds(
    init: WorkerInit, program: Program
) -> Iterator[tuple[Statement, Call, Expression]]:
    """Yield the calls that seed all workers alike, and what they seed with."""
    telling = {init.worker}

    def tells(expression: object) -> bool:
        return any(
            (isinstance(part, Name) and part.id in telling)
            or (isinstance(part, Call) and last_name(part) in TELLING)
            for part in subexpressions((expression,))
        )

    for statement in walk(init.body):
        if tells(getattr(statement, "value", None)):
            for target in getattr(statement, "targets", ()):
                telling |= {part.id for part in subexpressions((target,)) if isinstance(part, Name)}
        for call in calls(header(statement)):
            values = program.evaluator.evaluate(call.func, Frame(init.module))
            names = [each.name for each in values if isinstance(each, Library)]
            given = call.argument("seed", 0)
            if program.knowledge.seeded(names) and given is not None and not tells(given):
                yield statement, call, given


class ConstantSeedInWorkerInit(Rule):
    """A loader's ``worker_init_fn`` seeds all workers alike.

    Each worker is a process with generators of its own, which PyTorch has seeded differently, for
    each worker and epoch. Seeding a constant there makes all workers draw the same numbers: the
    same crops and flips of different images, and again in each epoch. See "My data loader workers
    return identical random numbers" in PyTorch's FAQ.

    Derive the seed from ``torch.initial_seed()``, which differs by worker and epoch; or leave the
    function out, since PyTorch seeds ``random``, NumPy and itself. The fix is safe: it does the
    former.
    """

    code = "MLR004"
    name = "constant-seed-in-worker-init"
    severity = "error"
    bad = (
        """
import numpy as np
import torch
from torch.utils.data import DataLoader

fix = lambda _: np.random.seed(42)
loader = DataLoader(rows, num_workers=8, worker_init_fn=fix)
""",
        """
import numpy as np
import torch

def seed_worker(worker_id):
    np.random.seed(SEED)

loader = torch.utils.data.DataLoader(rows, num_workers=8, worker_init_fn=seed_worker)
other = torch.utils.data.DataLoader(rows, num_workers=2, worker_init_fn=seed_worker)
""",
    )
    fixed = (
        """
import numpy as np
import torch
from torch.utils.data import DataLoader

fix = lambda _: np.random.seed(torch.initial_seed() % 2**32)
loader = DataLoader(rows, num_workers=8, worker_init_fn=fix)
""",
        """
import numpy as np
import torch

def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)

loader = torch.utils.data.DataLoader(rows, num_workers=8, worker_init_fn=seed_worker)
other = torch.utils.data.DataLoader(rows, num_workers=2, worker_init_fn=seed_worker)
""",
    )
    good = (
        """
import numpy as np
import torch

def seed_worker(worker_id):
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)

torch.utils.data.DataLoader(rows, num_workers=8, worker_init_fn=seed_worker)
""",
        """
import numpy as np
import torch

def seed_worker(worker_id):
    np.random.seed(SEED + worker_id)

torch.utils.data.DataLoader(rows, num_workers=8, worker_init_fn=seed_worker)
""",
        """
import functools
import random
import torch

def seed_worker(worker_id, rank, seed):
    number = 1000 * rank + seed + worker_id
    random.seed(number)

def reseed(worker_id):
    random.seed()

init = functools.partial(seed_worker, rank=0, seed=3)
torch.utils.data.DataLoader(rows, num_workers=8, worker_init_fn=init)
torch.utils.data.DataLoader(rows, num_workers=8, worker_init_fn=reseed)
""",
        """
import numpy as np
import torch

def fix():
    np.random.seed(42)

fix()
torch.utils.data.DataLoader(rows, num_workers=8, worker_init_fn=init)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each function that makes workers alike."""
        reported: set[int] = set()
        for module in program.mentioning("DataLoader"):
            for init in worker_inits(module, program):
                found = next(constant_seeds(init, program), None)
                if found is None or id(init.body) in reported:
                    continue
                reported.add(id(init.body))
                statement, call, given = found
                name, imports = imported_as("torch", init.module)
                text = f"{name}.initial_seed() % 2**32"
                changes: tuple[Change, ...] = (*imports, Replace(statement, given, text))
                yield Report(
                    init.module,
                    statement,
                    call,
                    f"{dotted(call.func)} gets the same seed in each worker, so all of them draw "
                    f"the same numbers, in each epoch: seed with {text}.",
                    (Note("handed to a loader here", module, init.line),),
                    "high",
                    Fix("Seed each worker differently", changes, True),
                )
