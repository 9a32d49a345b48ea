"""Where programs begin, and what shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..facts.expressions import Attribute, Call, Expression, Name, calls, last_name
from ..facts.module import Start
from ..facts.outline import is_main_test
from ..facts.statements import Assert, Function, If, header, walk
from ..project import Project
from .configs import CONFIG
from .evaluation import Evaluator
from .reach import Explorer, Reach
from .symbols import FunctionSymbol, Module, function_symbol
from .values import Callable, Frame, Library, Package, Values

# Decorators that make a function a command, and what calls it need not be seen for.
COMMANDS = {
    "hydra.main()": "hydra.main",
    "click.command()": "a click command",
    "click.command": "a click command",
    "click.group()": "a click group",
    "click.group().command()": "a click command",
    "typer.Typer().command()": "a typer command",
    "typer.Typer().callback()": "a typer command",
    "fire.decorators": "a fire command",
    "modal.App().local_entrypoint()": "a modal entry point",
    "ray.remote": "a ray task",
}
# Tells, without a look into the file, which decorators can be one of them.
LAST_NAMES = frozenset(name.removesuffix("()").rpartition(".")[2] for name in COMMANDS)
_TEST = re.compile(r"(^|[./\\])(tests?|testing)[/\\]|(^|[/\\])(test_\w*|conftest)\.py$")
# `add_test.py` may as well train on a test problem; a test says which of these it is run by.
_NAMED_TEST = re.compile(r"(^|[/\\])\w+_test\.py$")
TESTING = frozenset({"pytest", "unittest", "absltest", "parameterized", "TestCase", "nose"})


@dataclass(eq=False)
class Entry:
    """A place where a program begins.

    Attributes:
        module: The file.
        line: Where.
        evidence: What shows that a program begins here.
        kind: ``main``, ``script``, ``command``, ``console`` or ``notebook``.
        function: What runs, where that is not the module's top level.
        is_test: Whether tests run it, rather than people.
    """

    module: Module
    line: int
    evidence: str
    kind: str
    function: FunctionSymbol | None = None
    is_test: bool = False
    _reach: Reach | None = field(default=None, repr=False)

    def reach(self, explorer: Explorer) -> Reach:
        """Return what the program carries out; found once."""
        if self._reach is None:
            self._reach = explorer.explore(self.starts())
        return self._reach

    def starts(self) -> list[tuple[Frame, bool]]:
        """Return the frames in which it begins, and whether each is run as the main module."""
        starts = [(Frame(self.module), self.kind != "console")]
        if self.function is not None:
            starts.append((self.frame(), False))
        return starts

    def frame(self) -> Frame:
        """Return the frame of the function that runs: Hydra hands it the config."""
        function = self.function
        if function is None:
            return Frame(self.module)
        bindings: tuple[tuple[str, Values], ...] = ()
        if "hydra" in self.evidence and function.parameters:
            bindings = ((function.parameters[0].name, (Library(CONFIG),)),)
        return Frame(function.module, function, bindings)


def commands(module: Module, evaluator: Evaluator) -> Iterator[tuple[FunctionSymbol, Start, str]]:
    """Yield the functions of a module that a decorator makes commands."""
    for start in module.source.outline.starts:
        if start.kind != "decorated" or start.decorator.rpartition(".")[2] not in LAST_NAMES:
            continue
        for definition in module.table.get(start.name, ()):
            statement = definition.statement
            if not isinstance(statement, Function) or statement.line != start.line:
                continue
            for decorator in statement.decorators:
                for name in made_by(decorator, module, evaluator):
                    label = COMMANDS.get(name)
                    if label:
                        yield function_symbol(module, statement, None, None), start, label


def made_by(decorator: Expression, module: Module, evaluator: Evaluator) -> Iterator[str]:
    """Yield what a decorator is, by name; ``@group.command()`` of a decorated function, too."""
    for value in evaluator.evaluate(decorator, Frame(module)):
        if isinstance(value, Library):
            yield value.name
    called = decorator.func if isinstance(decorator, Call) else decorator
    if isinstance(called, Attribute):
        for owner in evaluator.evaluate(called.value, Frame(module)):
            if isinstance(owner, Callable):
                inner = Frame(owner.function.module)
                for each in owner.function.decorators:
                    for value in evaluator.evaluate(each, inner):
                        if isinstance(value, Library):
                            yield f"{value.name.removesuffix('()')}().{called.attr}()"


def is_test_file(module: Module, project: Project) -> bool:
    """Tell whether a file holds tests, or stands among them: by its path, or what it defines."""
    relative = module.path.as_posix().removeprefix(project.root.as_posix())
    if _TEST.search(relative):
        return True
    if not _NAMED_TEST.search(relative):
        return False
    return not TESTING.isdisjoint(module.source.outline.words) or any(
        name.startswith(("test_", "Test")) and entries[0].kind in ("function", "class")
        for name, entries in module.table.items()
    )


def runs_tests(module: Module) -> bool:
    """Tell whether all that a file's main block calls are its own tests, which assert something."""
    called = [
        call
        for statement in module.body
        if isinstance(statement, If) and is_main_test(statement.test)
        for each in walk(statement.body)
        for call in calls(header(each))
    ]
    return bool(called) and all(is_of_test(call, module) for call in called)


