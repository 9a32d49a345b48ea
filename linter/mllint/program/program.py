"""A project's modules, linked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..facts.expressions import Attribute, Call, Constant, Name, calls
from ..facts.statements import header, walk
from ..knowledge import shipped_knowledge
from ..knowledge.own_functions import Functions, extended
from ..load import Source
from ..project import Project
from .configs import Configs
from .entries import Entry, find_entries, is_test_file
from .evaluation import Evaluator
from .graph import CallGraph
from .imports import Modules
from .launchers import group
from .reach import Explorer, Reach
from .steps import BACKWARD, LOOPS, STEPS
from .symbols import Module, Owner
from .training import Training, find_training
from .values import Callable, Frame, Library, Symbol, Type

if TYPE_CHECKING:
    from .phases import Phases

# Meanings that only libraries have of which a program that trains or is tracked imports one.
LEARNING = ("owner", "step", "loop", "estimator-fit", "model", "loader", "run-begin", "log")
# What a program calls that trains with a library of which nothing is known.
BY_NAME = STEPS | LOOPS | {"fit", *BACKWARD}

MAX_FRAMES = 6  # in which one function is looked at by itself


class Program:
    """What rules ask about.

    Args:
        project: The project.
        sources: The facts of its files.
        functions: What the user says of functions of his own.
    """

    def __init__(
        self, project: Project, sources: list[Source], functions: Functions | None = None
    ) -> None:
        self.project = project
        self.knowledge = extended(shipped_knowledge(), functions or {}).released(
            lambda library, version: not project.pinned_below(library, *version)
        )
        parsed = [source for source in sources if source.outline.failure is None]
        self.unparsable = [
            Module(source, "", False) for source in sources if source.outline.failure is not None
        ]
        self.modules = Modules(project.root, parsed)
        self.modules.extra += path_inserts(self.modules)
        self.evaluator = Evaluator(self.modules, Configs(project.configs))
        self.evaluator.declared = dict(self.declared(functions or {}))
        self.evaluator.known.clear()  # what was found before it was known
        self.explorer = Explorer(self.evaluator)
        self.phases: dict[Entry, Phases] = {}
        self.checked = {os.path.abspath(path) for path in project.checked}  # noqa: PTH100
        self._graphs: dict[Reach, CallGraph] = {}

    @cached_property
    def entries(self) -> list[Entry]:
        """Where programs begin."""
        return find_entries(self.project, self.evaluator)

    def reach(self, entry: Entry) -> Reach:
        """Return what a program carries out."""
        return entry.reach(self.explorer)

    @cached_property
    def learns(self) -> bool:
        """Whether any file but a test uses what may train a model or track a run."""
        libraries = self.knowledge.libraries(*LEARNING)
        return any(
            not is_test_file(module, self.project)
            for module in self.modules
            if not libraries.isdisjoint(module.libraries)
            or not BY_NAME.isdisjoint(module.source.outline.words)
        )

    @property
    def programs(self) -> Iterator[tuple[Entry, Reach]]:
        """Where the programs begin that people run rather than tests, and what they carry out.

        Of a project in which nothing learns there are none to look at: what an algebra system or a
        web server does is followed for nobody, at great cost.
        """
        for entry in self.entries if self.learns else ():
            if not entry.is_test:
                yield entry, self.reach(entry)

    def programs_mentioning(self, *words: str) -> Iterator[Entry]:
        """Yield where the programs begin that carry out any file that mentions some names."""
        modules = set(self.mentioning(*words))
        for entry, reach in self.programs if modules else ():
            if not modules.isdisjoint(reach.modules):
                yield entry

    @cached_property
    def frames(self) -> dict[Owner, dict[Frame, None]]:
        """What the functions and modules that any program carries out are handed: a few of each."""
        found: dict[Owner, dict[Frame, None]] = {}
        for _, reach in self.programs:
            for frame in reach.callers:
                known = found.setdefault(frame.function or frame.module, {})
                if len(known) < MAX_FRAMES:
                    known[frame] = None
        return found

    def graph(self, reach: Reach) -> CallGraph:
        """Return who calls what in a program; found once."""
        found = self._graphs.get(reach)
        if found is None:
            found = self._graphs[reach] = CallGraph(reach, self.explorer)
        return found

    @cached_property
    def trainings(self) -> list[Training]:
        """The programs that train, those that only tests run left aside."""
        found = [
            find_training(entry, reach, self.evaluator, self.knowledge)
            for entry, reach in self.programs
        ]
        return group(each for each in found if each is not None)

    def declared(self, functions: Functions) -> Iterator[tuple[Symbol, Library]]:
        """Yield the project's own functions of which the user says what they mean."""
        anchor = next(iter(self.modules), None)
        for name in (name for names in functions.values() for name in names):
            if anchor is None:
                return
            found = self.evaluator.imported_name(name, Frame(anchor))
            if isinstance(found, Callable):
                yield found.function, Library(name)
            elif isinstance(found, Type):
                yield found.symbol, Library(name)

    def is_checked(self, module: Module) -> bool:
        """Tell whether findings in a module are asked for."""
        return os.path.abspath(module.path) in self.checked  # noqa: PTH100

    def mentioning(self, *words: str) -> Iterator[Module]:
        """Yield the modules that mention any of some names; the others need not be looked into."""
        for module in self.modules:
            if not module.source.outline.words.isdisjoint(words):
                yield module

    def calling(self, *names: str) -> Iterator[Module]:
        """Yield the modules that call anything by any of some names, or by what they make of it."""
        for module in self.modules:
            if not module.source.outline.called.isdisjoint(module.spellings(*names)):
                yield module


def path_inserts(modules: Modules) -> Iterator[str]:
    """Yield the folders that literals add to ``sys.path``, relative to the file's or the root."""
    for module in modules:
        if not {"sys", "path"} <= module.source.outline.words:
            continue
        for statement in walk(module.body):
            for call in calls(header(statement)):
                match call:
                    case Call(
                        Attribute(Attribute(Name("sys"), "path"), "insert" | "append"),
                        (*_, Constant(str(folder))),
                    ):
                        here = Path(os.path.abspath(module.path)).parent  # noqa: PTH100
                        yield os.path.normpath(here / folder)
                        yield os.path.normpath(Path(modules.root) / folder)
