"""MLC004."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Expression,
    Name,
    dotted,
    subexpressions,
)
from ...facts.statements import Body, Evaluate, If, Import, Statement, walk
from ...fixes.changes import AddImport, Fix, Wrap
from ...program.program import Program
from ...program.symbols import Module
from ...program.values import Callable
from ..base import Note, Report, Rule
from ..learning import is_network
from ..scopes import Scope, scopes_in
from .aliases import called, gives_state, has_weights, live_states, state_givers, subject_of
from .keeping import Keeping, Kept, is_comparison, is_for_the_best, keepers, reads
from .stepping import Stepping

# What only a network is asked for.
OF_NETWORKS = frozenset({"parameters", "named_parameters", "state_dict", "load_state_dict", "eval"})


class BestStateNotCopied(Rule):
    """The best weights are kept as ``model.state_dict()``, without a copy.

    A state dict holds the live tensors, not copies: each further step changes what was kept, and
    the "best" weights end as the last ones. PyTorch's tutorial "Saving and Loading Models" warns of
    it. The same holds for ``best_model = model``, for a list of snapshots, and for a state that is
    taken before training and loaded again to start anew.

    Keep a copy: ``copy.deepcopy(model.state_dict())``. The fix is safe: it adds the copy.
    """

    code = "MLC004"
    name = "best-state-not-copied"
    severity = "error"
    bad = (
        """
import torch

def fit(model, optimizer, loader, val_loader):
    best, best_acc = None, 0
    for epoch in range(10):
        for x, y in loader:
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        acc = evaluate(model, val_loader)
        if acc > best_acc:
            best_acc = acc
            best = model.state_dict()
    model.load_state_dict(best)
    return model
""",
        """
from copy import deepcopy
import torch

class EarlyStopping:
    def __init__(self, patience):
        self.best = None
        self.weights = None

    def __call__(self, loss, model):
        if self.best is None or loss < self.best:
            self.best = loss
            self.weights = {k: v for k, v in model.state_dict().items()}

    def restore(self, model):
        model.load_state_dict(self.weights)
""",
        {
            "train.py": """
from loop import train_epoch
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
lowest = 1e9
for epoch in range(10):
    loss = train_epoch(model, optimizer, loader)
    if loss < lowest:
        lowest, best_model = loss, model
torch.save(best_model.state_dict(), "best.pt")
""",
            "loop.py": """
def train_epoch(model, optimizer, loader):
    for x, y in loader:
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
    return loss.item()
""",
        },
        """
import torch

def average(model, optimizer, loader):
    snapshots = []
    for epoch in range(5):
        for x, y in loader:
            model(x, y).backward()
            optimizer.step()
        snapshots.append({"epoch": epoch, "weights": model.state_dict()})
    return snapshots
""",
        """
import torch

def rates(model, loader):
    start = model.state_dict()
    for rate in (0.1, 0.01):
        model.load_state_dict(start)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        for x, y in loader:
            model(x, y).backward()
            optimizer.step()
""",
    )
    fixed = (
        """
import copy

import torch

def fit(model, optimizer, loader, val_loader):
    best, best_acc = None, 0
    for epoch in range(10):
        for x, y in loader:
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        acc = evaluate(model, val_loader)
        if acc > best_acc:
            best_acc = acc
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return model
""",
        """
from copy import deepcopy
import torch

class EarlyStopping:
    def __init__(self, patience):
        self.best = None
        self.weights = None

    def __call__(self, loss, model):
        if self.best is None or loss < self.best:
            self.best = loss
            self.weights = {k: v for k, v in deepcopy(model.state_dict()).items()}

    def restore(self, model):
        model.load_state_dict(self.weights)
""",
        {
            "train.py": """
import copy

from loop import train_epoch
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
lowest = 1e9
for epoch in range(10):
    loss = train_epoch(model, optimizer, loader)
    if loss < lowest:
        lowest, best_model = loss, copy.deepcopy(model)
torch.save(best_model.state_dict(), "best.pt")
""",
            "loop.py": """
def train_epoch(model, optimizer, loader):
    for x, y in loader:
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
    return loss.item()
""",
        },
        """
import copy

import torch

def average(model, optimizer, loader):
    snapshots = []
    for epoch in range(5):
        for x, y in loader:
            model(x, y).backward()
            optimizer.step()
        snapshots.append({"epoch": epoch, "weights": copy.deepcopy(model.state_dict())})
    return snapshots
