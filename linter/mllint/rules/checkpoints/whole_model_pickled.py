"""MLC005."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Call, Expression, Mapping, dotted, subexpressions
from ...facts.rendering import render
from ...facts.statements import Statement, header
from ...fixes.changes import Fix, Wrap
from ...program.program import Program
from ...program.values import Literal
from ..base import Report, Rule
from ..scopes import Scope, scopes_of
from .networks import gives_network


class WholeModelPickled(Rule):
    """A whole model is pickled, rather than its weights.

    A pickle holds the paths of all classes, not their code: when a file is moved or a class
    renamed, it can't be loaded any more. And ``torch.load`` refuses it since PyTorch 2.6, unless
    it is told to run what the file says (``weights_only=False``). See "Saving and Loading Models"
    in PyTorch's tutorials.

    Save ``model.state_dict()``, and load it into a model that is made anew. The fix is unsafe: what
    loads the file must do so too.
    """

    code = "MLC005"
    name = "whole-model-pickled"
    severity = "warning"
    bad = (
        """
import torch

net = torch.nn.Linear(2, 1)
torch.save(net, "net.pt")
""",
        {
            "train.py": """
import torch
from saving import save

model = torch.nn.DataParallel(torch.nn.Linear(2, 1))
save(model, 3)
""",
            "saving.py": """
import torch

def save(model, epoch):
    checkpoint = {"epoch": epoch, "model": model.module}
    torch.save(checkpoint, "last.pt")
""",
        },
        """
import pickle

def keep(model, path):
    model.eval()
    with open(path, "wb") as file:
        pickle.dump(model, file)
""",
    )
    fixed = (
        """
import torch

net = torch.nn.Linear(2, 1)
torch.save(net.state_dict(), "net.pt")
""",
        {
            "train.py": """
import torch
from saving import save

model = torch.nn.DataParallel(torch.nn.Linear(2, 1))
save(model, 3)
""",
            "saving.py": """
import torch

def save(model, epoch):
    checkpoint = {"epoch": epoch, "model": model.module.state_dict()}
    torch.save(checkpoint, "last.pt")
""",
        },
        """
import pickle

def keep(model, path):
    model.eval()
    with open(path, "wb") as file:
        pickle.dump(model.state_dict(), file)
""",
    )
    good = (
        """
import torch

net = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
torch.save(net.state_dict(), "net.pt")
torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict()}, "all.pt")
torch.save(net(torch.ones(2)), "output.pt")
""",
        """
import joblib
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit(x, y)
joblib.dump(model, "model.joblib")
""",
        """
import torch

def save(state, path):
    torch.save(state, path)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each model that is saved whole."""
        reported: set[int] = set()
        for scope in scopes_of(program, "save", "dump"):
            for site in scope.sites if scope.may_call("save", "dump") else ():
                if not site.call.args or not program.knowledge.means("pickle", site.names):
                    continue
                for part, there in saved(site.call.args[0], scope):
                    if id(part) in reported or not gives_network(part, there):
                        continue
                    reported.add(id(part))
                    yield report(part, site.call, there)


def saved(expression: Expression, scope: Scope) -> Iterator[tuple[Expression, Scope]]:
    """Yield what a call saves, and the entries of a dictionary, each with where it is written."""
    yield expression, scope
    for value in scope.values(expression):
        if isinstance(value, Literal) and isinstance(value.expression, Mapping):
            frame = value.frame
            there = Scope(scope.program, frame.module, frame.function, (frame,))
            yield from ((entry, there) for _, entry in value.expression.pairs)


def report(part: Expression, call: Call, scope: Scope) -> Report:
    """Return the report on one model."""
    statement = next(
        each for each, _ in reversed(scope.placed) if any(p is part for p in parts_of(each))
    )
    shown = render(part) or "model"
    fix = Fix("Save the weights", (Wrap(statement, part, "", ".state_dict()"),), False)
    return Report(
        scope.module,
        statement,
        part,
        f"{dotted(call.func)} pickles all of {shown}, which breaks when code is moved, and which "
        f"torch.load refuses by default: save {shown}.state_dict().",
        (),
        "high",
        fix,
    )


def parts_of(statement: Statement) -> Iterator[Expression]:
    """Yield the expressions of a statement's own line."""
    yield from subexpressions(header(statement))
