"""MLC003."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Name,
    Template,
    dotted,
    subexpressions,
)
from ...facts.rendering import render
from ...facts.statements import Evaluate, If, Jump, Raise, Return, Statement, With, header
from ...fixes.changes import Fix, Insert, Remove
from ...program.activity import Around, Site
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.symbols import Owner
from ...program.training import Training
from ...program.values import Frame
from ..base import Note, Report, Rule
from ..origins import Origins
from ..scopes import placed

SAYS_RANK = re.compile(
    r"(?i)rank|master|main_?proc|is_main|primary|is_global_zero|chief|leader|proc(ess)?_(id|index)"
    r"|world|gpu|device_id|distributed\b(?!\.(init|Distributed))|ddp\b|ordinal|dist\b|multiproc"
)
STARTS = frozenset(
    {"torch.distributed.init_process_group", "torch.nn.parallel.DistributedDataParallel"}
)
MAX_UP = 12


class CheckpointFromEveryRank(Rule):
    """Each process of a distributed program writes the same checkpoint file.

    All write to one path at once: the file may end as a mixture that can't be loaded, or as that
    of a rank that was behind. See "Save and load checkpoints" in PyTorch's DDP tutorial.

    Write it from one rank: ``if dist.get_rank() == 0:``, or put the rank into the file's name; for
    sharded models take ``torch.distributed.checkpoint``. The fix is unsafe: the process group must
    exist where it asks for the rank.
    """

    code = "MLC003"
    name = "checkpoint-from-every-rank"
    severity = "error"
    bad = (
        """
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("nccl")
model = DistributedDataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save(model.module.state_dict(), "last.pt")
""",
        {
            "train.py": """
import torch
from saving import save

torch.distributed.init_process_group("nccl")
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
best = 0
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    if evaluate(model) > best:
        save(model, "out")
""",
            "saving.py": """
import torch

def save(model, folder):
    state = {"model": model.module.state_dict()}
    torch.save(state, f"{folder}/best.pt")
""",
        },
    )
    fixed = (
        """
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("nccl")
model = DistributedDataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    if torch.distributed.get_rank() == 0:
        torch.save(model.module.state_dict(), "last.pt")
""",
        None,
    )
    good = (
        """
import torch
import torch.distributed as dist

def save(model, rank):
    torch.save(model.state_dict(), f"shard-{rank}.pt")

def main():
    dist.init_process_group("nccl")
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    is_first = dist.get_rank() == 0
    for epoch in range(10):
        model(x).sum().backward()
        optimizer.step()
        if is_first:
            torch.save(model.state_dict(), "last.pt")
        save(model, dist.get_rank())

if __name__ == "__main__":
    main()
""",
        """
import torch
import torch.distributed as dist

def save(model, path):
    if dist.get_rank() != 0:
        return
    torch.save(model.state_dict(), path)

dist.init_process_group("nccl")
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
writer = Writer() if dist.get_rank() == 0 else None
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    save(model, "last.pt")
    if writer:
        torch.save(model.state_dict(), "best.pt")
""",
        """
import torch

