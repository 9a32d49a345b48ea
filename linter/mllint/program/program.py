"""A project's modules, linked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from ..facts.expressions import Attribute, Call, Constant, Name, calls
from ..facts.statements import header, walk
from ..knowledge import shipped_knowledge
from ..load import Source
from ..project import Project
from .configs import Configs
from .entries import Entry, find_entries
from .evaluation import Evaluator
from .imports import Modules
from .reach import Explorer, Reach
from .symbols import Module
from .training import Training, find_training


class Program:
    """What rules ask about.

    Args:
        project: The project.
        sources: The facts of its files.
    """

    def __init__(self, project: Project, sources: list[Source]) -> None:
        self.project = project
        self.knowledge = shipped_knowledge()
        parsed = [source for source in sources if source.outline.failure is None]
        self.modules = Modules(project.root, parsed)
        self.modules.extra += path_inserts(self.modules)
        self.evaluator = Evaluator(self.modules, Configs(project.configs))
        self.explorer = Explorer(self.evaluator)
        self.checked = {os.path.abspath(path) for path in project.checked}  # noqa: PTH100

    @cached_property
    def entries(self) -> list[Entry]:
        """Where programs begin."""
        return find_entries(self.project, self.evaluator)

    def reach(self, entry: Entry) -> Reach:
        """Return what a program carries out."""
        return entry.reach(self.explorer)

    @cached_property
    def trainings(self) -> list[Training]:
        """The programs that train, those that only tests run left aside."""
        found = [
            find_training(entry, self.reach(entry), self.knowledge)
            for entry in self.entries
            if not entry.is_test
        ]
        return [each for each in found if each is not None]

    def is_checked(self, module: Module) -> bool:
        """Tell whether findings in a module are asked for."""
        return os.path.abspath(module.path) in self.checked  # noqa: PTH100

    def mentioning(self, *words: str) -> Iterator[Module]:
        """Yield the modules that mention any of some names; the others need not be looked into."""
        for module in self.modules:
            if not module.source.outline.words.isdisjoint(words):
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
