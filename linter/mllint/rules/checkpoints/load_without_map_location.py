"""MLC008."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Call, Expression, Name, dotted, last_name, subexpressions
from ...facts.statements import Assign, Statement
from ...fixes.changes import Fix, SetArgument
from ...program.program import Program
from ...program.symbols import Module
from ..base import Note, Report, Rule
from ..scopes import Scope, scopes_of

DISTRIBUTED = frozenset({"init_process_group", "DistributedDataParallel"})
# What keeps no tensors in its state, by what it is called.
NUMBERS = ("sched", "scaler", "sampler")


class LoadWithoutMapLocation(Rule):
    """Weights are loaded to the device that they were saved from, though others are provided for.

    ``torch.load`` puts tensors back to where they were: on a machine without that GPU it fails, and
    each process of a distributed program first puts a copy on ``cuda:0``. See ``map_location`` in
    the documentation of ``torch.load``. Programs for one kind of machine need none, and neither do
    files that the same process wrote.

    Load to the CPU, ``map_location="cpu"``: ``load_state_dict`` copies to the model's device. The
    fix is safe: it adds that argument to all such loads of the file.
    """

    code = "MLC008"
    name = "load-without-map-location"
    severity = "note"
    bad = (
        """
import torch

device = "cuda" if torch.cuda.is_available() else "cpu"
model = torch.nn.Linear(2, 1).to(device)
model.load_state_dict(torch.load("net.pt", weights_only=True))
""",
        """
import torch
import torch.distributed as dist

def resume(model, path):
    dist.init_process_group("nccl")
    state = torch.load(path)
    model.load_state_dict(state["model"])
    other = torch.load(path, map_location="cpu")
    model.head.load_state_dict(torch.load("head.pt"))
""",
    )
    fixed = (
        """
import torch

device = "cuda" if torch.cuda.is_available() else "cpu"
model = torch.nn.Linear(2, 1).to(device)
model.load_state_dict(torch.load("net.pt", weights_only=True, map_location="cpu"))
""",
        """
import torch
import torch.distributed as dist

def resume(model, path):
    dist.init_process_group("nccl")
    state = torch.load(path, map_location="cpu")
    model.load_state_dict(state["model"])
    other = torch.load(path, map_location="cpu")
    model.head.load_state_dict(torch.load("head.pt", map_location="cpu"))
""",
    )
    good = (
        # The state of a scheduler is made of numbers.
        """
import torch
import torch.distributed as dist

def resume(scheduler, path):
    dist.init_process_group("nccl")
    scheduler.load_state_dict(torch.load(path))
""",
        # For machines with a GPU only, or without.
        """
import torch

model = torch.nn.Linear(2, 1).cuda()
model.load_state_dict(torch.load("net.pt"))
""",
        """
import torch

device = "cuda" if torch.cuda.is_available() else "cpu"
tokens = torch.load("tokens.pt")
model = torch.nn.Linear(2, 1).to(device)
model.load_state_dict(torch.load("net.pt", device))
torch.save(model.state_dict(), "best.pt")
model.load_state_dict(torch.load("best.pt"))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each file that loads weights to where they were."""
        by_module: dict[Module, list[tuple[Statement, Call]]] = {}
        written: dict[Module, list[Expression]] = {}
        for scope in scopes_of(program, "load"):
            if needs_no_place(scope.module) or not scope.may_call("load", "save"):
                continue
            for site in scope.sites:
                found = by_module.setdefault(scope.module, [])
                if "torch.load" in site.names and is_loaded(site.call, site.statement, scope):
                    if not any(call is site.call for _, call in found):
                        found.append((site.statement, site.call))
                elif "torch.save" in site.names and len(site.call.args) > 1:
                    written.setdefault(scope.module, []).append(site.call.args[1])
        for module, loads in by_module.items():
            spread = not DISTRIBUTED.isdisjoint(module.source.outline.words)
            open_ones = [
                (statement, call)
                for statement, call in loads
                if spread or (call.args[:1] and call.args[0] not in written.get(module, ()))
            ]
            if open_ones:
                yield report(module, open_ones, spread)


def needs_no_place(module: Module) -> bool:
    """Tell whether a file is written for one kind of machine only."""
    words = module.source.outline.words
    return "is_available" not in words and DISTRIBUTED.isdisjoint(words)


def is_loaded(load: Call, statement: Statement, scope: Scope) -> bool:
    """Tell whether what a call reads goes into a model, without a word on where it is put."""
    if load.is_open or load.argument("map_location", 1) is not None:
        return False
    targets = statement.targets if isinstance(statement, Assign) else ()
    names = {part.id for part in subexpressions(targets) if isinstance(part, Name)}
    for site in scope.sites:
        if last_name(site.call) != "load_state_dict" or holds_numbers(site.call):
            continue
        parts = list(subexpressions(site.call.args))
        if any(part is load or (isinstance(part, Name) and part.id in names) for part in parts):
            return True
    return False


def holds_numbers(call: Call) -> bool:
    """Tell whether the state of what loads is made of numbers, which are on no GPU."""
    subject = dotted(call.func).rpartition(".")[0].rpartition(".")[2].lower()
    return any(word in subject for word in NUMBERS)


def report(module: Module, loads: list[tuple[Statement, Call]], spread: bool) -> Report:
    """Return the report on one file's loads."""
    (statement, call), *others = loads
    why = (
        "each process puts a copy on the GPU that it was saved from"
        if spread
        else "it fails on a machine without the GPU that it was saved from"
    )
    changes = tuple(SetArgument(*each, "map_location", '"cpu"') for each in loads)
    return Report(
        module,
        statement,
        call,
        f'{dotted(call.func)} is told no map_location: {why}; hand over map_location="cpu".',
        tuple(Note("so is this one", module, each.line) for each, _ in others),
        "high",
        Fix("Load to the CPU", changes, True),
    )
