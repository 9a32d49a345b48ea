"""MLR001."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...program.reach import Reach
from ...program.training import last_name
from ..base import Report, Rule
from ..evidence import confidence, training_notes

SEED_KEYWORDS = frozenset({"seed", "random_seed", "rng_seed"})
# A generator of its own seeds what it is handed to, and no model.
OWN_GENERATORS = ("torch.Generator", "numpy.random.", "random.Random")
PLAIN = ("builtins.", "dataclasses.")  # `replace(config, seed=1)` sets a value, and seeds nothing


def is_seeded(reach: Reach, program: Program) -> bool:
    """Tell whether a program seeds anything, or calls what its name says seeds."""
    knowledge = program.knowledge
    for site in reach.sites:
        if knowledge.seeded(site.names) is not None:
            return True
        # What the project calls itself is looked into instead.
        if site.values and not site.names:
            continue
        if any(name.startswith((*OWN_GENERATORS, *PLAIN)) for name in site.names):
            continue
        # Not resolved, or of a library that is not known: its name is enough to stay silent.
        name = last_name(site.call).lower()
        if "seed" in name or name in ("set_determinism", "prngkey"):
            return True
        if any(key in SEED_KEYWORDS for key, _ in site.call.keywords):
            return True
    return False


class UnseededTrainingRun(Rule):
    """A program trains, and nothing that it reaches seeds a random generator.

    Two runs of it differ by initialisation, order of the data and dropout, so a difference between
    two models may be one between two seeds, and a result can't be had again. See "Reproducibility"
    in PyTorch's notes.

    Seed once, at the beginning of the program, before the model and the data are made. Where the
    seed is set does not matter to this rule: in another module, by a framework, by an argument.
    """

    code = "MLR001"
    name = "unseeded-training-run"
    severity = "warning"
    bad = (
        """
import torch

def main():
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in data():
        loss = torch.nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.save(model.state_dict(), "model.pt")

if __name__ == "__main__":
    main()
""",
        {
            "train.py": """
from lib.trainer import Trainer

Trainer().fit()
""",
            "lib/trainer.py": """
import torch

class Trainer:
    def __init__(self):
        self.model = torch.nn.Linear(2, 1)
        self.optimizer = torch.optim.Adam(self.model.parameters())

    def fit(self):
        for batch in self.batches:
            self.model(batch).sum().backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        torch.save(self.model, "model.pt")
""",
        },
    )
    good = (
        {
            "train.py": """
import torch
from utils.reproducibility import fix_everything

def main():
    fix_everything(3)
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main()
""",
            "utils/reproducibility.py": """
import torch

def fix_everything(number):
    torch.manual_seed(number)
""",
        },
        """
import argparse
import torch

parser = argparse.ArgumentParser()
args = parser.parse_args()
if args.seed is not None:
    torch.manual_seed(args.seed)
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
        """
from transformers import Trainer, TrainingArguments

trainer = Trainer(model, TrainingArguments("out"))
trainer.train()
""",
        """
import lightning as L
from pytorch_lightning import Trainer

L.seed_everything(1)
Trainer().fit(model)
""",
        """
import torch

class Trainer:
    def fit(self):
        self.optimizer = torch.optim.SGD([], lr=0.1)
        self.optimizer.step()
""",
        """
import torch

model = torch.load("model.pt")
model.eval()
model(torch.randn(3))
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program that trains unseeded."""
        for training in program.trainings:
            if "seed" in training.owned or is_seeded(training.reach, program):
                continue
            if not training.takes_epochs:  # estimators are MLR005's
                continue
            entry = training.entry
            yield Report(
                entry.module,
                entry.line,
                None,
                "This program trains, and nothing that it reaches seeds a random generator: "
                "call torch.manual_seed(seed), or your framework's seed function, first.",
                training_notes(training, "no seeding was found"),
                confidence(training.reach, program),
            )
