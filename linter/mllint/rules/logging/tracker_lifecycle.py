"""MLL003."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Operation, subexpressions
from ...facts.outline import is_main_test
from ...facts.statements import Handler, If, Statement, Try
from ...program.activity import Site
from ...program.entries import Entry
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.reach import Reach
from ...program.symbols import Module, Owner
from ..base import Note, Report, Rule
from ..evidence import confidence, path_notes
from .ending import end_at_the_end
from .runs import Runs, is_end, name_of


class TrackerLifecycle(Rule):
    """A tracker's run is not begun before it is written to, or not ended before the next begins.

    ``wandb.log`` without ``wandb.init`` raises. A second ``wandb.init`` in one process, while the
    first run is still open, gives back that run: the rows of a whole sweep end up in it, under the
    settings of its first member (wandb#2812). A second ``mlflow.start_run`` raises; and a run of
    MLflow that nothing ends is marked as finished even if the program crashed.

    Write ``with wandb.init(…):`` and ``with mlflow.start_run():``, or end the run where it is over.

    The fix, which is safe, ends the run at the end of the block that begins it, where every way
    through the block leads there.
    """

    code = "MLL003"
    name = "tracker-lifecycle"
    severity = "error"
    bad = (
        """
import wandb

for rate in (0.1, 0.01):
    wandb.init(project="p", config={"rate": rate})
    train(rate)
""",
        """
import wandb

def train(rate):
    run = wandb.init(project="p", config={"rate": rate})
    for step in range(10):
        run.log({"loss": step * rate})
    return rate

if __name__ == "__main__":
    for rate in (0.1, 0.01):
        train(rate)
""",
        {
            "train.py": """
from steps import step

for number in range(10):
    step(number)
""",
            "steps.py": """
import wandb

def step(number):
    loss = 1 / (1 + number)
    if number % 2 == 0:
        wandb.log({"loss": loss})
""",
        },
        """
import mlflow

mlflow.start_run()
mlflow.log_metric("accuracy", train())
""",
        """
import optuna
import wandb

def objective(trial):
    run = wandb.init(project="p", reinit=False)
    score = train(trial.suggest_float("rate", 0.1, 1.0))
    run.log({"score": score})
    return score

optuna.create_study().optimize(objective, n_trials=20)
""",
    )
    fixed = (
        """
import wandb

for rate in (0.1, 0.01):
    wandb.init(project="p", config={"rate": rate})
    train(rate)
    wandb.finish()
""",
        """
import wandb

def train(rate):
    run = wandb.init(project="p", config={"rate": rate})
    for step in range(10):
        run.log({"loss": step * rate})
    wandb.finish()
    return rate

if __name__ == "__main__":
    for rate in (0.1, 0.01):
        train(rate)
""",
        None,
        """
import mlflow

mlflow.start_run()
mlflow.log_metric("accuracy", train())
mlflow.end_run()
""",
        """
import optuna
import wandb

def objective(trial):
    run = wandb.init(project="p", reinit=False)
    score = train(trial.suggest_float("rate", 0.1, 1.0))
    run.log({"score": score})
    wandb.finish()
    return score

optuna.create_study().optimize(objective, n_trials=20)
""",
    )
    good = (
        # The trainer's class inherits from one that begins the run.
        """
import wandb
from transformers import Trainer, TrainerCallback, TrainingArguments

class Weighted(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False):
        return weigh(model(**inputs))

class Watch(TrainerCallback):
    def on_log(self, args, state, control, logs=None, **more):
        wandb.log({"seen": state.num_input_tokens_seen})

trainer = Weighted(model, TrainingArguments("out", report_to="wandb"), callbacks=[Watch()])
trainer.train()
""",
        """
import wandb

for rate in (0.1, 0.01):
    with wandb.init(config={"rate": rate}):
        train(rate)
""",
        """
import wandb

for rate in (0.1, 0.01):
    run = wandb.init(config={"rate": rate})
    with run:
        train(rate)
for rate in (0.1, 0.01):
    wandb.init(config={"rate": rate}, reinit=True)
    train(rate)
""",
        """
import wandb

class Tracker:
    def __init__(self, rate):
        self.run = wandb.init(config={"rate": rate})

    def log(self, row):
        self.run.log(row)

    def close(self):
        self.run.finish()

for rate in (0.1, 0.01):
    tracker = Tracker(rate)
    tracker.log({"loss": train(rate)})
    tracker.close()
""",
        """
import wandb

wandb.init()
wandb.log({"loss": train()})
""",
        """
import time
import wandb

while True:
    try:
        wandb.init(project="p")
        break
    except ConnectionError:
        time.sleep(1)
wandb.log({"loss": train()})
""",
        """
import wandb

def train():
    wandb.init()
    wandb.log({"loss": 1})

wandb.agent("sweep", function=train, count=5)
""",
        """
import subprocess
import sys

import wandb

if len(sys.argv) > 1:
    wandb.init(config={"rate": sys.argv[1]})
    wandb.log({"loss": train(sys.argv[1])})
else:
    for rate in ("0.1", "0.01"):
        subprocess.run([sys.executable, __file__, rate], check=True)
""",
        """
import argparse
import wandb

args = argparse.ArgumentParser().parse_args()
for step in range(10):
    loss = train(step)
    if args.track:
        wandb.log({"loss": loss})
""",
        """
import wandb

for step in range(10):
    loss = train(step)
    if wandb.run is None:
        wandb.init()
    wandb.log({"loss": loss})
""",
        """
import mlflow

with mlflow.start_run():
    mlflow.log_metric("accuracy", train())
for depth in range(3):
    with mlflow.start_run(nested=True):
        mlflow.log_metric("depth", depth)
""",
        """
import mlflow

mlflow.log_metric("accuracy", train())
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each run that is not begun, or not ended."""
        reported: set[int] = set()
        if not any(program.mentioning("wandb", "mlflow", "clearml", "trackio", "swanlab")):
            return
        for entry, reach in program.programs:
            runs = Runs(program, program.graph(reach))
            for report in (*self.unbegun(runs, entry, reach), *self.unended(runs, entry, reach)):
                if id(report.part) not in reported:
                    reported.add(id(report.part))
                    yield report

    def unbegun(self, runs: Runs, entry: Entry, reach: Reach) -> Iterator[Report]:
        """Yield the first call that writes to a run where none is ever begun."""
        program = runs.program
        if runs.begins or runs.calling("run-owner"):
            return
        for site in runs.calling("run-log"):
            if not happens(site, runs.graph):
                continue
            tracker = site.names[0].partition(".")[0]
            elsewhere = any(begins_somewhere(program, tracker))
            yield Report(
                site.module,
                site.statement,
                site.call,
                f"`{name_of(site.call)}` raises here, for no run has begun: call `{tracker}.init` "
                "first.",
                (
                    Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),
                    *path_notes(reach, site.frame),
                    Note(f"nothing that it reaches calls {tracker}.init"),
                ),
                "low" if elsewhere else confidence(reach, program),
            )
            return

    def unended(self, runs: Runs, entry: Entry, reach: Reach) -> Iterator[Report]:
        """Yield the beginnings of runs that are still open when the next one begins."""
        for begin in runs.begins:
            if runs.is_apart(begin) or runs.is_context(begin):
                continue
            again = runs.repetition(begin)
            name = name_of(begin.call)
            notes = [
                Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),
                *path_notes(reach, begin.frame),
            ]
            if again is not None:
                at = again.statement if isinstance(again, Site) else again[1]
                where = again.module if isinstance(again, Site) else module_of(again[0])
                notes.append(Note("it is begun anew in each round of this", where, at.line))
                message = (
                    f"`{name}` is called again and again, and nothing ends the run before the next "
                    "begins: the rows of all of them go to the first, or the call fails; use it "
                    "in a `with`, or end the run."
                )
            elif "mlflow.start_run" in begin.names and not reach.where(
                is_end, runs.program.knowledge
            ):
                message = (
                    f"nothing ends the run that `{name}` begins, so one that crashed is marked "
                    f"as finished too: write `with {name}(…):`."
                )
            else:
                continue
            notes.append(Note("nothing that ends a run was found"))
            yield Report(
                begin.module,
                begin.statement,
                begin.call,
                message,
                tuple(notes),
                "high",
                end_at_the_end(begin),
            )


def ends_somewhere(runs: Runs) -> bool:
    """Tell whether anything in a program ends a run."""
    return bool(runs.graph.reach.where(is_end, runs.program.knowledge))


def module_of(owner: Owner) -> Module:
    """Return the module that a function stands in, or the module itself."""
    return owner if isinstance(owner, Module) else owner.module


def begins_somewhere(program: Program, tracker: str) -> Iterator[bool]:
    """Yield True for each file that mentions a tracker together with its beginning."""
    for module in program.mentioning(tracker):
        if "init" in module.source.outline.words:
            yield True


def happens(site: Site, graph: CallGraph) -> bool:
    """Tell whether a call is carried out whatever the program's settings are.

    That it is logged each tenth step is no setting.
    """
    seen: set[object] = set()
    waiting = [site]
    while waiting:
        each = waiting.pop(0)
        owner = owner_of(each.frame)
        if any(is_switch(around) for around in each.around) or owner in seen:
            continue
        seen.add(owner)
        if each.frame.function is None:
            return True
        waiting += graph.callers.get(owner, ())
    return False


def is_switch(around: Statement | Handler) -> bool:
    """Tell whether a statement around may leave out what is in it."""
    if isinstance(around, If):
        parts = subexpressions(around.test)
        is_counted = any(isinstance(each, Operation) and each.operator == "%" for each in parts)
        return not is_counted and not is_main_test(around.test)
    return isinstance(around, Try | Handler)
