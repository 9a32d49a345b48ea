"""Modules that are loaded by a name of which only a part is written out.

``importlib.import_module(f"models.{name}_model")`` loads any module of ``models`` that is so
called.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ..facts.expressions import Attribute, Call, Constant, Expression, Name, Operation, Template
from .imports import Modules
from .symbols import Module
from .values import Frame, Namespace, Package

MAX_LOADED = 16  # of more, it is not known which
MAX_LEVEL = 4  # of names that stand for other names
GAP = re.compile(r"\{[^{}]*\}|%[sd]")  # where a text is filled in
Part = str | None  # a text, or what is not known


def text_parts(expression: Expression | None, frame: Frame, level: int = 0) -> list[Part]:
    """Return the parts of a text, in order."""
    match expression:
        case Constant(str(text)):
            return [text]
        case Template(parts):
            return [part for each in parts for part in text_parts(each, frame, level)]
        case Operation("+", (left, right)):
            return [*text_parts(left, frame, level), *text_parts(right, frame, level)]
        case Operation("%", (Constant(str(text)), _)) | Call(
            Attribute(Constant(str(text)), "format")
        ):
            return list(filled(text))
        case Name(name) if level < MAX_LEVEL:
            table = frame.function.table if frame.function else frame.module.table
            entries = table.get(name, ())
            if len(entries) == 1 and entries[0].kind == "value":
                return text_parts(entries[0].value, frame, level + 1)
    return [None]


def filled(text: str) -> Iterator[Part]:
    """Yield the parts of a text with gaps."""
    for position, part in enumerate(GAP.split(text)):
        if position:
            yield None
        yield part


def modules_called(parts: list[Part], modules: Modules, importer: Module) -> list[Package]:
    """Return the project's modules that a partly known name may mean; none if it may be many."""
    first = parts[0] if parts else None
    if first is None or "." not in first.lstrip("."):
        return []
    package, _, begin = first.rpartition(".")
    found = modules.find(package, importer)
    if not isinstance(found, Package | Namespace):
        found = modules.folder(package, importer) or found
    home = os.path.dirname(os.path.abspath(importer.path))  # noqa: PTH100, PTH120
    if importer.is_package and f".{home.replace(os.sep, '.')}".endswith(f".{package}"):
        found = Package(importer)  # it loads its own, by its full name
    if isinstance(found, Package) and found.module.is_package:
        folder = os.path.dirname(os.path.abspath(found.module.path))  # noqa: PTH100, PTH120
    elif isinstance(found, Namespace):
        folder = found.folder
    else:
        return []
    wanted = [
        re.escape(begin),
        *(r"\w+" if each is None else re.escape(each) for each in parts[1:]),
    ]
    pattern = re.compile("".join(wanted))
    chosen = [
        Package(module)
        for file, module in modules.by_file.items()
        if os.path.dirname(file) == folder  # noqa: PTH120
        and pattern.fullmatch(os.path.basename(file).removesuffix(".py"))  # noqa: PTH119
        and not module.is_package
    ]
    return chosen if len(chosen) <= MAX_LOADED else []