model = torch.nn.DataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save(model.state_dict(), "last.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program whose ranks write one file."""
        reported: set[int] = set()
        for training in program.trainings:
            start = next(training.reach.calls(*STARTS), None)
            if start is None or "checkpoint" in training.owned:
                continue
            for site in self.unguarded(training, program):
                if id(site.call) not in reported:
                    reported.add(id(site.call))
                    yield report(site, start)
                    break

    @staticmethod
    def unguarded(training: Training, program: Program) -> Iterator[Site]:
        """Yield the calls that save from each rank."""
        graph = program.graph(training.reach)
        guards = Guards(graph)
        seen: set[int] = set()
        for site in training.reach.meaning(program.knowledge, "each-process-writes"):
            if id(site.call) in seen:
                continue
            seen.add(id(site.call))
            if guards.names_rank(site):
                continue
            if not any(True for _ in graph.loops_around(site)) or guards.is_guarded(site):
                continue
            yield site


class Guards(Origins):
    """Tells which calls of a program only some of its ranks carry out."""

    def __init__(self, graph: CallGraph) -> None:
        super().__init__(graph)
        self._guarded: dict[tuple[int, Frame], bool] = {}
        self._named: dict[str, bool] = {}

    def is_guarded(self, site: Site) -> bool:
        """Tell whether a condition on the rank stands before a call, here or where it is led to."""
        seen: set[Owner] = set()
        waiting = [site]
        while waiting:
            each = waiting.pop()
            owner = owner_of(each.frame)
            at = id(each.statement), each.frame
            if at not in self._guarded:
                self._guarded[at] = self._here(each)
            if self._guarded[at]:
                return True
            if owner in seen or len(seen) > MAX_UP:
                continue
            seen.add(owner)
            waiting += self.graph.callers.get(owner, [])
        return False

    def _here(self, site: Site) -> bool:
        owner, frame = owner_of(site.frame), site.frame
        around: Around = (*site.around, site.statement)
        if any(
            self.says_rank(part, site)
            for each in around
            if isinstance(each, If | With)
            for part in subexpressions(header(each))
        ):
            return True
        if frame.function is not None and any(
            SAYS_RANK.search(dotted(part))
            for decorator in frame.function.decorators
            for part in subexpressions(decorator)
            if isinstance(part, Name | Attribute)
        ):
            return True
        inside = {id(each) for each in around}
        for statement, outer in placed(owner.body):
            if statement.line >= site.statement.line:
                break
            if isinstance(statement, If) and all(id(each) in inside for each in outer):
                leaves = any(isinstance(each, Return) or is_exit(each) for each in statement.body)
                if leaves and any(self.says_rank(p, site) for p in subexpressions(statement.test)):
                    return True
        return False

    def says_rank(self, part: Expression, site: Site, level: int = 0) -> bool:
        """Tell whether a value hangs on the rank: by its name, or by what it is made of."""
        if isinstance(part, Name | Attribute) and SAYS_RANK.search(dotted(part) or part[-1]):
            return True
        if isinstance(part, Attribute) and level < 2 and self._is_made_by_rank(dotted(part)):
            return True
        if isinstance(part, Name) and level < 3:
            table = owner_of(site.frame).table
            for entry in (*table.get(part.id, ()), *site.module.table.get(part.id, ())):
                if self._made_by_rank(entry.value, entry.statement, owner_of(site.frame)):
                    return True
            for value, _ in self.origins(part, site.frame):
                if any(self.says_rank(p, site, level + 1) for p in subexpressions(value)):
                    return True
        return False

    def _is_made_by_rank(self, name: str) -> bool:
        """Tell whether any function gives a name its value by rank: ``self.log = … if rank``."""
        if name not in self._named:
            self._named[name] = any(
                self._made_by_rank(entry.value, entry.statement, owner)
                for owner in self.graph.sites
                for entry in owner.table.get(name, ())
            )
        return self._named[name]

    @staticmethod
    def _made_by_rank(value: Expression | None, statement: Statement, owner: Owner) -> bool:
        parts = [*subexpressions(value)] if value is not None else []
        for each, outer in placed(owner.body):
            if each is statement:
                for block in outer:
                    if isinstance(block, If):
                        parts += subexpressions(block.test)
        return any(
            isinstance(each, Name | Attribute) and SAYS_RANK.search(dotted(each)) for each in parts
        )

    def names_rank(self, site: Site) -> bool:
        """Tell whether the path of a checkpoint has the rank in it."""
        path = site.call.argument("f", 1)
        return path is not None and self._path(path, site, 0)

    def _path(self, path: Expression, site: Site, level: int) -> bool:
        for part in subexpressions(path):
            match part:
                case Constant(str(text)) if re.search(r"(?i)rank|shard", text):
                    return True
                case Name() | Attribute() if SAYS_RANK.search(dotted(part)):
                    return True
                case Name() if level < 4:
                    if any(
                        self._path(value, site, level + 1)
                        for value, _ in self.origins(part, site.frame)
                        if isinstance(value, Call | Template | Name | Attribute) or level < 2
                    ):
                        return True
        return False


def is_exit(statement: Statement) -> bool:
    """Tell whether a statement goes on with the next pass, or ends the program."""
    match statement:
        case Evaluate(_, Call(func)):
            return dotted(func) in ("exit", "sys.exit", "os._exit")
    return isinstance(statement, Jump | Raise)


def report(site: Site, start: Site) -> Report:
    """Return the report on one call."""
    return Report(
        site.module,
        site.statement,
        site.call,
        "Each rank writes this checkpoint to the same path, and they may mix: write it from rank 0 "
        "alone, or put the rank into the file's name.",
        (Note("the program is distributed", start.module, start.statement.line),),
        "medium",
        fix(site),
    )


def fix(site: Site) -> Fix | None:
    """Return the condition on the rank, where the call can be written again."""
    text = render(site.call)
    match site.statement:
        case Evaluate(_, call) if call is site.call and text is not None:
            guarded = f"if torch.distributed.get_rank() == 0:\n    {text}".replace("'", '"')
            changes = Insert(site.statement, guarded, "before"), Remove(site.statement)
            return Fix("Write from one rank", changes, False)
    return None
