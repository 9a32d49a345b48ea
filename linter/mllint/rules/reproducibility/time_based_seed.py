"""MLR013."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Call, Constant, Expression, Name, calls, dotted, subexpressions
from ...facts.statements import header, walk
from ...program.activity import Site
from ...program.program import Program
from ...program.values import Library
from ..base import Note, Report, Rule
from .seeding import seedings

CHANGING = frozenset(
    {"time.time", "time.time_ns", "time.perf_counter", "time.monotonic", "os.urandom", "os.getpid"}
    | {"datetime.datetime.now", "datetime.datetime.now().timestamp", "datetime.datetime.utcnow"}
    | {"secrets.randbits", "secrets.randbelow", "secrets.token_bytes", "uuid.uuid4"}
)
MAX_DEPTH = 3  # of names that a seed comes through
# Calls that keep nothing of what they are handed.
FORGETTING = frozenset(
    {"int", "float", "abs", "str", "round", "hash", "from_bytes", "range", "min"}
)


def source(expression: Expression | None, site: Site, program: Program, depth: int = 0) -> str:
    """Return the call of a clock or the like that an expression gets its value from."""
    frame = site.frame
    for part in subexpressions(expression):
        if isinstance(part, Call):
            for value in program.evaluator.evaluate(part.func, frame):
                if isinstance(value, Library) and value.name in CHANGING:
                    return value.name
        elif isinstance(part, Name) and depth < MAX_DEPTH:
            table = frame.function.table if frame.function else frame.module.table
            given = table.get(part.id, ())
            found = [source(each.value, site, program, depth + 1) for each in given]
            if found and all(found):
                return found[0]
    return ""


def is_kept(expression: Expression | None, site: Site, program: Program) -> bool:
    """Tell whether the name of a seed is handed to anything but what seeds: a log, a config."""
    if not isinstance(expression, Name):
        return any(isinstance(part, Name) and is_kept(part, site, program)
                   for part in subexpressions(expression) if part is not expression)  # fmt: skip
    owner = site.frame.function or site.module
    for statement in walk(owner.body):
        for call in calls(header(statement)):
            if expression not in subexpressions((call.args, call.keywords)):
                continue
            names = [
                value.name
                for value in program.evaluator.evaluate(call.func, site.frame)
                if isinstance(value, Library)
            ]
            last = dotted(call.func).rpartition(".")[2]
            if program.knowledge.seeded(names) is None and last not in FORGETTING:
                return True
        # Assigned to an attribute or an item, it may be kept with the rest: cfg.seed = seed.
        targets = getattr(statement, "targets", ())
        value = getattr(statement, "value", None)
        if value == expression and any(not isinstance(each, Name) for each in targets):
            return True
    return False


class TimeBasedSeed(Rule):
    """A seed comes from the clock, the process id or the system's entropy, and nothing keeps it.

    The run has a seed, but nobody knows it: it can't be repeated, and a failure can't be had again.

    Take the seed from the configuration; or draw one, and log it or save it with the results.
    """

    code = "MLR013"
    name = "time-based-seed"
    severity = "warning"
    bad = (
        """
import time
import torch

torch.manual_seed(int(time.time()))
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import os
import torch

def seed():
    number = int.from_bytes(os.urandom(4), "big")
    torch.manual_seed(number)

seed()
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )
    good = (
        """
import time
import torch

seed = int(time.time())
print("seed", seed)
torch.manual_seed(seed)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
import time
import torch

def main(cfg):
    seed = time.time_ns() if cfg.seed is None else cfg.seed
    cfg.seed = seed
    torch.manual_seed(seed)
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main(parse())
""",
        """
import torch

torch.manual_seed(args.seed)
optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each call that seeds with what nobody knows."""
        reported: set[int] = set()
        for training in program.trainings:
            for seeding in seedings(training.reach, program):
                site = seeding.site
                given = site.call.argument("seed", 0)
                if id(site.call) in reported or given is None or given == Constant(None):
                    continue
                origin = source(given, site, program)
                if not origin or is_kept(given, site, program):
                    continue
                reported.add(id(site.call))
                entry = training.entry
                yield Report(
                    site.module,
                    site.statement,
                    site.call,
                    f"The seed that {dotted(site.call.func)} gets comes from {origin}, and nothing "
                    "logs or saves it: take it from the configuration, or log it.",
                    (Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),),
                )
