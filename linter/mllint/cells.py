"""A notebook's cell as Python: IPython's own syntax in it is neutralised, line by line.

What a magic does to the session is not known and taken for nothing; what it times or profiles is
Python and stays, and so does what ``%run`` brings. Only where a statement may begin is ``%`` a
magic: within brackets and strings it is Python's.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .syntax import failure_of

# `!pip install x`, `%matplotlib inline`, `?model`, `model??`; `files = !ls`, `t = %timeit -o f()`;
# `;f a b`, `,f a b` and `/f a b`, which call f, and `;` alone, which shows nothing.
_MAGIC = re.compile(r"(\s*)([!%?;,/].*|[\w.*]+\?{1,2}\s*)$")
_ASSIGNED_MAGIC = re.compile(r"(\s*[\w.,\s]+?=\s*)([!%].*)$")
# `%timeit -n 10 model.fit(x)`: an option with an argument, options, and then Python
_TIMED = re.compile(
    r"%(?:time|timeit|prun|memit|mprun|lprun)(?:\s+-(?:[nrlsfTDp]\s*\S+|\w+))*\s+(?=\S)"
)
_RUN = re.compile(r"%run\s+(?:-\w\s+)*[\"']?(?:\./)?((?:\w+/)*\w+)(?:\.py)?[\"']?\s*$")
# Without the %, a magic is one if its line is no Python, and assigns to no variable of that name.
_BARE_MAGIC = re.compile(
    r"\s*(?:pip|conda|mamba|cd|ls|cat|cp|mv|rm|mkdir|head|tail|env|load_ext|reload_ext|autoreload"
    r"|matplotlib|pylab|config|run|time|timeit|who|whos|wget|git|apt|python)"
    r"\s+(?!(?:and|if|in|is|not|or)\b)-{0,2}[\w./~\"'{$]"
)
# Cells whose first line gives the rest to another language or to IPython; the others hold Python.
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_PYTHON_CELL_MAGICS = frozenset(
    {"capture", "time", "timeit", "prun", "python", "python3", "debug", "memit", "mprun", "lprun"}
    | {"wandb", "notify", "snakeviz", "pyinstrument", "scalene", "px"}
)
_TOKEN = re.compile(
    r"\"{3}|'{3}|\"(?:\\.|[^\"\\])*(?:\"|$)|'(?:\\.|[^'\\])*(?:'|$)|#.*|[()\[\]{}]|\\$"
)


class Cell(NamedTuple):
    """One cell's lines as Python.

    Attributes:
        lines: As many as in the notebook.
        indent: How many characters were taken from the beginning of its lines.
    """

    lines: list[str]
    indent: int


class LineState:
    """Where the end of a line stands: within brackets, within a string, or between statements."""

    def __init__(self) -> None:
        self.depth = 0
        self.quotes = ""  # of a string that goes on
        self.is_continued = False

    @property
    def is_between(self) -> bool:
        """Whether a statement may begin on the next line."""
        return self.depth <= 0 and not self.quotes and not self.is_continued

    def read(self, line: str) -> None:
        """Go on to the end of a line."""
        self.is_continued = False
        position = 0
        while position < len(line):
            if self.quotes:
                end = re.compile(rf"(?:\\.|(?!{self.quotes})[^\\])*{self.quotes}").match(
                    line, position
                )
                if end is None:
                    return
                position, self.quotes = end.end(), ""
                continue
            token = _TOKEN.search(line, position)
            if token is None:
                return
            position = token.end()
            match token[0]:
                case "(" | "[" | "{":
                    self.depth += 1
                case ")" | "]" | "}":
                    self.depth -= 1
                case "\\":
                    self.is_continued = True
                case '"""' | "'''" as quotes:
                    self.quotes = quotes


def plain_cell(lines: list[str]) -> Cell:
    """Return a cell's source as Python.

    Args:
        lines: Its lines.
    """
    first = next((line for line in lines if line.strip()), "")
    magic = _CELL_MAGIC.match(first)
    if magic is not None and magic[1] not in _PYTHON_CELL_MAGICS:
        return Cell([""] * len(lines), 0)
    # IPython takes the indentation of the first line from all of them.
    margin = first[: len(first) - len(first.lstrip())]
    if margin:
        lines = [line.removeprefix(margin) for line in lines]
    state = LineState()
    plain: list[str] = []
    is_magic_continued = False
    for line in lines:
        if is_magic_continued:
            is_magic_continued = line.rstrip().endswith("\\")
            plain.append("")
            continue
        if state.is_between:
            python = plain_line(line)
            is_magic_continued = python != line and line.rstrip().endswith("\\")
            line = python
        plain.append(line)
        state.read(line)
    return Cell(plain, len(margin))


def plain_line(line: str) -> str:
    """Return a line, on which a statement may begin, as Python."""
    magic = _MAGIC.match(line)
    if magic is not None:
        return magic[1] + (timed(magic[2], "...;") or ran(magic[2]) or "pass")
    magic = _ASSIGNED_MAGIC.match(line)
    if magic is not None:
        return magic[1] + (timed(magic[2], "") or "None")
    if _BARE_MAGIC.match(line) and failure_of(line.strip()) is not None:
        return line[: len(line) - len(line.lstrip())] + "pass"
    return line


def timed(magic: str, before: str) -> str | None:
    """Return the Python that a magic times, at the same column; None if it times none."""
    head = _TIMED.match(magic)
    if head is None or failure_of(magic[head.end() :]) is not None:
        return None
    return before.ljust(head.end()) + magic[head.end() :]


def ran(magic: str) -> str | None:
    """Return what ``%run script.py`` brings: the script's names."""
    script = _RUN.match(magic)
    name = script[1].replace("/", ".") if script is not None else ""
    return f"from {name} import *" if all(map(str.isidentifier, name.split("."))) else None
