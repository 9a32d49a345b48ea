"""MLC006."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, Constant, Name, dotted, subexpressions
from ...facts.statements import Assign, Evaluate, Statement
from ...program.program import Program
from ..base import Report, Rule
from ..scopes import Scope, read_parts, scopes_of

FALSE = Constant(False)
# Functions that load weights into a model and return what did not fit, or say so in other words.
LOADERS = frozenset({"safetensors.torch.load_model"})


class UncheckedPartialLoad(Rule):
    """Weights are loaded with ``strict=False``, and nobody looks at what was not loaded.

    Without ``strict``, keys that don't match are skipped in silence. If a prefix was renamed
    (``module.``, ``_orig_mod.``, ``backbone.``), nothing at all is loaded, and the program trains
    or evaluates random weights. ``load_state_dict`` returns what was missing and unexpected.

    Look at it: ``result = model.load_state_dict(state, strict=False)``, then log it, or
    ``assert not result.unexpected_keys, result``.
    """

    code = "MLC006"
    name = "unchecked-partial-load"
    severity = "warning"
    bad = (
        """
import torch

model = make()
model.load_state_dict(torch.load("net.pt", weights_only=True), strict=False)
""",
        """
import torch

def load(model, path):
    state = torch.load(path, map_location="cpu")["model"]
    ignored = model.load_state_dict(state, False)
    return model
""",
        """
from safetensors.torch import load_model

def load(model, path):
    load_model(model, path, strict=False)
""",
    )
    good = (
        """
import torch

result = model.load_state_dict(torch.load("net.pt", weights_only=True), strict=False)
assert not result.unexpected_keys, result
print(other.load_state_dict(torch.load("net.pt", weights_only=True), strict=False))
third.load_state_dict(torch.load("net.pt", weights_only=True))
""",
        """
import torch

def load(model, path):
    return model.load_state_dict(torch.load(path), strict=False)
""",
        # What fits is counted and said.
        """
import torch

def load(model, path):
    own = model.state_dict()
    state = {k: v for k, v in torch.load(path).items() if k in own}
    model.load_state_dict(state, strict=False)
    print(f"{len(state)} of {len(own)} tensors taken over")
""",
        # The keys are the model's own: it is a copy within the program.
        """
import torch

def copy(model, other):
    other.load_state_dict(model.state_dict(), strict=False)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each load whose outcome is thrown away."""
        for scope in scopes_of(program, "load_state_dict", "load_model"):
            for statement, _ in scope.placed:
                call = thrown_away(statement, scope)
                if call is None or not is_partial(call, scope):
                    continue
                if is_own(call, scope) or is_counted(call, scope):
                    continue
                yield Report(
                    scope.module,
                    statement,
                    call,
                    f"{dotted(call.func) or 'This'} skips keys that don't match, and what it "
                    "returns is not looked at: a renamed prefix loads nothing, in silence.",
                )


def thrown_away(statement: Statement, scope: Scope) -> Call | None:
    """Return the call whose result a statement does nothing with."""
    match statement:
        case Evaluate(_, Call() as call):
            return call
        case Assign(_, (Name(name),), Call() as call):
            if scope.function is not None and not any(
                isinstance(part, Name) and part.id == name
                for each, _ in scope.placed
                if each is not statement
                for part in read_parts(each)
            ):
                return call
    return None


def is_partial(call: Call, scope: Scope) -> bool:
    """Tell whether a call loads weights, and skips keys that don't match."""
    if isinstance(call.func, Attribute) and call.func.attr == "load_state_dict":
        return bool(call.args) and call.argument("strict", 1) == FALSE
    names = LOADERS.intersection(scope.names(call.func))
    return bool(names) and call.argument("strict", 2) == FALSE


def is_own(call: Call, scope: Scope) -> bool:
    """Tell whether what is loaded is another model's state, which the program has in memory."""
    return any(
        isinstance(part, Call)
        and isinstance(part.func, Attribute)
        and part.func.attr == "state_dict"
        for part in subexpressions(call.args[:1])
    )


def is_counted(call: Call, scope: Scope) -> bool:
    """Tell whether the function counts or compares the keys that it loads."""
    loaded = {part.id for part in subexpressions(call.args) if isinstance(part, Name)}
    subject = dotted(call.func.value) if isinstance(call.func, Attribute) else ""
    for site in scope.sites:
        match site.call:
            case Call(Name("len" | "set"), (handed, *_)):
                names = {part.id for part in subexpressions(handed) if isinstance(part, Name)}
                if names & (loaded - {subject, "self"}):
                    return True
    return False
