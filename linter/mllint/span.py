"""A stretch of a document's text."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """From where to where, in the document's text: lines and columns from 1, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
