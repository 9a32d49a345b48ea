"""Draw the README's pictures: commands run in a real terminal, their last screens kept as SVG.

    python tools/draw_pictures.py            (or `make docs`)
    python tools/draw_pictures.py linter     one of them

A pseudo-terminal makes the commands behave as for a person; pyte plays the terminal, so that bars
that redraw themselves look as they did at the end; rich draws what stood on the screen.
"""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pyte
from rich.console import Console
from rich.text import Text

REPOSITORY = Path(__file__).resolve().parents[1]
PICTURES = REPOSITORY / "docs" / "pictures"
COLUMNS, HISTORY = 100, 2000


def main() -> None:
    """Draw all of them, or those that are named."""
    pictures = {"linter": draw_linter, "template": draw_template}
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or pictures:
        pictures[name]()


def draw_linter() -> None:
    """Draw what mllint says of a file of the flawed example, the rest of which it follows."""
    named = "examples/flawed/data.py"
    command = [sys.executable, "-m", "mllint", named]
    draw("linter", "mllint", [(f"mllint {named}", command)], REPOSITORY)


def draw_template() -> None:
    """Draw a scaffolded project's training and evaluation."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        new = [sys.executable, "-m", "ml_template", "new", "digits", "--no-input"]
        few_lines = "training.evaluate_every_steps=100"
        train = [sys.executable, "scripts/train.py", "run_dir=outputs/a", few_lines]
        evaluate = [sys.executable, "scripts/evaluate.py", "run_dir=outputs/a"]
        subprocess.run(new, cwd=folder, check=True, capture_output=True)
        draw(
            "template",
            "ml-template",
            [
                (f"python scripts/train.py run_dir=outputs/a {few_lines}", train),
                ("python scripts/evaluate.py run_dir=outputs/a", evaluate),
            ],
            folder / "digits",
        )


def draw(name: str, title: str, commands: list[tuple[str, list[str]]], folder: Path) -> None:
    """Run commands and write one picture of what they showed."""
    text = Text()
    for shown, command in commands:
        text.append(f"$ {shown}\n", style="bold")
        text.append_text(screen(command, folder))
    # Rich draws on as many lines as it is given; the terminal's own chrome is its default.
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(text, end="")
    svg = console.export_svg(title=title, unique_id=name)
    (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


def screen(command: list[str], folder: Path) -> Text:
    """Run a command in a terminal of its own; return what was on it at the end."""
    terminal = pyte.HistoryScreen(COLUMNS, HISTORY)
    stream = pyte.ByteStream(terminal)
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", HISTORY, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    environment |= {"PYTHONPATH": f"{REPOSITORY / 'generator'}:{REPOSITORY / 'linter'}"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        stream.feed(data)
    process.wait()
    os.close(ours)
    return to_text(terminal, str(folder))


def to_text(terminal: pyte.Screen, folder: str) -> Text:
    """Turn the terminal's cells into styled lines, without the machine's own path in them."""
    lines = []
    for row in range(terminal.lines):
        line = Text()
        for column in range(COLUMNS):
            cell = terminal.buffer[row][column]
            line.append(cell.data, style=style_of(cell))
        line.rstrip()
        lines.append(line)
    while lines and not lines[-1].plain:
        lines.pop()
    kept = [line for line in lines if folder not in line.plain]
    return Text("\n").join(kept).append("\n")


def style_of(cell: pyte.screens.Char) -> str:
    """Return rich's words for a cell's look."""
    words = ["bold"] if cell.bold else []
    if cell.fg != "default":
        colour = cell.fg.replace("brown", "yellow")
        bright = re.fullmatch(r"bright(\w+)", colour)
        if re.fullmatch(r"[0-9a-f]{6}", colour):
            colour = f"#{colour}"
        elif bright:
            colour = f"bright_{bright.group(1)}"
        words.append(colour)
    return " ".join(words)


if __name__ == "__main__":
    main()
