"""What one module does: a small outline that every run reads, and the body that few rules need.

On disk and between processes the two are pickles one behind the other, so that the outline can be
had without the body. They are read by an unpickler that makes nothing but facts: a cache below a
repository may come from anyone.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, NamedTuple

from ..suppressions import Suppression
from . import expressions, statements
from .chunks import Chunk
from .statements import Body, Import


class Failure(NamedTuple):
    """Why a file could not be read as Python, and where in its text, from 1."""

    message: str
    line: int
    column: int


class Start(NamedTuple):
    """A sign that a program may begin here.

    Attributes:
        kind: ``main``: a ``__main__`` block; ``script``: calls at top level; ``decorated``: a
            function with a decorator, which may make it a command.
        line: Of the block, first call or function.
        name: Of the decorated function.
        decorator: Its decorator's dotted name, as in the source.
    """

    kind: str
    line: int
    name: str = ""
    decorator: str = ""


class Outline(NamedTuple):
    """What must be known of every module.

    Attributes:
        imports: All import statements, nested ones too.
        starts: Signs of entry points.
        exports: What ``__all__`` says, if it is a literal.
        words: Every name and attribute that it mentions.
        called: The last names of all that it calls; empty of a call of what has no name.
        suppressions: Comments that suppress findings.
        failure: If the file could not be parsed; the rest is empty then.
        gaps: Cells of a notebook that could not be parsed and are left out.
    """

    imports: tuple[Import, ...] = ()
    starts: tuple[Start, ...] = ()
    exports: tuple[str, ...] | None = None
    words: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    suppressions: tuple[Suppression, ...] = ()
    failure: Failure | None = None
    gaps: tuple[Failure, ...] = ()


FACT_CLASSES: dict[tuple[str, str], type] = {
    (each.__module__, each.__qualname__): each
    for each in (
        *(value for value in vars(expressions).values() if isinstance(value, type)),
        *(value for value in vars(statements).values() if isinstance(value, type)),
        *(Failure, Start, Outline, Suppression, Chunk),
    )
    if issubclass(each, tuple) and each.__module__.startswith(__package__.partition(".")[0])
}
BUILTINS: dict[tuple[str, str], Any] = {
    ("builtins", "complex"): complex,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "Ellipsis"): ...,
}


# What reading bytes that are no facts may raise.
UNREADABLE = (
    *(pickle.UnpicklingError, ValueError, TypeError),
    *(EOFError, AttributeError, IndexError, KeyError),
)


class FactsUnpickler(pickle.Unpickler):
    """An unpickler that makes nothing but facts."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the facts' classes.

        Raises:
            UnpicklingError: If another is asked for.
        """
        found = FACT_CLASSES.get((module, name)) or BUILTINS.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"{module}.{name} is no fact")
        return found


class EncodedFacts(NamedTuple):
    """A module's facts as bytes."""

    outline: bytes
    body: bytes
    chunks: bytes = b""

    def read_outline(self) -> Outline:
        """Return the outline."""
        outline = FactsUnpickler(io.BytesIO(self.outline)).load()
        if not isinstance(outline, Outline):
            raise pickle.UnpicklingError("no outline")
        return outline

    def read_body(self) -> Body:
        """Return the statements."""
        body: Body = FactsUnpickler(io.BytesIO(self.body)).load()
        return body

    def read_chunks(self) -> tuple[Chunk, ...]:
        """Return what the source was like; nothing if it is no use to know."""
        found: tuple[Chunk, ...] = ()
        if self.chunks:
            found = FactsUnpickler(io.BytesIO(self.chunks)).load()
        return found


def encode(outline: Outline, body: Body, chunks: tuple[Chunk, ...] = ()) -> EncodedFacts:
    """Turn facts into bytes."""
    return EncodedFacts(
        pickle.dumps(outline, pickle.HIGHEST_PROTOCOL),
        pickle.dumps(body, pickle.HIGHEST_PROTOCOL),
        pickle.dumps(chunks, pickle.HIGHEST_PROTOCOL) if chunks else b"",
    )
