"""How a file calls a library, for what a fix writes into it."""

from __future__ import annotations

from ...facts.statements import Import
from ...fixes.changes import AddImport
from ...program.symbols import Module

# How a library is imported where a file does not import it yet.
IMPORTS = {"numpy": "import numpy as np", "tensorflow": "import tensorflow as tf"}
SEED_CALLS = {
    "torch": ("torch", "manual_seed"),
    "numpy": ("numpy", "random.seed"),
    "random": ("random", "seed"),
    "tensorflow": ("tensorflow", "random.set_seed"),
    "graph": ("tensorflow", "set_random_seed"),  # that of TensorFlow 1
    "keras": ("keras", "utils.set_random_seed"),
}


def imported_as(library: str, module: Module) -> tuple[str, tuple[AddImport, ...]]:
    """Return the name that a library has in a file, and the import that it takes to have it."""
    for statement in module.body:
        if isinstance(statement, Import) and statement.module is None:
            for name, alias in statement.names:
                if name == library:
                    return alias or name, ()
    text = IMPORTS.get(library, f"import {library}")
    return text.split()[-1], (AddImport(text),)


def seed_call(generator: str, expression: str, module: Module) -> tuple[str, tuple[AddImport, ...]]:
    """Return the call that seeds a global generator, as a file would write it."""
    library, function = SEED_CALLS[generator]
    name, imports = imported_as(library, module)
    return f"{name}.{function}({expression})", imports
