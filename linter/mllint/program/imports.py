"""Which file an import means.

Python would look along ``sys.path``, which nobody writes down. So the folders are tried that would
stand on it: that of the importing file (as a script), the one above its outermost package, the
project's root, ``src``, what a literal ``sys.path.insert`` names, and at last any folder of the
project in which the name is found once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from ..facts.statements import Import
from ..load import Source
from .symbols import Module
from .values import Library, Namespace, Package, Value


class Modules:
    """The project's modules and how they are found.

    Args:
        root: The project's folder.
        sources: Its files.
    """

    def __init__(self, root: Path, sources: Iterable[Source]) -> None:
        self.root = os.path.abspath(root)  # noqa: PTH100 (links stay as they are)
        self.by_file: dict[str, Module] = {}
        self.folders: set[str] = set()
        self.extra: list[str] = []  # set before the first import is looked for
        self.found: dict[tuple[str, str], Value] = {}
        self.homes: dict[str, list[str]] = {}
        for source in sources:
            file = os.path.abspath(source.path)  # noqa: PTH100
            self.by_file[file] = Module(source, "", file.endswith(f"{os.sep}__init__.py"))
        for file in self.by_file:
            folder = os.path.dirname(file)  # noqa: PTH120 (many, and Path is slow)
            while folder not in self.folders:
                self.folders.add(folder)
                parent = os.path.dirname(folder)  # noqa: PTH120
                if folder == self.root or parent == folder:
                    break
                folder = parent
        for path in (*self.by_file, *self.folders):
            home, name = os.path.split(path)
            name = name.removesuffix(".py")
            self.homes.setdefault(name, []).append(home)
        for file, module in self.by_file.items():
            module.name = self.name_of(file)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.by_file.values())

    def import_root(self, file: str) -> str:
        """Return the folder above the outermost package that a file is in."""
        folder = os.path.dirname(file)  # noqa: PTH120
        while os.path.join(folder, "__init__.py") in self.by_file:  # noqa: PTH118
            folder = os.path.dirname(folder)  # noqa: PTH120
        return folder

    def name_of(self, file: str) -> str:
        """Return a file's dotted module name."""
        base = self.import_root(file)
        name = file[len(base) :].strip(os.sep).removesuffix(".py").removesuffix(".ipynb")
        return name.replace(os.sep, ".").removesuffix(".__init__")

    def search_path(self, file: str) -> list[str]:
        """Return the folders in which a file's absolute imports are looked for."""
        folder = os.path.dirname(file)  # noqa: PTH120
        found = [folder, self.import_root(file)]
        while folder.startswith(self.root) and folder != self.root:
            folder = os.path.dirname(folder)  # noqa: PTH120
            found.append(folder)
        return list(dict.fromkeys([*found, *self.roots]))

    def at(self, path: str) -> Value | None:
        """Return the module or namespace at a path without suffix."""
        module = self.by_file.get(os.path.join(path, "__init__.py"))  # noqa: PTH118
        module = module or self.by_file.get(f"{path}.py")
        if module is not None:
            return Package(module)
        return Namespace(path) if path in self.folders else None

    def submodule(self, value: Value, name: str) -> Value | None:
        """Return a package's or namespace's module of that name."""
        if isinstance(value, Package) and value.module.is_package:
            return self.at(os.path.join(value.module.folder, name))  # noqa: PTH118
        if isinstance(value, Namespace):
            return self.at(os.path.join(value.folder, name))  # noqa: PTH118
        return None

    def descend(self, value: Value | None, parts: Iterable[str]) -> Value | None:
        """Follow submodules."""
        for part in parts:
            if value is None:
                return None
            value = self.submodule(value, part)
        return value

    def find(self, name: str, importer: Module) -> Value:
        """Return what an absolute import of a dotted name means in a module.

        It is the same for all files of a folder, but for that which would import itself.
        """
        key = name, importer.folder
        found = self.found.get(key)
        if found is None:
            found = self.found[key] = self._find(name, importer, None)
        if found == Package(importer):
            return self._find(name, importer, found)
        return found

    def _find(self, name: str, importer: Module, own: Value | None) -> Value:
        if name.partition(".")[0] not in self.homes:  # no file or folder is called that
            return Library(name)
        file = os.path.abspath(importer.path)  # noqa: PTH100
        folders = self.search_path(file)
        if importer.name.partition(".")[0] == name.partition(".")[0]:
            folders.insert(0, self.import_root(file))  # its own package, not a module in it
        return self._below(name, folders, own) or Library(name)

    def locate(self, name: str, near: Module | None = None) -> Value:
        """Return what a dotted name means that stands in no import: in a config, say.

        Args:
            name: The name.
            near: The module that reads it, if there is one; it may be meant itself.
        """
        first = self.search_path(os.path.abspath(near.path)) if near else []  # noqa: PTH100
        found = self._below(name, [*first, *self.roots], None)
        return found or Library(name)

    @property
    def roots(self) -> list[str]:
        """The folders that stand on the path of the whole project."""
        return [self.root, os.path.join(self.root, "src"), *self.extra]  # noqa: PTH118

    def _below(self, name: str, folders: Iterable[str], own: Value | None) -> Value | None:
        """Return what a dotted name means in the first folder that has it, else in the only one."""
        parts = name.split(".")
        for folder in folders:
            found = self.descend(self.at(os.path.join(folder, parts[0])), parts[1:])  # noqa: PTH118
            # A bare folder only counts where it holds what is asked for: `wandb/` is full of runs.
            if found is None or found == own or (isinstance(found, Namespace) and len(parts) == 1):
                continue
            return found
        if parts[0] in sys.stdlib_module_names:
            return None
        known: dict[Value, None] = {}
        for home in self.homes.get(parts[0], ()):
            if os.path.join(home, "__init__.py") not in self.by_file:  # noqa: PTH118
                found = self.descend(self.at(os.path.join(home, parts[0])), parts[1:])  # noqa: PTH118
                if isinstance(found, Package):
                    known[found] = None
        only = next(iter(known), None)
        return only if len(known) == 1 and only != own else None

    def top_of(self, name: str, importer: Module) -> Value:
        """Return what ``import a.b`` binds: ``a``, be it a folder without a module of its own."""
        first, *rest = name.split(".")
        found = self.find(first, importer)
        if not rest or not isinstance(found, Library):
            return found
        inner = self.find(name, importer)
        if isinstance(inner, Package):
            folder = os.path.abspath(inner.module.path).removesuffix(".py")  # noqa: PTH100
            folder = folder.removesuffix(f"{os.sep}__init__")
        elif isinstance(inner, Namespace):
            folder = inner.folder
        else:
            return found
        for _ in rest:
            folder = os.path.dirname(folder)  # noqa: PTH120
        return self.at(folder) or found

    def folder(self, name: str, importer: Module) -> Namespace | None:
        """Return the nearest folder that a dotted name means, whatever it holds."""
        for each in self.search_path(os.path.abspath(importer.path)):  # noqa: PTH100
            path = os.path.join(each, *name.split("."))  # noqa: PTH118
            if path in self.folders:
                return Namespace(path)
        return None

    def source(self, statement: Import, module: Module) -> Value:
        """Return what stands after the ``from`` of an import."""
        if statement.level:
            return self.find_relative(statement.module or "", statement.level, module)
        return self.find(statement.module or "", module)

    @cached_property
    def imported(self) -> frozenset[Module]:
        """The modules that others import: they are there to be used, whether or not they run."""
        return frozenset(
            value.module
            for module in self
            for statement in module.source.outline.imports
            for value in self.loaded(statement, module)
            if isinstance(value, Package) and value.module is not module
        )

    def loaded(self, statement: Import, module: Module) -> Iterator[Value | None]:
        """Yield the modules that an import loads, without looking into any body."""
        names = [name for name, _ in statement.names]
        if statement.module is None:
            yield from (self.find(name, module) for name in names)
            return
        source = self.source(statement, module)
        yield source
        for name in names:
            yield self.submodule(source, name)
            if isinstance(source, Library) and not statement.level:
                yield self.find(f"{statement.module}.{name}", module)

    def find_relative(self, name: str, level: int, importer: Module) -> Value:
        """Return what ``from ..name import`` means in a module."""
        folder = importer.folder
        for _ in range(level - 1):
            folder = os.path.dirname(folder)  # noqa: PTH120
        found = self.at(folder)
        if name:
            path = os.path.join(folder, name.partition(".")[0])  # noqa: PTH118
            found = self.descend(self.at(path), name.split(".")[1:])
        return found or Library(f"{'.' * level}{name}")
