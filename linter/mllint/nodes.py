"""The tree of libcst's parser, with no more in it than facts are made from.

libcst's parser, which is native code, makes each node by calling a class of the module ``libcst``:
a frozen dataclass that checks itself. Half of the nodes are whitespace. Making them takes a fifth
of a parse, and importing their classes longer than all else that the linter imports. So while a
source is parsed for its facts, a module of bare nodes stands in libcst's place. They have the names
and the fields of libcst's own, which are used where places and formatting are asked for: facts are
made from either.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType, SimpleNamespace
from typing import Any

LAYOUT = frozenset(
    {"SimpleWhitespace", "ParenthesizedWhitespace", "TrailingWhitespace", "EmptyLine", "Newline"}
    | {"Comment", "LeftParen", "RightParen", "LeftSquareBracket", "RightSquareBracket", "Dot"}
    | {"LeftCurlyBrace", "RightCurlyBrace", "AssignEqual", "Colon", "Semicolon"}
)


class Node(SimpleNamespace):
    """A node; its class has the name of libcst's. What libcst's parser leaves out is not there."""

    annotation = asname = asynchronous = cause = comma = default = exc = finalbody = guard = None
    inner_for_in = key = keyword = lower = module = msg = name = orelse = pattern = rest = None
    returns = star = star_arg = star_kwarg = step = type = upper = value = None


class BareSyntaxError(Exception):
    """The source is no Python.

    Attributes:
        message: What the parser says.
        raw_line: From 1.
        raw_column: From 0.
    """

    def __init__(self, message: str, lines: object, raw_line: int, raw_column: int) -> None:
        super().__init__(message)
        self.message = message
        self.raw_line = raw_line
        self.raw_column = raw_column


def nothing(**_: object) -> None:
    """Make no node."""


class BareNodes(ModuleType):
    """What stands in libcst's place: a class for each name that the parser asks for."""

    def __init__(self) -> None:
        super().__init__("libcst")
        self.ParserSyntaxError = BareSyntaxError
        # Read at each import, and the parser imports libcst for each node.
        self.__spec__: Any = SimpleNamespace(_initializing=False)

    def __getattr__(self, name: str) -> Any:
        made = nothing if name in LAYOUT else type(name, (Node,), {})
        setattr(self, name, made)
        return made


@cache
def native_parser() -> Callable[[str], Any]:
    """Return libcst's native parser, without importing libcst.

    Raises:
        ImportError: If libcst has none where it is looked for.
    """
    known = sys.modules.get("libcst.native")
    if known is None:
        package = find_spec("libcst")
        folders = package.submodule_search_locations if package else None
        spec = PathFinder.find_spec("libcst.native", folders)
        if spec is None or spec.loader is None:
            raise ImportError("libcst has no native parser")
        known = sys.modules["libcst.native"] = module_from_spec(spec)
        spec.loader.exec_module(known)
    parse: Callable[[str], Any] = known.parse_module
    return parse


BARE = BareNodes()


def parse_bare(text: str) -> Any:
    """Return a module's tree of bare nodes, with its `source`.

    Raises:
        BareSyntaxError: If the parser can't read it.
    """
    parse = native_parser()
    libcst = sys.modules.get("libcst")
    sys.modules["libcst"] = BARE
    try:
        module = parse(text)
    finally:
        if libcst is None:
            del sys.modules["libcst"]
        else:
            sys.modules["libcst"] = libcst
    module.source = text
    return module
