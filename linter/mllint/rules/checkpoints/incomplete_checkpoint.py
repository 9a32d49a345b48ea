"""MLC002."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Call, Constant, Mapping, Name, last_name
from ...facts.statements import Assign, For, Return
from ...fixes.changes import Fix, Insert, Wrap
from ...program.activity import Site
from ...program.graph import owner_of
from ...program.ordering import Ordering
from ...program.program import Program
from ...program.training import Training
from ..base import Note, Report, Rule
from .contents import COUNTER, KINDS, Checkpoints, Save

WHOLE = frozenset({"save_state", "save_checkpoint"})


class IncompleteCheckpoint(Rule):
    """A checkpoint that training is resumed from lacks the state of optimizer, schedule or scaler.

    The weights and the epoch come back, but moments start from zero and the learning rate from its
    beginning: for thousands of steps the loss is worse than before (measured in public reports:
    spikes of 1,000 to 10,000 steps). See "Saving and loading a general checkpoint" in PyTorch's
    tutorials. Files with the best weights, from which nothing is resumed, need no such state.

    Save the state of each, and load it. The fix is safe: it adds the entries to what is saved.
    """

    code = "MLC002"
    name = "incomplete-checkpoint"
    severity = "warning"
    bad = (
        """
import torch
from lightning.fabric import Fabric

fabric = Fabric()
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
checkpoint = fabric.load("l.pt")
model.load_state_dict(checkpoint["net"])
start = checkpoint["epoch"]
for epoch in range(start, 10):
    fabric.backward(model(x).sum())
    optimizer.step()
    state = {"net": model.state_dict(), "epoch": epoch}
    fabric.save("l.pt", state)
""",
        """
import torch

net = torch.nn.Linear(2, 1)
opt = torch.optim.Adam(net.parameters())
start = 0
if resume:
    checkpoint = torch.load("a.pt")
    net.load_state_dict(checkpoint["net"])
    start = checkpoint["epoch"]
for epoch in range(start, 10):
    net(x).sum().backward()
    opt.step()
    torch.save({"net": net.state_dict(), "epoch": epoch}, "a.pt")
""",
        {
            "train.py": """
import torch
from trainer import Trainer

if __name__ == "__main__":
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    Trainer(model, optimizer, schedule).fit()
""",
            "trainer.py": """
import torch

class Trainer:
    def __init__(self, model, optimizer, schedule):
        self.model, self.optimizer, self.schedule = model, optimizer, schedule
        self.epoch = 0

    def save(self):
        state = {
            "weights": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
        }
        torch.save(state, "last.pt")

    def resume(self):
        state = torch.load("last.pt")
        self.model.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch = state["epoch"]

    def fit(self):
        self.resume()
        while self.epoch < 10:
            self.model(x).sum().backward()
            self.optimizer.step()
            self.schedule.step()
            self.epoch += 1
            self.save()
""",
        },
    )
    fixed = (
        """
import torch
from lightning.fabric import Fabric

fabric = Fabric()
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
checkpoint = fabric.load("l.pt")
model.load_state_dict(checkpoint["net"])
start = checkpoint["epoch"]
for epoch in range(start, 10):
    fabric.backward(model(x).sum())
    optimizer.step()
    state = {"net": model.state_dict(), "epoch": epoch}
    state["optimizer"] = optimizer.state_dict()
    fabric.save("l.pt", state)
""",
        """
import torch

net = torch.nn.Linear(2, 1)
opt = torch.optim.Adam(net.parameters())
start = 0
if resume:
    checkpoint = torch.load("a.pt")
    net.load_state_dict(checkpoint["net"])
    start = checkpoint["epoch"]
for epoch in range(start, 10):
    net(x).sum().backward()
    opt.step()
    torch.save({"net": net.state_dict(), "epoch": epoch} | {"optimizer": opt.state_dict()}, "a.pt")
""",
        None,
    )
    good = (
        # What goes on from is the framework's; the other file is for what looks at it.
        """
import torch
from accelerate import Accelerator

accelerator = Accelerator()
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
checkpoint = torch.load("last.pt")
model.load_state_dict(checkpoint["model"])
start = checkpoint["epoch"]
for epoch in range(start, 10):
    accelerator.backward(model(x).sum())
    optimizer.step()
    torch.save({"model": model.state_dict(), "epoch": epoch}, "last.pt")
    accelerator.save_state("state")
""",
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
start = 0
if resume:
    checkpoint = torch.load("last.pt")
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(torch.load("optimizer.pt"))
    start = checkpoint["epoch"]
for epoch in range(start, 10):
    model(x).sum().backward()
    optimizer.step()
    torch.save({"model": model.state_dict(), "epoch": epoch}, "last.pt")
    torch.save(optimizer.state_dict(), "optimizer.pt")
""",
        # What wraps a scaler has its state.
        {
            "train.py": """
import torch
from scaling import LossScaler

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = LossScaler()
checkpoint = torch.load("last.pt")
model.load_state_dict(checkpoint["model"])
scaler.load_state_dict(checkpoint["loss"])
for epoch in range(checkpoint["epoch"], 10):
    scaler(model(x).sum(), optimizer)
    state = {"model": model.state_dict(), "loss": scaler.state_dict(), "epoch": epoch}
    torch.save(state, "last.pt")
""",
            "scaling.py": """
import torch

class LossScaler:
    def __init__(self):
        self.inner = torch.cuda.amp.GradScaler()

    def __call__(self, loss, optimizer):
        self.inner.scale(loss).backward()
        self.inner.step(optimizer)

    def state_dict(self):
        return self.inner.state_dict()

    def load_state_dict(self, state):
        self.inner.load_state_dict(state)
""",
        },
        # The best weights: training is never resumed from them.
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(10):
    model(x).sum().backward()
    optimizer.step()
    torch.save({"model": model.state_dict(), "epoch": epoch}, "best.pt")