def is_of_test(call: Call, module: Module) -> bool:
    """Tell whether a call is one of a function of the module that tests."""
    match call.func:
        case Name(name) if name.startswith("test_"):
            definitions = [each.statement for each in module.table.get(name, ())]
            return any(
                isinstance(each, Assert)
                or any("assert" in last_name(inside) for inside in calls(header(each)))
                for function in definitions
                if isinstance(function, Function)
                for each in walk(function.body)
            )
    return False


def find_entries(project: Project, evaluator: Evaluator) -> list[Entry]:
    """Return where the programs of a project begin, one for each file at most but for commands."""
    entries: list[Entry] = []
    modules = sorted(evaluator.modules, key=lambda module: module.path.as_posix())
    for module in modules:
        outline = module.source.outline
        is_test = is_test_file(module, project)
        by_kind = {start.kind: start for start in reversed(outline.starts)}
        if module.path.suffix == ".ipynb":
            entries.append(Entry(module, 1, "a notebook", "notebook", None, is_test))
            continue
        decorated = list(commands(module, evaluator)) if "decorated" in by_kind else []
        for symbol, start, label in decorated:
            entries.append(Entry(module, start.line, label, "command", symbol, is_test))
        if decorated:
            continue
        if "main" in by_kind:
            line = by_kind["main"].line
            evidence = 'if __name__ == "__main__"'
            is_test = is_test or runs_tests(module)
            entries.append(Entry(module, line, evidence, "main", None, is_test))
        elif (
            "script" in by_kind
            and not module.is_package
            and module not in evaluator.modules.imported
        ):
            line = by_kind["script"].line
            evidence = "calls at top level, and no module imports the file"
            entries.append(Entry(module, line, evidence, "script", None, is_test))
    entries += console_scripts(project, evaluator, entries)
    return entries


def console_scripts(project: Project, evaluator: Evaluator, known: list[Entry]) -> Iterator[Entry]:
    """Yield the functions that the project installs as commands, but for those already known."""
    seen = {entry.function for entry in known}
    mains = {entry.module for entry in known if entry.kind == "main"}
    for command, (target, file) in project.commands.items():
        name, _, attr = target.partition(":")
        value = evaluator.modules.locate(name.strip())
        if not isinstance(value, Package) or value.module in mains:
            continue
        for found in evaluator.member(value, attr.partition(".")[0].strip()):
            if isinstance(found, Callable) and found.function not in seen:
                function = found.function
                evidence = f"the command {command} of {file}"
                yield Entry(function.module, function.line, evidence, "console", function)
