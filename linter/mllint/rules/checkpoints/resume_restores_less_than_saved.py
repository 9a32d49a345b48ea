"""MLC007."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, Name, Subscript, dotted, subexpressions
from ...facts.statements import Evaluate
from ...fixes.changes import Fix, Insert
from ...program.graph import owner_of
from ...program.ordering import Ordering
from ...program.program import Program
from ...program.training import Training
from ..base import Note, Report, Rule
from .contents import COUNTER, KINDS, Checkpoints, Read, Save


class ResumeRestoresLessThanSaved(Rule):
    """Resuming reads less from a checkpoint than was saved for it.

    A checkpoint holds the state of the optimizer, the schedule or the gradient scaler, and the
    program that goes on from it loads the weights alone: moments start from zero, the rate from
    the beginning, and the loss jumps. Or an entry is read by another key than it is saved by.

    Load each state that is saved: ``optimizer.load_state_dict(checkpoint["optimizer"])``. The fix
    is safe: it adds that call.
    """

    code = "MLC007"
    name = "resume-restores-less-than-saved"
    severity = "error"
    bad = (
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
start = 0
if resume:
    checkpoint = torch.load("last.pt")
    model.load_state_dict(checkpoint["model"])
    start = checkpoint["epoch"]
for epoch in range(start, 10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
    torch.save(state, "last.pt")
""",
        {
            "train.py": """
import torch
from checkpoints import load, save

def main():
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    start = load("last.pt", model, optimizer, schedule)
    for epoch in range(start, 10):
        model(x).sum().backward()
        optimizer.step()
        schedule.step()
        save("last.pt", model, optimizer, schedule, epoch)

if __name__ == "__main__":
    main()
""",
            "checkpoints.py": """
import torch

def save(path, model, optimizer, schedule, epoch):
    state = dict(model=model.state_dict(), optimizer=optimizer.state_dict(), epoch=epoch)
    state["schedule"] = schedule.state_dict()
    torch.save(state, path)

def load(path, model, optimizer, schedule):
    state = torch.load(path, map_location="cpu")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["epoch"]
""",
        },
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
if resume:
    checkpoint = torch.load("last.pt")
    model.load_state_dict(checkpoint["model"])
    if "optimizer_state_dit" in checkpoint:
        optimizer.load_state_dict(checkpoint["optimizer_state_dit"])
for step in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save(
        {"model": model.state_dict(), "optimizer_state_dict": optimizer.state_dict()}, "last.pt"
    )
