"""MLR009."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, Constant, Subscript, dotted
from ...facts.statements import Assign, Evaluate, Statement, walk
from ...fixes.changes import Fix, Remove
from ...program.program import Program
from ...program.symbols import Module
from ..base import Report, Rule

VARIABLE = Constant("PYTHONHASHSEED")
# Words of a file that begins other processes, which do heed the variable.
STARTS = frozenset(
    {"subprocess", "Popen", "execv", "execve", "execl", "execvp", "execvpe", "system", "spawnv"}
    | {"multiprocessing", "ProcessPoolExecutor", "spawn", "check_call", "check_output"}
)


def sets_hash_seed(statement: Statement) -> bool:
    """Tell whether a statement sets the variable in the process's own environment."""
    match statement:
        case Assign(_, (Subscript(environment, key),)):
            return key == VARIABLE and dotted(environment) in ("os.environ", "environ")
        case Evaluate(_, Call(Attribute(owner, "setdefault" | "putenv"), (key, *_))):
            return key == VARIABLE and dotted(owner) in ("os.environ", "environ", "os")
    return False


class HashSeedSetAtRuntime(Rule):
    """``PYTHONHASHSEED`` is set inside the program, where it changes nothing.

    Python reads it once, when the process starts. Set later, it has no effect on the order of sets
    or on ``hash()`` in this process; it only looks as if it had.

    Set it where the program is started: ``PYTHONHASHSEED=0 python train.py``; or sort what comes
    out of sets. The fix is unsafe: it removes the line, which processes that the program starts
    would have heeded.
    """

    code = "MLR009"
    name = "hash-seed-set-at-runtime"
    severity = "note"
    bad = (
        """
import os

os.environ["PYTHONHASHSEED"] = "0"
print("ready")
""",
        """
import os
import random

def fix(seed):
    random.seed(seed)
    os.environ["PYTHONHASHSEED"] = str(seed)
""",
    )
    fixed = (
        """
import os

print("ready")
""",
        """
import os
import random

def fix(seed):
    random.seed(seed)
""",
    )
    good = (
        """
import os
import subprocess
import sys

os.environ["PYTHONHASHSEED"] = "0"
subprocess.run([sys.executable, "train.py"])
""",
        """
import os
import sys

if os.environ.get("PYTHONHASHSEED") != "0":
    os.environ["PYTHONHASHSEED"] = "0"
    os.execv(sys.executable, [sys.executable, *sys.argv])
""",
        """
environment["PYTHONHASHSEED"] = "0"
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each place that sets it."""
        for module in program.mentioning("environ", "putenv"):
            if STARTS.isdisjoint(module.source.outline.words):
                yield from self.in_module(module)

    @staticmethod
    def in_module(module: Module) -> Iterator[Report]:
        """Yield the reports on one file."""
        for statement in walk(module.body, True):
            if sets_hash_seed(statement):
                yield Report(
                    module,
                    statement,
                    None,
                    "PYTHONHASHSEED is read when Python starts: set here it changes nothing; "
                    "set it where the program is started.",
                    (),
                    "high",
                    Fix("Remove what has no effect", (Remove(statement),), False),
                )
