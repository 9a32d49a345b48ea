"""MLC009."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    Name,
    Operation,
    Template,
    dotted,
    last_name,
    subexpressions,
)
from ...facts.rendering import render
from ...facts.statements import Evaluate
from ...fixes.changes import AddImport, Fix, Insert, Replace
from ...program.program import Program
from ...program.symbols import definitions
from ...program.training import Training
from ..base import Note, Report, Rule
from .contents import KINDS, Checkpoints, Save

MOVES = frozenset(
    {"replace", "rename", "renames", "move", "copyfile", "copy", "copy2", "NamedTemporaryFile"}
)


class NonAtomicCheckpoint(Rule):
    """The only checkpoint to resume from is overwritten in place.

    If the process is killed while it writes (a time limit, a full disk), the old state is gone and
    the new one is not whole: there is nothing to go on from. Runs on shared machines end so.

    Write beside it, then ``os.replace(new, path)``, which either happens or does not; or keep the
    one before. The fix is unsafe: twice the space is taken for a moment.
    """

    code = "MLC009"
    name = "non-atomic-checkpoint"
    severity = "note"
    bad = (
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
state = torch.load("last.pt")
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, "last.pt")
""",
    )
    fixed = (
        """
import os

import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
state = torch.load("last.pt")
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, "last.pt" + ".new")
    os.replace("last.pt" + ".new", "last.pt")
""",
    )
    good = (
        """
import os
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
state = torch.load("last.pt")
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, "new.pt")
    os.replace("new.pt", "last.pt")
""",
        # One for each epoch; one more with the best weights.
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
state = torch.load("last.pt")
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, f"{epoch}.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program with one checkpoint, written in place."""
        reported: set[int] = set()
        for training in program.trainings:
            save = only_save(program, training)
            if save is not None and id(save.site.call) not in reported:
                reported.add(id(save.site.call))
                yield Report(
                    save.site.module,
                    save.site.statement,
                    save.site.call,
                    "The only checkpoint to resume from is overwritten in place: killed while it "
                    "writes, the program loses both; write beside it, then os.replace.",
                    (
                        Note(
                            "training goes on here",
                            training.site.module,
                            training.site.statement.line,
                        ),
                    ),
                    "medium",
                    fix(save),
                )


def only_save(program: Program, training: Training) -> Save | None:
    """Return the one call that writes a program's checkpoint, if it writes over the one before."""
    if "checkpoint" in training.owned:
        return None
    checkpoints = Checkpoints(program, training)
    if len(checkpoints.saves) != 1:
        return None
    save = checkpoints.saves[0]
    is_file = program.knowledge.means("pickle", save.site.names)
    path = save.site.call.argument("f", 1) if is_file else None
    kinds = set(checkpoints.states(save).values())
    if path is None or kinds.isdisjoint(KINDS):
        return None
    if not any(each.key in save.contents.entries for each in checkpoints.reads()):
        return None  # nothing is resumed
    if any(last_name(site.call) in MOVES for site in training.reach.sites if site.call.args):
        return None
    loops = list(checkpoints.graph.loops_around(save.site))
    bound = {name for _, loop in loops for name in definitions((loop,))}
    if not loops or not is_fixed(path, save, checkpoints, bound, 0):
        return None
    return save


def is_fixed(
    path: Expression, save: Save, checkpoints: Checkpoints, bound: set[str], level: int
) -> bool:
    """Tell whether a path is the same in each pass of the loops around."""
    for part in subexpressions(path):
        match part:
            case Name(name) if name in bound:
                return False
            case Name() if level < 4:
                for value, _ in checkpoints.origins(part, save.site.frame):
                    if not is_fixed(value, save, checkpoints, bound, level + 1):
                        return False
            case Attribute(_, attr) if any(w in attr for w in ("step", "epoch", "iter")):
                return False
            case Call(func) if dotted(func).rpartition(".")[2] not in ("join", "Path", "str"):
                return False
            case Constant() | Template() | Operation() | Attribute() | Call():
                continue
    return True


def fix(save: Save) -> Fix | None:
    """Return the writing beside, and the replacement."""
    site = save.site
    path = site.call.argument("f", 1)
    text = render(path)
    if path is None or text is None or not isinstance(site.statement, Evaluate):
        return None
    text = text.replace("'", '"')
    new = f'{text} + ".new"'
    changes = (
        AddImport("import os"),
        Replace(site.statement, path, new),
        Insert(site.statement, f"os.replace({new}, {text})", "after"),
    )
    return Fix("Write beside it first", changes, False)
