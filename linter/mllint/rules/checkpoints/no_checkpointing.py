"""MLC001."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...program.reach import Reach
from ...program.training import last_name
from ..base import Report, Rule
from ..evidence import confidence, training_notes

# Programs that train to choose or to measure, and throw the model away.
TRIALS = frozenset({"optuna", "ray", "hyperopt", "timeit"})


def saves(reach: Reach, program: Program) -> bool:
    """Tell whether a program saves anything that may be a model."""
    for site in reach.sites:
        if program.knowledge.means("save", site.names):
            return True
        # Of a library that is not known, or not resolved: its name is enough to stay silent.
        name = last_name(site.call).lower()
        says_so = "save" in name or "checkpoint" in name or name in ("export", "push_to_hub")
        is_other = any(each.startswith(("matplotlib.", "numpy.save")) for each in site.names)
        if says_so and not is_other and (site.names or not site.values):
            return True
    return False


class NoCheckpointing(Rule):
    """A program trains for epochs, and nothing that it reaches saves the model.

    When the process ends, by its end, by a crash or by a time limit, all it learnt is lost.

    Save model and optimizer at intervals; or leave your framework's checkpointing switched on.
    """

    code = "MLC001"
    name = "no-checkpointing"
    severity = "warning"
    bad = (
        """
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in data():
    torch.nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
    optimizer.zero_grad()
""",
        """
import lightning as L

L.seed_everything(0)
trainer = L.Trainer(enable_checkpointing=False)
trainer.fit(model)
""",
    )
    good = (
        {
            "train.py": """
import torch
from checkpoints import Keeper

torch.manual_seed(0)
optimizer = torch.optim.SGD([], lr=0.1)
keeper = Keeper("out")
for step in range(10):
    optimizer.step()
    keeper.keep(optimizer)
""",
            "checkpoints.py": """
import torch

class Keeper:
    def __init__(self, folder):
        self.folder = folder

    def keep(self, what):
        torch.save(what.state_dict(), self.folder)
""",
        },
        """
import lightning as L

L.seed_everything(0)
L.Trainer().fit(model)
""",
        """
from sklearn.linear_model import LogisticRegression

LogisticRegression().fit(x, y)
""",
        """
import torch

def test_it_learns():
    optimizer = torch.optim.SGD([], lr=0.1)
    optimizer.step()
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program that trains and saves nothing."""
        for training in program.trainings:
            if "checkpoint" in training.owned or not training.takes_epochs:
                continue
            if training.entry.kind == "notebook" or saves(training.reach, program):
                continue
            names = {name.partition(".")[0] for site in training.reach.sites for name in site.names}
            if names & TRIALS:
                continue
            yield Report(
                training.site.module,
                training.site.statement,
                training.site.call,
                "This program trains, and nothing that it reaches saves the model: save model and "
                "optimizer state at intervals.",
                training_notes(training, "nothing that saves a model was found"),
                confidence(training.reach, program),
            )
