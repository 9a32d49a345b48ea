"""MLC010."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, Constant, Subscript, calls, dotted, subexpressions
from ...facts.statements import header, walk
from ...program.program import Program
from ...program.training import Training
from ..base import Report, Rule
from ..scopes import read_parts
from .contents import Checkpoints, Save, keyed

STATES = frozenset({"optimizer", "scheduler", "scaler"})


class CheckpointNeverLoaded(Rule):
    """The state of the optimizer is saved to resume from, and nothing in the project reads it.

    What was never tried does not work, as a rule: when the machine goes down, the code that goes on
    from the checkpoint has still to be written. Until then the entries cost space and time.

    Load them when training starts, and try it once; or save the weights alone.
    """

    code = "MLC010"
    name = "checkpoint-never-loaded"
    severity = "note"
    bad = (
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "last.pt")
""",
    )
    good = (
        {
            "train.py": """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "last.pt")
""",
            "resume.py": """
import torch

def resume(optimizer):
    optimizer.load_state_dict(torch.load("last.pt")["optimizer"])
""",
        },
        """
import torch

def restore(**parts):
    checkpoint = torch.load("last.pt")
    for name, part in parts.items():
        part.load_state_dict(checkpoint[name])

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
restore(model=model, optimizer=optimizer)
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "last.pt")
""",
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save(model.state_dict(), "last.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program that saves what nothing reads."""
        reported: set[int] = set()
        read: set[str] | None = None
        for training in program.trainings:
            found = saved_states(program, training)
            if found is None:
                continue
            read = reading(program) if read is None else read
            save, keys = found
            if keys & read or "load_state_dict()" in read or id(save.site.call) in reported:
                continue
            reported.add(id(save.site.call))
            named = " and ".join(sorted(repr(key) for key in keys))
            yield Report(
                save.site.module,
                save.site.statement,
                save.site.call,
                f"{named} is saved to resume from, and nothing in the project loads it: write and "
                "try what goes on from this checkpoint, or save the weights alone.",
                (),
                "medium",
            )


def saved_states(program: Program, training: Training) -> tuple[Save, set[str]] | None:
    """Return the first checkpoint that has states to resume from, and their keys."""
    if "checkpoint" in training.owned:
        return None
    checkpoints = Checkpoints(program, training)
    loaded = {each.key for each in checkpoints.reads()}
    for save in checkpoints.saves:
        if not loaded.isdisjoint(save.contents.entries):
            continue  # it is read in part: that is for MLC007 to say
        states = checkpoints.states(save)
        keys = {key for key, kind in states.items() if kind in STATES}
        if keys:
            return save, keys
    return None


def reading(program: Program) -> set[str]:
    """Return the keys that the project asks anything for, and what it loads states into."""
    found: set[str] = set()
    for module in program.mentioning("load_state_dict", "load"):
        for statement in walk(module.body, True):
            for call in calls(header(statement)):
                func = call.func
                if isinstance(func, Attribute) and func.attr == "load_state_dict":
                    last = dotted(func.value).lower()
                    is_any = any(  # each in turn: part.load_state_dict(checkpoint[name])
                        isinstance(part, Subscript) and not isinstance(part.key, Constant)
                        for part in subexpressions(call.args)
                    )
                    is_whole = any(isinstance(each, Call | Attribute) for each in call.args)
                    if is_any or (not is_whole and (not last or "opt" in last or "sched" in last)):
                        found.add("load_state_dict()")
            for part in read_parts(statement):
                found |= {key for key, _ in keyed(part)}
    return found
