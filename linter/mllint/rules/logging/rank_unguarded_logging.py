"""MLL005."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, dotted
from ...facts.statements import Assign, Evaluate, If
from ...fixes.changes import Fix, Guard, Wrap
from ...program.activity import Site
from ...program.graph import CallGraph
from ...program.program import Program
from ...program.training import Training
from ..base import Note, Report, Rule
from ..evidence import path_notes
from ..learning import learning_of
from ..metrics import metrics_of
from .printing import printed_metrics
from .ranks import Ranks, is_silenced
from .runs import name_of

# Their own calls leave it to one process by themselves.
CAREFUL = ("accelerate.", "lightning.", "torch_xla.", "transformers.")
MAX_NOTES = 5


class RankUnguardedLogging(Rule):
    """Each process of a distributed program logs, where one of them should.

    Eight processes make eight runs, or write eight times to one; and what they print is mixed.

    Begin and write runs, and print, in the process of rank 0 only; or give all processes'
    runs one `group`, if you want to see each.

    The fix, which is unsafe, puts ``if dist.get_rank() == 0`` before it. What needs all processes,
    such as a reduction, must not stand behind that.
    """

    code = "MLL005"
    name = "rank-unguarded-logging"
    severity = "note"
    bad = (
        """
import torch
import torch.distributed as dist
import wandb

dist.init_process_group("nccl")
wandb.init(project="p")
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
""",
        """
import torch
import torch.distributed as dist
from torch.utils.tensorboard import SummaryWriter

def train(rank):
    torch.manual_seed(rank)
    dist.init_process_group("nccl", rank=rank, world_size=8)
    writer = SummaryWriter("runs") if rank == 0 else None
    optimizer = torch.optim.SGD([], lr=0.1)
    for x, y in data():
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        print("loss", loss.item())
        if writer:
            writer.add_scalar("loss", loss.item())

if __name__ == "__main__":
    torch.multiprocessing.spawn(train, nprocs=8)
""",
    )
    fixed = (
        """
import torch
import torch.distributed as dist
import wandb

dist.init_process_group("nccl")
if dist.get_rank() == 0:
    wandb.init(project="p")
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
""",
        """
import torch
import torch.distributed as dist
from torch.utils.tensorboard import SummaryWriter

def train(rank):
    torch.manual_seed(rank)
    dist.init_process_group("nccl", rank=rank, world_size=8)
    writer = SummaryWriter("runs") if rank == 0 else None
    optimizer = torch.optim.SGD([], lr=0.1)
    for x, y in data():
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if dist.get_rank() == 0:
            print("loss", loss.item())
        if writer:
            writer.add_scalar("loss", loss.item())

if __name__ == "__main__":
    torch.multiprocessing.spawn(train, nprocs=8)
""",
    )
    good = (
        # What spawns the processes is one itself.
        """
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import wandb

def work(rank, run):
    dist.init_process_group("nccl", rank=rank)
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in data():
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        if rank == 0:
            run.log({"loss": loss.item()})
            torch.save(model.state_dict(), "model.pt")

def main():
    run = wandb.init(project="it", config={"lr": 0.1})
    mp.spawn(work, args=(run,), nprocs=2)

if __name__ == "__main__":
    main()
""",
        """
import torch
import torch.distributed as dist
import wandb

dist.init_process_group("nccl")
is_first = dist.get_rank() == 0
run = wandb.init(project="p") if is_first else None
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    if run is not None:
        run.log({"loss": loss.item()})
    if is_first:
        print("loss", loss.item())
""",
        """
import torch
import torch.distributed as dist

def say(text):
    if dist.get_rank() != 0:
        return
    print(text)

dist.init_process_group("nccl")
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    say(loss.item())
""",
        """
import builtins
import torch
import torch.distributed as dist

def quieten(is_master):
    original = builtins.print

    def print(*args, force=False):
        if is_master or force:
            original(*args)

    builtins.print = print

dist.init_process_group("nccl")
quieten(dist.get_rank() == 0)
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
""",
        """
import torch
import torch.distributed as dist
import wandb

dist.init_process_group("nccl")
wandb.init(project="p", group="one-experiment")
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    wandb.log({"loss": loss.item()})
""",
        """
import hydra
import torch
import torch.distributed as dist
from torch.utils.tensorboard import SummaryWriter

class Tracker:
    def start(self, folder):
        self.writer = SummaryWriter(folder)

@hydra.main(config_path="conf", config_name="train")
def main(cfg):
    dist.init_process_group("nccl")
    tracker = hydra.utils.instantiate(cfg.tracker, Tracker())
    if dist.get_rank() == 0:
        tracker.start("runs")
    optimizer = torch.optim.SGD([], lr=0.1)
    optimizer.step()
""",
        # The rate is handed to a function that prints something else.
        """
import torch
import torch.distributed as dist

def epoch_of(number, rate):
    print("epoch", number)
    for x, y in data():
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()