best = torch.load("best.pt")
model.load_state_dict(best["model"])
print(best["epoch"])
""",
        # Plain SGD has no state, and the schedule is told the epoch.
        """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
checkpoint = torch.load("last.pt")
model.load_state_dict(checkpoint["model"])
for epoch in range(checkpoint["epoch"], 10):
    model(x).sum().backward()
    optimizer.step()
    schedule.step(epoch)
    torch.save({"model": model.state_dict(), "epoch": epoch}, "last.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program whose checkpoints are not enough to go on from."""
        reported: set[int] = set()
        for training in program.trainings:
            if "checkpoint" in training.owned or not training.takes_epochs:
                continue
            found = self.report(program, training)
            if found is not None and id(found.statement) not in reported:
                reported.add(id(found.statement))
                yield found

    @staticmethod
    def report(program: Program, training: Training) -> Report | None:
        """Return the report on one program, if what it saves is too little."""
        checkpoints = Checkpoints(program, training)
        if not checkpoints.saves or any(e.contents.is_open for e in checkpoints.saves):
            return None
        if any(
            last_name(each.call) in WHOLE and program.knowledge.means("save", each.names)
            for each in training.reach.sites
        ):
            return None  # a framework's checkpoint, beside these, holds the rest
        saved = {
            kind
            for save in checkpoints.saves
            for key, value in (
                *save.contents.entries.items(),
                *(("", each) for each in save.contents.bare),
            )
            for kind in checkpoints.kinds(key, *value)
        }
        made = stateful(checkpoints)
        missing = {kind: site for kind, site in made.items() if kind not in saved}
        save = next((e for e in checkpoints.saves if is_resumed(e, checkpoints)), None)
        if not missing or save is None:
            return None
        kinds = " and ".join(missing)
        return Report(
            save.site.module,
            save.site.statement,
            save.site.call,
            f"Training is resumed from this checkpoint, which lacks the state of the {kinds}: save "
            "and load it too, or it starts anew.",
            tuple(
                Note(f"the {kind} is made here", site.module, site.statement.line)
                for kind, site in missing.items()
            ),
            "high",
            fix(save, missing),
        )


def stateful(checkpoints: Checkpoints) -> dict[str, Site]:
    """Return where a program makes what has a state that a checkpoint must hold, by its kind."""
    found: dict[str, Site] = {}
    sites = checkpoints.reach.sites
    for site in sites:
        for kind, wanted in KINDS.items():
            if any(wanted.fullmatch(name) for name in site.names) and has_state(kind, site, sites):
                found.setdefault(kind, site)
                break
    return found


def has_state(kind: str, made: Site, sites: list[Site]) -> bool:
    """Tell whether an object's state can't be had otherwise."""
    call = made.call
    if kind == "optimizer":
        momentum = call.argument("momentum", 2)
        is_plain = last_name(call) == "SGD" and momentum in (None, Constant(0), Constant(0.0))
        return not is_plain or call.is_open
    if kind == "scaler":
        return call.keyword("enabled") != Constant(False)
    is_told = any(
        last_name(site.call) == "step"
        and site.call.args
        and any(name.startswith("torch.optim.lr_scheduler.") for name in site.names)
        and not any("Plateau" in name for name in site.names)
        for site in sites
    )
    return call.keyword("last_epoch") is None and not is_told


def is_resumed(save: Save, checkpoints: Checkpoints) -> bool:
    """Tell whether a program goes on from a checkpoint: it reads weights and a counter from it.

    It does so before it saves, and what it counts with is the counter that it saves.
    """
    if not any(True for _ in checkpoints.graph.loops_around(save.site)):
        return False
    own = [each for each in checkpoints.reads() if each.key in save.contents.entries]
    states = checkpoints.states(save)
    counters = [each for each in own if COUNTER.search(each.key) and each.key not in states]
    weights = [each for each in own if states.get(each.key) in ("model", "state")]
    return bool(weights) and any(
        not isinstance(each.statement, Assign) or is_before(each.statement, save)
        for each in counters
        if isinstance(each.statement, Assign | Return | For)
    )


def is_before(statement: Assign, save: Save) -> bool:
    """Tell whether a counter is read before the loop in which it is saved."""
    owner = owner_of(save.site.frame)
    ordering = Ordering(owner.body)
    if id(statement) not in ordering.places:
        return True  # in another function
    return ordering.number(statement) < ordering.number(save.site.statement)


def fix(save: Save, missing: dict[str, Site]) -> Fix | None:
    """Return the entries to add to what is saved, where their objects are at hand."""
    entries: dict[str, str] = {}
    for kind, made in missing.items():
        name = name_of(made)
        is_here = owner_of(made.frame) is owner_of(save.site.frame) or (
            made.frame.function is None and made.module is save.site.module
        )
        if not name or not is_here or kind in save.contents.entries:
            return None
        entries[kind] = f"{name}.state_dict()"
    site = save.site
    match save.value:
        case Name(saved):
            text = "\n".join(f'{saved}["{kind}"] = {value}' for kind, value in entries.items())
            return Fix("Save the state too", (Insert(site.statement, text, "before"),), True)
        case Mapping() as written:
            text = ", ".join(f'"{kind}": {value}' for kind, value in entries.items())
            change = Wrap(site.statement, written, "", f" | {{{text}}}")
            return Fix("Save the state too", (change,), True)
    return None


def name_of(made: Site) -> str:
    """Return the name that something is given where it is made."""
    match made.statement:
        case Assign(_, (Name(name),), Call() as call) if call is made.call:
            return name
    return ""
