"""MLL002."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.program import Program
from ...program.steps import calls_method
from ...program.training import Training
from ..base import Report, Rule
from ..checkpoints.trials import is_trial
from ..evidence import confidence, training_notes
from ..losses import DIFFERENTIATING
from ..metrics import metrics_of
from .kept import keeps_metrics, may_keep
from .printing import prints_of_metrics


class UntrackedTrainingRun(Rule):
    """A program trains, and no metric of its run outlives it.

    Whether the run got better, when, and whether it was better than the last, can't be told
    afterwards.

    Hand loss and scores to a tracker, a logger or a file, or leave your framework's logger on. A
    program that prints them is found by MLL001 instead.
    """

    code = "MLL002"
    name = "untracked-training-run"
    severity = "note"
    bad = (
        """
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

def fit(data):
    history = []
    for x, y in data:
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        history.append(loss.item())
    return history

history = fit(load())
torch.save(model.state_dict(), "model.pt")
""",
        """
import keras

keras.utils.set_random_seed(0)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
history = model.fit(x, y, epochs=5)
model.save("model.keras")
""",
        """
import lightning as L

class Model(L.LightningModule):
    def training_step(self, batch, number):
        loss = self(batch).mean()
        self.log("loss", loss)
        return loss

L.seed_everything(0)
L.Trainer(logger=False).fit(Model())
""",
        """
from transformers import Trainer, TrainingArguments

options = TrainingArguments("out", report_to="none", save_strategy="no")
Trainer(model, options, train_dataset=data).train()
""",
    )
    good = (
        # Its checkpoints hold the history.
        """
from transformers import Trainer, TrainingArguments

options = TrainingArguments("out", report_to="none", save_strategy="epoch")
Trainer(model, options, train_dataset=data).train()
""",
        # A callback that is kept, and told of what happens by a name.
        """
import torch
from torch.utils.tensorboard import SummaryWriter

class Curves:
    def __init__(self, writer):
        self.writer = writer

    def on_epoch_end(self, epoch, loss):
        self.writer.add_scalar("loss", loss, epoch)

class Learner:
    def __init__(self):
        self.model = torch.nn.Linear(2, 1)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.watchers = []

    def watch(self, watcher):
        self.watchers.append(watcher)

    def tell(self, event, *values):
        for each in self.watchers:
            method = getattr(each, event)
            method(*values)

    def fit(self, epochs):
        for epoch in range(epochs):
            for x, y in data():
                loss = torch.nn.functional.mse_loss(self.model(x), y)
                loss.backward()
                self.optimizer.step()
            self.tell("on_epoch_end", epoch, loss)

torch.manual_seed(0)
learner = Learner()
learner.watch(Curves(SummaryWriter("runs")))
learner.fit(3)
torch.save(learner.model.state_dict(), "model.pt")
""",
        # Callbacks that hand metrics to a tracker by themselves.
        """
import wandb
from fastai.callback.wandb import WandbCallback
from fastai.vision.all import *

set_seed(1, True)
with wandb.init(project="pets"):
    learner = vision_learner(loaders(), resnet34, cbs=WandbCallback(log_preds=False))
    learner.fine_tune(3)
    learner.export("pets.pkl")
""",
        # What an environment pays is the metric, and is kept.
        """
import numpy as np
import torch

policy = make_policy()
optimizer = torch.optim.Adam(policy.parameters())
env, returns = make_env(), []
state, paid = env.reset(), 0.0
for _ in range(100):
    state, reward, done, _ = env.step(policy(state))
    paid += reward
    policy.objective(state).backward()
    optimizer.step()
    returns.append(paid)
    np.save("returns.npy", returns)
torch.save(policy.state_dict(), "policy.pt")
""",
        """
import torch
from torch.utils.tensorboard import SummaryWriter

writer = SummaryWriter()
optimizer = torch.optim.SGD([], lr=0.1)
for step, (x, y) in enumerate(data()):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    writer.add_scalar("loss/train", loss, step)
""",
        """
import json
import torch

optimizer = torch.optim.SGD([], lr=0.1)
history = []
for x, y in data():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    history.append(loss.item())
with open("history.json", "w") as file:
    json.dump(history, file)
""",
        """
import keras

model = keras.Sequential([keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
model.fit(x, y, epochs=5, callbacks=[keras.callbacks.CSVLogger("log.csv")])
""",
        """
import lightning as L

L.Trainer().fit(model)
""",
        """
import torch

optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    print("MLL001 finds this:", loss.item())
""",
        """
import torch

class Recorder:
    def __init__(self):
        self.rows = {}
        self.file = open("progress.txt", "w")

    def record(self, key, value):
        self.rows[key] = value

    def close_row(self):
        for key, value in self.rows.items():
            self.file.write(f"{key} {value}\\n")

recorder = Recorder()
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    recorder.record("loss", loss.item())
    recorder.close_row()
""",
        """
from sklearn.linear_model import LogisticRegression

LogisticRegression().fit(x, y)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program that keeps nothing of what it measures."""
        reported: set[int] = set()
        for training in program.trainings:
            if "log" in training.owned or not training.takes_epochs:
                continue
            if training.entry.kind == "notebook" or id(training.site.statement) in reported:
                continue
            if not measures(training, program) or is_trial(training, program):
                continue
            if keeps(training, program):
                continue
            reported.add(id(training.site.statement))
            yield Report(
                training.site.module,
                training.site.statement,
                training.site.call,
                "This program trains, and no metric of the run outlives it: hand loss and scores "
                "to a tracker, a logger or a file.",
                training_notes(training, "no logger, tracker or file that gets a metric was found"),
                confidence(training.reach, program),
            )


def measures(training: Training, program: Program) -> bool:
    """Tell whether a program has a metric that it could keep."""
    if program.knowledge.owner(training.site.names) is not None:
        return True
    return bool(training.reach.where(calls_method, *DIFFERENTIATING))


def keeps(training: Training, program: Program) -> bool:
    """Tell whether a program keeps a metric, or prints some, which MLL001 is about."""
    owner = program.knowledge.owner(training.site.names)
    # Of a framework whose log is switched off, its own calls that log do nothing.
    off = owner.names[0].partition(".")[0] if owner is not None and "log" in owner.owns else None
    for run in training.runs:
        graph = program.graph(run.reach)
        metrics = metrics_of(program, graph)
        if run.reach.where(may_keep):
            return True
        if keeps_metrics(program, run, off):
            return True
        if any(True for _ in prints_of_metrics(program, graph, metrics)):
            return True
    return False