dist.init_process_group("nccl")
optimizer = torch.optim.SGD([], lr=0.1)
for number in range(3):
    epoch_of(number, optimizer.param_groups[0]["lr"])
""",
        """
import torch
import wandb

wandb.init(project="p")
optimizer = torch.optim.SGD([], lr=0.1)
for x, y in data():
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    wandb.log({"loss": loss.item()})
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each program whose processes all log."""
        reported: set[int] = set()
        for training in program.trainings:
            if "log" in training.owned or training.entry.kind == "notebook":
                continue
            many = training.reach.meaning(program.knowledge, "many-processes")
            if not many:
                continue
            graph = program.graph(training.reach)
            found = in_each_process(self.unguarded(program, graph), many, program, graph)
            if found and id(found[0].call) not in reported:
                reported.add(id(found[0].call))
                yield self.report(training, many[0], found)

    def unguarded(self, program: Program, graph: CallGraph) -> list[Site]:
        """Return the calls by which each process logs, the most telling first."""
        means = program.knowledge.means
        ranks = Ranks(program, graph)
        groups: tuple[list[Site], list[Site], list[Site]] = ([], [], [])
        begins: list[Site] = []
        for site in graph.reach.meaning(program.knowledge, "run-begin", "writer", "log", "print"):
            if site.names and all(each.startswith(CAREFUL) for each in site.names):
                continue
            if means("run-begin", site.names) or means("writer", site.names):
                begins.append(site)
                groups[0].append(site)
            elif means("log", site.names) and not any("()" in each for each in site.names):
                groups[1].append(site)
            elif means("print", site.names):
                groups[2].append(site)
        found = [site for site in groups[0] if not ranks.is_guarded(site)]
        # Where each process has a run of its own, on purpose, it may write to it too.
        if not begins or any(ranks.is_guarded(site) and in_branch(site) for site in begins):
            found += [site for site in groups[1] if not ranks.is_guarded(site)]
        if groups[2] and not any(map(is_silenced, {*graph.sites, *graph.callers})):
            metrics, learning = metrics_of(program, graph), learning_of(graph, program.knowledge)
            found += [
                each
                for site in groups[2]
                if not ranks.is_guarded(site)
                for each in printed_metrics(site, metrics, graph)
                if learning.is_repeated(each) and not ranks.is_guarded(each)
            ]
        return list({id(site.call): site for site in found}.values())

    def report(self, training: Training, many: Site, found: list[Site]) -> Report:
        """Return the report for one program."""
        first, entry = found[0], training.entry
        return Report(
            first.module,
            first.statement,
            first.call,
            f"each process of this program calls `{name_of(first.call)}`: leave it to that of "
            "rank 0.",
            (
                Note(f"the program begins here: {entry.evidence}", entry.module, entry.line),
                *path_notes(training.reach, first.frame),
                Note("several processes carry it out", many.module, many.statement.line),
                *(
                    Note("so does this", each.module, each.statement.line)
                    for each in found[1 : 1 + MAX_NOTES]
                ),
                Note("no condition on the rank was found on the way"),
            ),
            "medium",
            in_one_process(first, many),
        )


def in_each_process(
    found: list[Site], many: list[Site], program: Program, graph: CallGraph
) -> list[Site]:
    """Return which of some calls each process carries out: what spawns them is one process.

    Args:
        found: The calls.
        many: The calls that make the processes one group.
        program: Knows what calls mean.
        graph: The program's calls.
    """
    spawned = {
        function
        for site in graph.reach.meaning(program.knowledge, "spawn")
        for part in (*site.call.args, *(value for _, value in site.call.keywords))
        for value in program.evaluator.evaluate(part, site.frame)
        for function in program.explorer.functions(value)
    }

    def is_spawned(site: Site) -> bool:
        return not spawned.isdisjoint(graph.leading_to([site]))

    return [each for each in found if is_spawned(each)] if all(map(is_spawned, many)) else found


def in_branch(site: Site) -> bool:
    """Tell whether a call stands in a branch, or in a function with others'."""
    return any(isinstance(each, If) for each in site.around) or isinstance(site.statement, Assign)


def in_one_process(site: Site, many: Site) -> Fix | None:
    """Return the fix that leaves a call to the first process.

    Args:
        site: The call.
        many: The call that makes the processes one group.
    """
    match many.call:
        case Call(Attribute(group, "init_process_group")) if dotted(group):
            rank = f"{dotted(group)}.get_rank() == 0"
        case _:
            return None
    if many.module is not site.module or any(isinstance(each, If) for each in many.around):
        return None
    title = "Leave it to the process of rank 0"
    match site.statement:
        case Evaluate(_, value) if value is site.call:
            return Fix(title, (Guard(site.statement, rank),), is_safe=False)
        case Assign(_, _, value) if value is site.call:
            changed = Wrap(site.statement, site.call, "", f" if {rank} else None")
            return Fix(title, (changed,), is_safe=False)
    return None
