"""MLR010."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.statements import Function, walk
from ...fixes.changes import Fix, Replace
from ...program.activity import Site
from ...program.order import events
from ...program.program import Program
from ...program.symbols import FunctionSymbol, Module
from ...program.training import Training
from ..base import Note, Report, Rule
from .cudnn_flags import Setting, conflict, settings


def in_program(training: Training, program: Program) -> list[Setting]:
    """Return what a program sets of the flags, in the order in which it does."""
    by_owner: dict[FunctionSymbol | Module, list[Setting]] = {}
    for frame in training.reach.callers:
        owner = frame.function or frame.module
        if owner not in by_owner and "cudnn" in frame.module.source.outline.words:
            by_owner[owner] = list(settings(owner.body, frame.module, program))
    if len([each for each in by_owner.values() if each]) < 2:  # one function is looked at anyway
        return []
    timed: dict[int, tuple[int, Setting]] = {}
    for time, event in enumerate(events(training.entry, program.explorer)):
        frame, line = (event.frame, event.statement.line) if isinstance(event, Site) else (event, 0)
        for each in by_owner.get(frame.function or frame.module, ()):
            if line <= each.statement.line:  # made after the last call, or the entry, before it
                timed[id(each.statement)] = time, each
    return [each for _, each in sorted(timed.values(), key=lambda pair: pair[0])]


class ConflictingDeterminismFlags(Rule):
    """cuDNN is told to be deterministic, and to choose its algorithms by trying them.

    With ``benchmark = True`` cuDNN times several algorithms and takes the fastest, which may be
    another one in the next run: the results of two runs differ although ``deterministic`` is on.
    See "CUDA convolution benchmarking" in PyTorch's notes on reproducibility.

    Switch ``benchmark`` off where results are to be repeated. The fix is safe: what was asked for,
    determinism, is had.
    """

    code = "MLR010"
    name = "conflicting-determinism-flags"
    severity = "warning"
    bad = (
        """
import torch

def fix(seed):
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = True
""",
        """
import torch
from torch.backends import cudnn

cudnn.benchmark = True
if args.seed is not None:
    torch.use_deterministic_algorithms(True)
""",
        {
            "train.py": """
import torch
from seeds import fix

def main():
    fix(3)
    torch.backends.cudnn.benchmark = True
    optimizer = torch.optim.SGD([], lr=0.1)
    optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main()
""",
            "seeds.py": """
import torch

def fix(seed):
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
""",
        },
    )
    fixed = (
        """
import torch

def fix(seed):
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
""",
        """
import torch
from torch.backends import cudnn

cudnn.benchmark = False
if args.seed is not None:
    torch.use_deterministic_algorithms(True)
""",
        {
            "train.py": """
import torch
from seeds import fix

def main():
    fix(3)
    torch.backends.cudnn.benchmark = False
    optimizer = torch.optim.SGD([], lr=0.1)
    optimizer.step()
    torch.save(optimizer, "o.pt")

if __name__ == "__main__":
    main()
""",
            "seeds.py": """
import torch

def fix(seed):
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
""",
        },
    )
    good = (
        """
import torch
from torch.backends import cudnn

def prepare(args):
    if args.deterministic:
        cudnn.deterministic = True
        cudnn.benchmark = False
    else:
        cudnn.benchmark = True
""",
        """
import torch

torch.backends.cudnn.benchmark = True
if args.seed is not None:
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
""",
        """
import torch

torch.backends.cudnn.deterministic = True
if not args.deterministic:
    torch.backends.cudnn.benchmark = True
""",
        {
            "train.py": """
import torch
from seeds import fix

torch.backends.cudnn.benchmark = True
fix(3)
optimizer = torch.optim.SGD([], lr=0.1)
optimizer.step()
torch.save(optimizer, "o.pt")
""",
            "seeds.py": """
import torch

def fix(seed):
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
""",
        },
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each place that switches the benchmark on."""
        reported: set[int] = set()
        groups: list[list[Setting]] = []
        modules = [m for m in program.mentioning("cudnn") if "benchmark" in m.source.outline.words]
        for module in modules:
            bodies = [each.body for each in walk(module.body, True) if isinstance(each, Function)]
            groups += [list(settings(body, module, program)) for body in (module.body, *bodies)]
        if modules:
            groups += [in_program(training, program) for training in program.trainings]
        for group in groups:
            pair = conflict(group)
            if pair is None or id(pair[1].statement) in reported:
                continue
            deterministic, benchmark = pair
            reported.add(id(benchmark.statement))
            change = Replace(benchmark.statement, benchmark.part, "False")
            line = deterministic.statement.line
            yield Report(
                benchmark.module,
                benchmark.statement,
                None,
                "cudnn.benchmark chooses algorithms by timing them, although determinism is asked "
                f"for ({deterministic.module.path.name}:{line}): set it to False.",
                (Note("determinism is asked for here", deterministic.module, line),),
                "high",
                Fix("Switch the benchmark off", (change,), True),
            )
