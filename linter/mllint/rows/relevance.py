"""Which modules and functions can matter to rows: the others are never looked into."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts.expressions import Attribute, Name, calls
from ..facts.statements import Body, Class, Function, header, walk
from ..program.program import Program
from ..program.symbols import (
    ClassSymbol,
    FunctionSymbol,
    Module,
    class_symbol,
    function_symbol,
)
from ..program.values import Package

# A module that learns or splits mentions one of these.
WORDS = frozenset(
    {"fit", "fit_transform", "fit_resample", "fit_sample", "fit_predict", "fit_on_texts", "adapt"}
    | {"train_test_split", "random_split", "cross_val_score", "cross_validate", "randomSplit"}
    | {"cross_val_predict", "split", "resample", "scale", "minmax_scale"}
    | {"DMatrix"}
)
LEARNERS = (
    "transformer",
    "vectorizer",
    "vocabulary",
    "resampler",
    "under-sampler",
    "model",
    "splitter",
)
# PyTorch is imported everywhere, and divides rows by one name.
BY_NAME = {"torch": "random_split"}
_TEST = re.compile(r"(^|/)(test_\w*|\w+_test|conftest)\.py$")

Method = tuple[FunctionSymbol, ClassSymbol | None]


def relevant_modules(program: Program) -> list[Module]:
    """Return the modules that use a learning library, and those that import one of these."""
    libraries = program.knowledge.libraries(*LEARNERS) - BY_NAME.keys()
    learning: dict[Module, None] = {}
    for module in program.mentioning(*WORDS):
        outline = module.source.outline
        if not libraries.isdisjoint(module.libraries) or (
            "random_split" in outline.words and "torch" in module.libraries
        ):
            learning[module] = None
    if not learning:
        return []
    names = {module.name.rpartition(".")[2] for module in learning}
    using = [
        module
        for module in program.modules
        if module not in learning and imports_one(module, names, learning, program)
    ]
    return [*learning, *using]


def imports_one(
    module: Module, names: set[str], wanted: dict[Module, None], program: Program
) -> bool:
    """Tell whether a module imports one of some modules."""
    evaluator = program.evaluator
    for statement in module.source.outline.imports:
        own = {part for name, _ in statement.names for part in name.split(".")}
        if names.isdisjoint(own | set((statement.module or "").split("."))):
            continue
        sources = (
            evaluator.imported_module(statement, module)
            if statement.module is not None or statement.level
            else tuple(evaluator.modules.find(name, module) for name, _ in statement.names)
        )
        for source in sources:
            inner = [evaluator.modules.submodule(source, name) for name, _ in statement.names]
            for found in (source, *inner):
                if isinstance(found, Package) and found.module in wanted:
                    return True
    return False


def plan(modules: list[Module]) -> tuple[set[str], list[Method]]:
    """Return the names that are called anywhere, and the functions that may split or fit.

    A function may if it says so itself, or calls one that may, by name. Tests' are left out.
    """
    called: set[str] = set()
    functions: list[tuple[Method, set[str]]] = []
    for module in modules:
        called |= names_called(module.body)
        if not _TEST.search(module.path.as_posix()):
            functions += [(each, names_called(each[0].body)) for each in definitions(module)]
    telling = set(WORDS)
    chosen: list[Method] = []
    while True:
        more = [each for each, names in functions if not telling.isdisjoint(names)]
        if not more:
            return called, chosen
        functions = [each for each in functions if telling.isdisjoint(each[1])]
        for function, owner in more:
            chosen.append((function, owner))
            telling.add(function.name.rpartition(".")[2])
            if owner is not None:
                telling.add(owner.name)


def definitions(module: Module) -> Iterator[Method]:
    """Yield a module's functions and methods, constructors before other methods."""
    for statement in walk(module.body):
        if isinstance(statement, Function):
            yield function_symbol(module, statement, None, None), None
        elif isinstance(statement, Class):
            symbol = class_symbol(module, statement, None)
            methods = sorted(symbol.methods.values(), key=lambda each: "__init__" not in each.name)
            for method in methods:
                yield method, symbol


def names_called(body: Body) -> set[str]:
    """Return the last names of what statements call."""
    return {
        call.func[-1]
        for statement in walk(body, True)
        for call in calls(header(statement))
        if isinstance(call.func, Name | Attribute)
    }
