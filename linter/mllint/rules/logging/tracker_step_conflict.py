"""MLL004."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Constant, Mapping, Name, dotted
from ...facts.statements import Assign, Declare, Evaluate, Update, walk
from ...fixes.changes import AddEntry, Change, Fix, Insert, RemoveArgument
from ...program.activity import Site
from ...program.entries import Entry
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.symbols import Owner
from ..base import Note, Report, Rule
from ..evidence import path_notes
from .rehearsal import Dropped, Rehearsal
from .runs import Runs, name_of


class TrackerStepConflict(Rule):
    """Rows are handed to W&B under a step that lies behind the last one, and are dropped.

    A run has one step, which never goes back. Without ``step=`` each call takes it one further. So
    a row logged for each batch and one logged with ``step=epoch`` don't go together, and neither
    do two counters, or one that begins anew in each epoch: W&B drops the rows with the lower
    number, with no more than a warning (wandb#6269, #5274, #10628, #9449).

    Leave ``step=`` out, hand the counter over as a value of its own, and say by ``define_metric``
    what is drawn over it.

    The fix, which is unsafe as charts get another axis, does so.
    """

    code = "MLL004"
    name = "tracker-step-conflict"
    severity = "error"
    bad = (
        """
import wandb

wandb.init(project="p")
for epoch in range(9):
    for batch in batches():
        wandb.log({"train/loss": train(batch)})
    wandb.log({"val/loss": evaluate()}, step=epoch)
""",
        """
import wandb

class Trainer:
    def __init__(self):
        self.run = wandb.init(project="p")
        self.steps = 0

    def train(self, loader):
        for batch in loader:
            self.run.log({"loss": batch.mean()}, step=self.steps)
            self.steps += 1

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.train(loader)
            self.run.log({
                "epoch_loss": 1.0,
            }, step=epoch)

if __name__ == "__main__":
    Trainer().fit(load(), 3)
""",
        """
import wandb

run = wandb.init(project="p")
for epoch in range(9):
    for number, batch in enumerate(batches()):
        if number % 100 == 0:
            wandb.log({"loss": train(batch)}, step=number)
""",
        {
            "train.py": """
import wandb
from tracking import report

wandb.init()
for epoch in range(1, 10):
    for batch in batches():
        report({"loss": train(batch)})
    report({"accuracy": evaluate()}, epoch)
""",
            "tracking.py": """
import wandb

def report(row, step=None):
    wandb.log(row, step=step)
""",
        },
    )
    fixed = (
        """
import wandb

wandb.init(project="p")
wandb.define_metric("val/loss", step_metric="epoch")
for epoch in range(9):
    for batch in batches():
        wandb.log({"train/loss": train(batch)})
    wandb.log({"val/loss": evaluate(), "epoch": epoch})
""",
        """
import wandb

class Trainer:
    def __init__(self):
        self.run = wandb.init(project="p")
        wandb.define_metric("epoch_loss", step_metric="epoch")
        self.steps = 0

    def train(self, loader):
        for batch in loader:
            self.run.log({"loss": batch.mean()}, step=self.steps)
            self.steps += 1

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.train(loader)
            self.run.log({
                "epoch_loss": 1.0,
                "epoch": epoch,
            })

if __name__ == "__main__":
    Trainer().fit(load(), 3)
""",
        """
import wandb

run = wandb.init(project="p")
wandb.define_metric("loss", step_metric="number")
for epoch in range(9):
    for number, batch in enumerate(batches()):
        if number % 100 == 0:
            wandb.log({"loss": train(batch), "number": number})
""",
        None,
    )
    good = (
        """
import wandb

wandb.init(project="p")
wandb.define_metric("val/*", step_metric="epoch")
for epoch in range(9):
    for batch in batches():
        wandb.log({"train/loss": train(batch)})
    wandb.log({"val/loss": evaluate(), "epoch": epoch})
""",
        """
import wandb

wandb.init()
step = 0
for epoch in range(9):
    for batch in batches():
        step += 1
        if step % 10 == 0:
            wandb.log({"loss": train(batch)}, step=step)
    wandb.log({"accuracy": evaluate()}, step=step)
wandb.log({"best": 1.0})
""",
        """
import wandb

wandb.init()
loader = load()
for epoch in range(9):
    for number, batch in enumerate(loader):
        wandb.log({"loss": train(batch)}, step=epoch * len(loader) + number)
    wandb.log({"accuracy": evaluate()}, step=(epoch + 1) * len(loader))
""",
        """
import wandb

wandb.init()
for epoch in range(9):
    wandb.log({"train": train()}, step=epoch)
    wandb.log({"test": evaluate()}, step=epoch)
""",
        """
import wandb

for rate in (0.1, 0.01):
    with wandb.init(config={"rate": rate}):
        for epoch in range(9):
            wandb.log({"train": train(rate)}, step=epoch)
""",
        """
import wandb

wandb.init()
for epoch in range(9):
    for batch in batches():
        wandb.log({"loss": train(batch)}, commit=False)
    wandb.log({"test": evaluate()}, step=epoch)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each function whose rows are dropped."""
        reported: set[Owner] = set()
        if not any(program.mentioning("wandb")):
            return
        for entry, reach in program.programs:
            if not reach.where(steps, program):
                continue
            graph = program.graph(reach)
            found: dict[Owner, list[Dropped]] = {}
            for lost in Rehearsal(program, entry, leading(program, graph)).play():
                found.setdefault(owner_of(lost.site.frame), []).append(lost)
            for owner, all_lost in found.items():
                if owner not in reported:
                    reported.add(owner)
                    yield self.report(all_lost, Runs(program, graph), entry, path_notes(
                        reach, all_lost[0].site.frame))  # fmt: skip

    def report(self, lost: list[Dropped], runs: Runs, entry: Entry, path: list[Note]) -> Report:
        """Return the report for the rows that one function loses."""
        first = lost[0]
        site, after = first.site, first.after
        step = dotted(site.call.argument("step", 1)) or "this"
        if after.call is site.call:
            why = f"`{step}` begins anew while the run goes on"
        elif first.is_counted:
            why = "other rows of the run are given another counter, which is further by then"
        else:
            why = "rows logged without `step=` have taken the step further by then"
        return Report(
            site.module,
            site.statement,
            site.call,
            f"W&B drops this row, for {why}: leave `step=` out and log `{step}` as a value, "
            "over which `define_metric` draws the others.",
            (
                Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),
                *path,
                Note(
                    f"played through: the step is {first.reached} after this",
                    after.module,
                    after.statement.line,
                ),
                Note(f"and this gives {first.step}", site.module, site.statement.line),
                *(
                    Note("dropped too", each.site.module, each.site.statement.line)
                    for each in lost[1:]
                ),
            ),
            "high",
            own_axis(lost, runs),
        )


def steps(site: Site, program: Program) -> bool:
    """Tell whether a call hands a row over, and its step."""
    return program.knowledge.means("step-log", site.names) and (
        site.call.argument("step", 1) is not None
    )


def leading(program: Program, graph: CallGraph) -> set[Owner]:
    """Return the functions that lead to the tracker, or count something that outlives them."""
    owners = {*graph.sites, *graph.callers}
    counting = {owner for owner in owners if graph.explorer.once(counts, owner)}
    calls = graph.reach.meaning(program.knowledge, "step-log", "run-begin", "run-end")
    for function in counting:
        calls += graph.callers.get(function, ())
    return counting | graph.leading_to(calls)


def counts(owner: Owner) -> bool:
    """Tell whether a function counts in an attribute or a global name."""
    statements = tuple(walk(owner.body))
    shared = {name for each in statements if isinstance(each, Declare) for name in each.names}
    return any(
        isinstance(each, Update)
        and (
            isinstance(each.target, Attribute)
            or (isinstance(each.target, Name) and each.target.id in shared)
        )
        for each in statements
    )


def own_axis(lost: list[Dropped], runs: Runs) -> Fix | None:
    """Return the fix that gives rows an axis of their own."""
    module = lost[0].site.module
    begins = [
        each
        for each in runs.begins
        if each.module is module
        and isinstance(each.statement, Assign | Evaluate)
        and isinstance(each.call.func, Attribute)
        and dotted(each.call.func.value)
    ]
    if len(begins) != 1:
        return None
    changes: list[Change] = []
    lines: list[str] = []
    tracker = name_of(begins[0].call).rpartition(".")[0]
    for each in lost:
        site = each.site
        step = site.call.keyword("step")
        if not isinstance(step, Name) or not site.call.args:
            return None
        row = site.call.args[0]
        names = keys(row)
        if not isinstance(row, Mapping) or not names:
            return None
        if step.id not in names:
            changes.append(AddEntry(site.statement, row, step.id, step.id))
        changes.append(RemoveArgument(site.statement, site.call, "step"))
        lines += [
            f'{tracker}.define_metric("{name}", step_metric="{step.id}")'
            for name in names
            if name != step.id
        ]
    text = "\n".join(dict.fromkeys(lines))
    changes.append(Insert(begins[0].statement, text, "after"))
    return Fix("Give the rows an axis of their own", tuple(changes), is_safe=False)


def keys(row: object) -> list[str]:
    """Return the names in a row that is written out; nothing if they can't all be seen."""
    if not isinstance(row, Mapping):
        return []
    found = [key.value for key, _ in row.pairs if isinstance(key, Constant)]
    texts = [each for each in found if isinstance(each, str) and '"' not in each]
    return texts if len(texts) == len(row.pairs) else []
