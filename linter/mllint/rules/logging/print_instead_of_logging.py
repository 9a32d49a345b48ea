"""MLL001."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Constant, Expression, Name, subexpressions
from ...facts.statements import Update
from ...program.activity import Site
from ...program.program import Program
from ...program.symbols import FunctionSymbol, Module
from ...program.values import Frame, Library
from ..base import Note, Report, Rule
from ..evidence import path_notes

PRINTS = frozenset({"builtins.print", "tqdm.tqdm.write", "tqdm.auto.tqdm.write", "tqdm.write"})
LOGGERS = ("logging.", "loguru.", "structlog.", "absl.logging.")
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "log", "exception"})
MAX_DEPTH = 4


class Origins:
    """Which library calls a value comes from, through the names of its scope."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def names(self, expression: object, frame: Frame, depth: int = 0) -> Iterator[str]:
        """Yield the library names in an expression, and in what its names were given."""
        for part in subexpressions(expression):
            if isinstance(part, Constant):
                continue
            found: Expression = part
            for value in self.program.evaluator.evaluate(found, frame):
                if isinstance(value, Library):
                    yield value.name
            if isinstance(part, Name) and depth < MAX_DEPTH:
                table = frame.function.table if frame.function else frame.module.table
                for definition in table.get(part.id, ()):
                    if definition.value is not None and isinstance(definition.statement, Update):
                        yield from self.names(definition.value, frame, depth + 1)

    def is_metric(self, site: Site) -> bool:
        """Tell whether a call is handed a loss, a score or a rate."""
        handed = (site.call.args, site.call.keywords)
        knowledge = self.program.knowledge
        return any(knowledge.means("metric", (name,)) for name in self.names(handed, site.frame))


class PrintInsteadOfLogging(Rule):
    """A metric of a training program goes to ``print``, and nowhere that keeps it.

    Printed values are gone with the terminal: no curve can be drawn, no two runs compared, and a
    job that died leaves nothing to look at.

    Hand them to a tracker, a logger or a file. A value that is printed and logged is fine.
    """

    code = "MLL001"
    name = "print-instead-of-logging"
    severity = "warning"
    bad = (
        """
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    total = 0.0
    for x, y in data():
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item()
    print(f"epoch {epoch}: {total:.3f}")
    print("last", loss.item())
torch.save(model, "model.pt")
""",
    )
    good = (
        """
import logging
import torch

log = logging.getLogger(__name__)
torch.manual_seed(0)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
    log.info("loss %.3f", loss.item())
torch.save(model, "model.pt")
""",
        """
import torch
import wandb

torch.manual_seed(0)
run = wandb.init()
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
    run.log({"loss": loss.item()})
torch.save(model, "model.pt")
""",
        """
import torch

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
print("training on", torch.cuda.get_device_name())
optimizer.step()
torch.save(model, "model.pt")
print("done", model)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each function that prints metrics."""
        origins = Origins(program)
        reported: set[object] = set()
        for training in program.trainings:
            if "log" in training.owned or training.entry.kind == "notebook":
                continue
            reach = training.reach
            if any(self.is_logged(site, program, origins) for site in reach.sites):
                continue
            prints: dict[FunctionSymbol | Module, list[Site]] = {}
            for site in reach.sites:
                if not PRINTS.isdisjoint(site.names) and origins.is_metric(site):
                    owner = site.frame.function or site.module
                    prints.setdefault(owner, []).append(site)
            for owner, sites in prints.items():
                if owner in reported:
                    continue
                reported.add(owner)
                first = sites[0]
                lines = {site.statement.line for site in sites[1:]} - {first.statement.line}
                entry = training.entry
                begins = Note(
                    f"the program begins here: {entry.evidence}", entry.module, entry.line
                )
                notes = [
                    begins,
                    *path_notes(reach, first.frame),
                    *(Note("printed here too", first.module, line) for line in sorted(lines)),
                    Note("no logger, tracker or file was found that gets a metric"),
                ]
                yield Report(
                    first.module,
                    first.statement,
                    first.call,
                    "A metric is printed, and logged nowhere: hand it to a tracker or a logger.",
                    tuple(notes),
                )

    @staticmethod
    def is_logged(site: Site, program: Program, origins: Origins) -> bool:
        """Tell whether a call hands something to a tracker, or a metric to a logger."""
        if program.knowledge.means("log", site.names):
            return True
        return any(
            name.startswith(LOGGERS) and name.rpartition(".")[2] in LEVELS for name in site.names
        ) and origins.is_metric(site)