""",
        """
import copy

import torch

def rates(model, loader):
    start = copy.deepcopy(model.state_dict())
    for rate in (0.1, 0.01):
        model.load_state_dict(start)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        for x, y in loader:
            model(x, y).backward()
            optimizer.step()
""",
    )
    good = (
        """
import torch

def train(model, optimizer, batches, best):
    for x, y in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        if loss < best:
            grads = model.first().weight.grad
            grads[0] = 0.0
        print(model.first().parameters())
        optimizer.step()
    return grads
""",
        """
import copy
import torch

def fit(model, optimizer, loader):
    best = copy.deepcopy(model.state_dict())
    for epoch in range(10):
        model(next(loader)).backward()
        optimizer.step()
        best = {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best)
""",
        # Written at once, in the step in which it is taken.
        """
import torch

def fit(model, optimizer, loader):
    for epoch in range(10):
        model(next(loader)).backward()
        optimizer.step()
        if epoch % 5 == 0:
            state = model.state_dict()
            state["epoch"] = epoch
        if epoch % 5 == 0:
            torch.save(state, f"{epoch}.pt")
    state = {"net": model.state_dict()}
    torch.save(state, "last.pt")
""",
        # A model of its own in each pass.
        """
import torch

states = []
for fold in range(5):
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in data(fold):
        model(x).sum().backward()
        optimizer.step()
    states.append(model.state_dict())
torch.save(states, "folds.pt")
""",
        # Pretrained entries take the place of the model's own before it is loaded again.
        """
import torch

def start(model, optimizer, loader):
    state = model.state_dict()
    state.update(torch.load("pretrained.pt"))
    model.load_state_dict(state)
    for x in loader:
        model(x).sum().backward()
        optimizer.step()
""",
        # An average is told of the model; a container is new in each pass.
        """
import torch

average = Average()
for x in loader:
    model(x).sum().backward()
    optimizer.step()
    average.update(model)
    whole = {"epoch": 0}
    if half:
        whole["model"] = model.state_dict()
    torch.save(whole, "last.pt")
print(average.of(x))
""",
        """
import torch

