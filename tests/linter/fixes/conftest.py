"""Files of which one thing is changed, said in facts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mllint.cache import Cache
from mllint.facts.expressions import dotted, subexpressions
from mllint.facts.statements import Function, header, walk
from mllint.fixes.changes import Change, Fix
from mllint.fixes.round import Workpiece
from mllint.load import load_sources


class File:
    """A file and its facts, found by the names in them."""

    def __init__(self, path: Path) -> None:
        (source,) = load_sources([path], Cache(None), 1)
        self.source = source
        self.statements: list[Any] = list(walk(source.body, True))

    def parts(self, name: str) -> list[tuple[Any, Any]]:
        """Return the statements and expressions that are a name, or a call or item of it."""
        found = []
        for statement in self.statements:
            for part in subexpressions(header(statement)):
                of = getattr(part, "func", part)
                if dotted(of) == name and not (of is not part and dotted(part) == name):
                    found.append((statement, part))
        calls = [each for each in found if hasattr(each[1], "func")]
        return calls or found

    def part(self, name: str) -> tuple[Any, Any]:
        return self.parts(name)[0]

    def statement(self, name: str) -> Any:
        """Return the first statement that mentions a name, or defines a function of that name."""
        for each in self.statements:
            if isinstance(each, Function) and each.name == name:
                return each
        return self.part(name)[0]

    def fixed(self, *changes: Change) -> bytes:
        piece = Workpiece(self.source)
        return piece.content_with(piece.edits(Fix("Mend it", changes, is_safe=True)))


@pytest.fixture
def file(tmp_path) -> Callable[[str | bytes], File]:
    def make(text: str | bytes, name: str = "x.py") -> File:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return File(path)

    return make