""",
    )
    fixed = (
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
start = 0
if resume:
    checkpoint = torch.load("last.pt")
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    start = checkpoint["epoch"]
for epoch in range(start, 10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
    torch.save(state, "last.pt")
""",
        {
            "train.py": """
import torch
from checkpoints import load, save

def main():
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    start = load("last.pt", model, optimizer, schedule)
    for epoch in range(start, 10):
        model(x).sum().backward()
        optimizer.step()
        schedule.step()
        save("last.pt", model, optimizer, schedule, epoch)

if __name__ == "__main__":
    main()
""",
            "checkpoints.py": """
import torch

def save(path, model, optimizer, schedule, epoch):
    state = dict(model=model.state_dict(), optimizer=optimizer.state_dict(), epoch=epoch)
    state["schedule"] = schedule.state_dict()
    torch.save(state, path)

def load(path, model, optimizer, schedule):
    state = torch.load(path, map_location="cpu")
    model.load_state_dict(state["model"])
    schedule.load_state_dict(state["schedule"])
    optimizer.load_state_dict(state["optimizer"])
    return state["epoch"]
""",
        },
        None,
    )
    good = (
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
start = 0
if resume:
    checkpoint = torch.load("last.pt")
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    start = checkpoint["epoch"]
for epoch in range(start, 10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
    torch.save({**state, "loss": 0.1}, "last.pt")
""",
        # The best weights are taken back at the end; nothing is resumed.
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
    torch.save(state, "best.pt")
model.load_state_dict(torch.load("best.pt")["model"])
""",
        # Whoever is in the dictionary gets its own entry.
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
parts = {"model": model, "optimizer": optimizer}
checkpoint = torch.load("last.pt")
start = checkpoint["epoch"]
for name, part in parts.items():
    part.load_state_dict(checkpoint[name])
for epoch in range(start, 10):
    model(x).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
    torch.save(state, "last.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program that resumes with less than it saved."""
        reported: set[int] = set()
        for training in program.trainings:
            for found in self.reports(program, training):
                if id(found.statement) not in reported:
                    reported.add(id(found.statement))
                    yield found

    def reports(self, program: Program, training: Training) -> Iterator[Report]:
        """Yield the reports on one program."""
        checkpoints = Checkpoints(program, training)
        saves = [each for each in checkpoints.saves if each.contents.entries]
        if not saves:
            return
        reads = checkpoints.reads()
        if not reads or checkpoints.escapes():
            return
        mentioned = checkpoints.mentioned()
        for save in saves:
            states = checkpoints.states(save)
            missing = {k: v for k, v in states.items() if v in KINDS and k not in mentioned}
            if not missing:
                continue
            own = [each for each in reads if each.key in save.contents.entries]
            wrong = [each for each in reads if each.key not in save.contents.entries]
            from difflib import get_close_matches  # rarely needed, and slow to import

            for key in missing:
                near = next((e for e in wrong if get_close_matches(e.key, [key], 1, 0.85)), None)
                if near is not None and own:
                    yield misread(near, key, save)
                    return
            kinds = {states.get(each.key) for each in own}
            counts = any(COUNTER.search(each.key) for each in own)
            loads = [each for each in own if states.get(each.key) in ("model", "state")]
            if loads and (counts or not kinds.isdisjoint(KINDS)):
                yield unrestored(loads[0], missing, save)
                return


def misread(read: Read, key: str, save: Save) -> Report:
    """Return the report on a key that is not the one that is saved."""
    return Report(
        read.frame.module,
        read.statement,
        read.subject,
        f"{read.key!r} is read, but it is saved as {key!r}: what was saved is never loaded.",
        (Note("saved here", save.site.module, save.site.statement.line),),
    )


def unrestored(read: Read, missing: dict[str, str], save: Save) -> Report:
    """Return the report on states that are saved and never loaded."""
    keys = " and ".join(repr(key) for key in missing)
    kinds = " and ".join(dict.fromkeys(missing.values()))
    return Report(
        read.frame.module,
        read.statement,
        read.subject,
        f"The checkpoint holds {keys}, which is not loaded here nor anywhere: the {kinds} starts "
        "anew when training is resumed.",
        (Note("saved here", save.site.module, save.site.statement.line),),
        "high",
        fix(read, missing, save),
    )


def fix(read: Read, missing: dict[str, str], save: Save) -> Fix | None:
    """Return the loads to add behind that of the model, where all is at hand there."""
    match read.statement:
        case Evaluate(_, Call(Attribute(_, "load_state_dict"), (Subscript(Name(loaded)), *_))):
            lines: list[str] = []
            for key in missing:
                value, _ = save.contents.entries[key]
                subjects = [
                    dotted(part.func.value)
                    for part in subexpressions(value)
                    if isinstance(part, Call)
                    and isinstance(part.func, Attribute)
                    and part.func.attr == "state_dict"
                ]
                if len(subjects) != 1 or not is_at_hand(subjects[0], read):
                    return None
                lines.append(f"{subjects[0]}.load_state_dict({loaded}[{key!r}])".replace("'", '"'))
            change = Insert(read.statement, "\n".join(lines), "after")
            return Fix("Load what is saved", (change,), True)
    return None


def is_at_hand(name: str, read: Read) -> bool:
    """Tell whether a name is bound where a checkpoint is read."""
    function, owner = read.frame.function, owner_of(read.frame)
    first = name.partition(".")[0]
    if not name or (function is not None and any(p.name == first for p in function.parameters)):
        return bool(name)
    ordering = Ordering(owner.body)
    entries = owner.table.get(name, ())
    if entries:
        return ordering.reaching(entries, read.statement).is_complete
    return False