class Trainer:
    def save(self, loss):
        self.state = {"model": self.model.state_dict(), "loss": loss}
        torch.save(self.state, "last.pt")
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each state that is kept and goes on changing."""
        stepping, givers = Stepping(program), frozenset(state_givers(program))
        files = {
            *program.calling("state_dict", *givers),
            *program.mentioning("deepcopy", "backward", "best_model"),
        }
        for scope in scopes_in(program, (each for each in program.modules if each in files)):
            spelled = scope.module.spellings("state_dict", *givers)
            if not may_choose(scope.body) and not scope.may_call("state_dict", *givers):
                continue
            keeping = Keeping(scope, stepping)
            for statement, around in scope.placed:
                for kept, value in keepers(statement, around):
                    found = next(self.found(kept, value, keeping, spelled), None)
                    if found is not None:
                        yield found
                        break

    def found(
        self, kept: Kept, value: Expression, keeping: Keeping, givers: frozenset[str]
    ) -> Iterator[Report]:
        """Yield the reports on one value that is kept."""
        scope = keeping.scope
        states = [each for each in live_states(value) if has_weights(each)]
        for state in states:
            reader = read_in_vain(kept, subject_of(state), keeping)
            if reader is not None:
                yield report(scope, kept, state, reader)
        if not states and isinstance(value, Call) and gives_state(value, scope, givers):
            reader = read_in_vain(kept, value, keeping)
            if reader is not None:
                yield report(scope, kept, value, reader)
        if not isinstance(value, Name | Attribute) or dotted(value) == kept.name:
            return
        if not is_for_the_best(kept.around):  # cheaper to ask than whether something trains
            return
        loop = keeping.loop(kept.around, value)
        if loop is None or not is_model(value, scope):
            return
        inside = kept.around[[id(each) for each in kept.around].index(id(loop)) :]
        if is_for_the_best(inside):
            reader = keeping.is_read_later(kept, loop)
            if reader is not None:
                yield report(scope, kept, value, reader)


def may_choose(body: Body) -> bool:
    """Tell whether anything is done when something is better than before."""
    return any(isinstance(each, If) and is_comparison(each.test) for each in walk(body))


def read_in_vain(kept: Kept, subject: Expression, keeping: Keeping) -> Statement | None:
    """Return what reads a kept state when the object has been trained on."""
    loop = keeping.loop(kept.around, subject)
    if loop is not None:
        return keeping.is_read_later(kept, loop)
    again = loaded_again(kept, subject, keeping)
    if again is not None:
        return again
    function = keeping.scope.function
    if function is None or function.name.endswith("__init__") or "." not in kept.name:
        return None
    if is_for_the_best(kept.around) or is_called_for_the_best(keeping.scope):
        return keeping.elsewhere(kept)
    return None


def loaded_again(kept: Kept, subject: Expression, keeping: Keeping) -> Statement | None:
    """Return where a state is loaded into the object that it is taken of, trained in between."""
    scope, ordering = keeping.scope, keeping.scope.ordering
    if kept.grows or not dotted(subject) or scope.table.get(f"{kept.name}[]"):
        return None
    start = ordering.number(kept.statement)
    load: tuple[Statement, tuple[object, ...]] | None = None
    for statement, around in scope.placed:
        if ordering.number(statement) <= start or not reads(statement, kept.name):
            continue
        match statement:
            case Evaluate(_, Call(Attribute(loaded, "load_state_dict"), (Name(name), *_))) if (
                name == kept.name and dotted(loaded) == dotted(subject)
            ):
                load = load or (statement, around)
            case _:
                return None  # it may be changed there
    if load is None or len(scope.table.get(kept.name, ())) != 1:
        return None
    if scope.table.get(dotted(subject)) and any(
        ordering.number(each.statement) > start for each in scope.table[dotted(subject)]
    ):
        return None
    end = ordering.number(load[0])
    for site in scope.sites:
        number = ordering.number(site.statement)
        shares_loop = any(e in load[1] for e in site.loops if not any(e is o for o in kept.around))
        if (start < number < end or shares_loop) and keeping.stepping.steps(site):
            return load[0]
    return None


def is_called_for_the_best(scope: Scope) -> bool:
    """Tell whether a function is called where something is better than before."""
    for other in scopes_of_module(scope):
        for site in other.sites:
            functions = [each.function for each in site.values if isinstance(each, Callable)]
            if scope.function in functions and is_for_the_best(site.around):
                return True
    return False


def scopes_of_module(scope: Scope) -> Iterator[Scope]:
    """Yield the scopes of the same class."""
    owner = scope.function.owner if scope.function else None
    for method in owner.methods.values() if owner else ():
        yield Scope(scope.program, scope.module, method, ())


def is_model(value: Expression, scope: Scope) -> bool:
    """Tell whether a name is that of a network: by what it is, or by what it is asked for."""
    if any(is_network(each, scope.program.evaluator) for each in scope.values(value)):
        return True
    return bool(dotted(value)) and any(
        isinstance(part, Attribute)
        and part.attr in OF_NETWORKS
        and dotted(part.value) == dotted(value)
        for statement, _ in scope.placed
        for part in subexpressions(statement[1:])
    )


def copying(module: Module) -> tuple[str, tuple[AddImport, ...]]:
    """Return what a file calls ``deepcopy``, and the import that it takes."""
    for statement in module.body:
        if isinstance(statement, Import):
            for name, alias in statement.names:
                if statement.module == "copy" and name == "deepcopy":
                    return alias or name, ()
                if statement.module is None and name == "copy":
                    return f"{alias or name}.deepcopy", ()
    if "copy" in module.table:  # something else goes by that name
        return "deepcopy", (AddImport("from copy import deepcopy"),)
    return "copy.deepcopy", (AddImport("import copy"),)


def report(scope: Scope, kept: Kept, value: Expression, reader: Statement) -> Report:
    """Return the report on one state."""
    copy, imports = copying(scope.module)
    what = f"{dotted(value.func)}()" if isinstance(value, Call) else dotted(value)
    is_model_itself = not isinstance(value, Call) or called(value.func) != "state_dict"
    reason = "is the model that training goes on with" if is_model_itself else "is not a copy"
    change = Wrap(kept.statement, value, f"{copy}(", ")")
    return Report(
        scope.module,
        kept.statement,
        value,
        f"{what}, kept as {kept.name}, {reason}: each step changes it, so that it ends as the last "
        f"weights; keep {copy}({what}).",
        tuple(
            Note("read here, when it has changed", scope.module, each.line)
            for each, _ in scope.placed
            if each is reader
        ),
        "high",
        Fix("Keep a copy", (*imports, change), True),
    )
