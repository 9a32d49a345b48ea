"""MLL006."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Constant, Subscript, Template, subexpressions
from ...facts.statements import Assign, walk
from ...program.activity import Site
from ...program.program import Program
from ...program.values import Library
from ..base import Note, Report, Rule
from ..evidence import confidence, path_notes
from ..metrics import metrics_of
from .kept import holds_settings, names_settings
from .runs import Runs, name_of

# Arguments of a beginning that are the run's settings.
SETTINGS = frozenset({"config", "hparams", "params", "parameters", "hyperparameters"})
SEVERAL = 3
KEEPING = ("log", "log-if-metric", "write", "save", "save-first", "save-rest", "run-config")
COMMANDS = ("subprocess.", "os.popen", "os.system")
REPOSITORIES = ("git.Repo", "pygit2.", "dulwich.", "torch.utils.collect_env")


class RunNotTraceable(Rule):
    """A training run is tracked, and the tracker is not told what was run.

    Curves without the settings and the code that made them can be compared, but not repeated.

    Hand the config to the tracker (``wandb.init(config=…)``, ``mlflow.log_params``,
    ``writer.add_hparams`` or ``add_text``), or the git commit; or write the config beside the run.
    """

    code = "MLL006"
    name = "run-not-traceable"
    severity = "note"
    bad = (
        """
import torch
import wandb

run = wandb.init(project="p")
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    run.log({"loss": loss})
""",
        """
import argparse
import torch
from torch.utils.tensorboard import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.1)
args = parser.parse_args()
print(args)
writer = SummaryWriter("runs/first")
optimizer = torch.optim.SGD([], lr=args.rate)
for step, (x, y) in enumerate(data()):
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    writer.add_scalar("loss", loss, step)
""",
    )
    good = (
        """
import argparse
import torch
import wandb

args = argparse.ArgumentParser().parse_args()
run = wandb.init(project="p", config=vars(args))
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
""",
        """
import torch
import wandb

run = wandb.init(project="p")
run.config.rate = 0.1
optimizer = torch.optim.SGD([], lr=run.config.rate)
optimizer.step()
""",
        """
import subprocess
import torch
from torch.utils.tensorboard import SummaryWriter

commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True)
writer = SummaryWriter(f"runs/{commit}")
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
""",
        """
import argparse
import json
import torch
from torch.utils.tensorboard import SummaryWriter

args = argparse.ArgumentParser().parse_args()
with open("runs/first/args.json", "w") as file:
    json.dump(vars(args), file)
writer = SummaryWriter("runs/first")
optimizer = torch.optim.SGD([], lr=args.rate)
optimizer.step()
""",
        """
import torch
from torch.utils.tensorboard import SummaryWriter

writer = SummaryWriter()
writer.add_text("config", "rate 0.1")
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
""",
        """
import torch
from torch.utils.tensorboard import SummaryWriter
from settings import read

config = read("config.json")
writer = SummaryWriter()
optimizer = torch.optim.SGD([], lr=config["rate"])
optimizer.step()
torch.save({"model": model, "config": config}, "model.pt")
""",
        """
import hydra
import torch
from torch.utils.tensorboard import SummaryWriter

@hydra.main(config_path="conf", config_name="train")
def main(cfg):
    writer = SummaryWriter()
    optimizer = torch.optim.SGD([], lr=cfg.rate)
    optimizer.step()
""",
        """
import mlflow
import torch

with mlflow.start_run():
    mlflow.log_params({"rate": 0.1})
    optimizer = torch.optim.SGD([], lr=0.1)
    optimizer.step()
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program whose runs can't be traced."""
        reported: set[int] = set()
        for training in program.trainings:
            entry = training.entry
            if "log" in training.owned or entry.kind == "notebook" or "hydra" in entry.evidence:
                continue
            runs = Runs(program, program.graph(training.reach))
            begins = [*runs.begins, *runs.calling("writer")]
            if not begins or is_traceable(runs, begins):
                continue
            first = begins[0]
            if id(first.call) in reported:
                continue
            reported.add(id(first.call))
            yield Report(
                first.module,
                first.statement,
                first.call,
                f"`{name_of(first.call)}` tracks a run of which neither the settings nor the "
                "commit are kept: hand it the config.",
                (
                    Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),
                    *path_notes(training.reach, first.frame),
                    Note("no call was found that hands or writes settings, or reads the commit"),
                ),
                confidence(training.reach, program),
            )


def is_traceable(runs: Runs, begins: list[Site]) -> bool:
    """Tell whether a program keeps its settings, or the commit, with its runs."""
    program, reach = runs.program, runs.graph.reach
    if any(
        call.is_open or any(key in SETTINGS and value != Constant(None) for key, value in keywords)
        for call, keywords in ((site.call, site.call.keywords) for site in begins)
    ):
        return True
    if runs.calling("run-config") or reach.where(asks_git):
        return True
    if any(map(is_telling, begins)):
        return True
    metrics = metrics_of(program, runs.graph)
    if reach.where(keeps_settings, program):
        return True
    if not all(map(metrics.are_handed, reach.meaning(program.knowledge, "write"))):
        return True  # it may be the settings
    return bool(reach.where(copies_config)) or assigns_config(runs)


def keeps_settings(site: Site, program: Program) -> bool:
    """Tell whether a call that keeps what it is handed, or is unknown, is handed settings."""
    known = any(program.knowledge.means(meaning, site.names) for meaning in KEEPING)
    if not known and site.values:
        return False
    handed = (site.call.args, tuple(value for _, value in site.call.keywords))
    return holds_settings(site, program) or names_settings(handed)


def is_telling(begin: Site) -> bool:
    """Tell whether a run is named after several of its settings."""
    return any(
        isinstance(part, Template)
        and sum(not isinstance(each, Constant) for each in part.parts) >= SEVERAL
        for part in subexpressions((begin.call.args, begin.call.keywords))
    )


def copies_config(site: Site) -> bool:
    """Tell whether a call copies or writes a file of settings."""
    return any(name.startswith(("omegaconf.OmegaConf.save", "shutil.copy")) for name in site.names)


def asks_git(site: Site) -> bool:
    """Tell whether a call reads which commit is checked out."""
    if any(name.startswith(REPOSITORIES) for name in site.names):
        return True
    if not any(name.startswith(COMMANDS) for name in site.names):
        return False
    parts = subexpressions((site.call.args, site.call.keywords))
    texts = [each.value for each in parts if isinstance(each, Constant)]
    return any(isinstance(each, str) and "git" in each.split() for each in texts)


def assigns_config(runs: Runs) -> bool:
    """Tell whether anything is assigned to a run's config: ``run.config.rate = 0.1``."""
    program = runs.program
    for owner, sites in runs.graph.sites.items():
        for statement in walk(owner.body):
            if not isinstance(statement, Assign):
                continue
            for target in statement.targets:
                if not isinstance(target, Attribute | Subscript):
                    continue
                values = [
                    *program.evaluator.evaluate(target, sites[0].frame),
                    *program.evaluator.evaluate(target.value, sites[0].frame),
                ]
                names = [value.name for value in values if isinstance(value, Library)]
                if program.knowledge.means("run-config", names):
                    return True
    return False
