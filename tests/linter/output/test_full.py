"""Findings for people."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mllint.output import render
from mllint.output.excerpt import Excerpt
from mllint.output.full import quotes
from mllint.output.paint import PLAIN, Paint, harmless
from mllint.output.statistics import render_statistics
from mllint.output.summary import summarise

LINTER = Path(__file__).parents[3] / "linter"


def test_source_evidence_and_advice(listing):
    text = render("full", listing)
    block = text.split("\n\n")[2]
    lines = block.splitlines()
    assert lines[0].startswith("warning[MLR001] train.py trains, and nothing that it reaches seeds")
    assert lines[1] == " --> train.py:4:1 (unseeded-training-run)"
    assert "4 | fit(torch.optim.SGD([], lr=0.1))" in lines
    assert "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^" in lines
    notes = [line for line in lines if line.startswith("  = ")]
    assert notes[0].startswith("  = train.py:4: the program begins here: ")
    assert "  = train.py:4: reaches fit: fit(torch.optim.SGD([], lr=0.1))" in notes
    assert "  = fitting.py:3: it trains here: optimizer.step()" in notes
    assert lines[-1].startswith("help: Seed ")


def test_a_cell_of_a_notebook(listing):
    block = render("full", listing).split("\n\n")[0]
    assert " --> notes.ipynb:cell 2:3:8 (unused-suppression)" in block
    assert "3 | z = 2  # mllint: ignore[MLR001]\n  |        ^^^^^^^^^^^^^^^^^^^^^^^^\n" in block
    assert "[*]" in block
    assert block.endswith("help: Remove the comment that suppresses nothing (`--fix` does it).")


def test_plain_is_coloured_without_its_colours(listing):
    coloured = render("full", listing, Paint(True))
    assert "\x1b[33;1mwarning[MLR001]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render("full", listing)


def test_concise(listing):
    assert [line.partition(" This")[0] for line in render("concise", listing).splitlines()] == [
        "notes.ipynb:cell 2:3:8: MLX001 [*]",
        "sub dir/broken.py:2:5: MLX002 File not checked, syntax error: '(' was never closed",
        *[line for line in render("concise", listing).splitlines() if ": MLR001 " in line],
        "train.py:5:16: MLX001 [*]",
    ]


def test_statistics(listing):
    assert render_statistics(listing, "full").splitlines() == [
        "2\tMLX001\t[*] unused-suppression",
        "1\tMLR001\t[ ] unseeded-training-run",
        "1\tMLX002\t[ ] unparsable-file",
    ]


def test_summary(listing):
    first, last = summarise(listing).splitlines()
    assert first == "Found 4 problems, 4 files checked."
    assert last.startswith("[*] 2 fixable with the `--fix` option")
    assert summarise(listing, fixed=3).startswith("Found 7 problems (3 fixed, 4 remaining), 4 file")


def drawn(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> list[str]:
    return list(Excerpt(lines, start, end).render(PLAIN, "red"))


def test_an_excerpt():
    lines = ["", "a", "\tfoo(名, bar)", "b", "", "c"]
    assert drawn(lines, (3, 6), (3, 7)) == [
        "  |",
        "2 | a",
        "3 |     foo(名, bar)",
        "  |         ^^",
        "4 | b",
        "  |",
    ]


def test_an_excerpt_of_several_lines():
    lines = ["a = f(", "    1,", ")", "b = 2"]
    assert drawn(lines, (1, 1), (3, 2)) == [
        "  |",
        "1 | / a = f(",
        "2 | |     1,",
        "3 | | )",
        "  | |_^",
        "4 |   b = 2",
        "  |",
    ]
    assert drawn(lines, (1, 5), (3, 2))[1:4] == ["1 |   a = f(", "  |  _____^", "2 | |     1,"]


def test_an_excerpt_of_many_lines_is_cut_in_the_middle():
    lines = [f"line {number}" for number in range(1, 101)]
    shown = drawn(lines, (10, 1), (90, 8))
    assert len(shown) < 20
    assert "..." in shown
    assert shown[-5:-3] == ["90 | | line 90", "   | |_______^"]


def test_an_excerpt_of_a_long_line_is_what_is_around_the_place():
    line = "x" * 5000 + "HERE" + "y" * 5000
    shown = drawn([line], (1, 5001), (1, 5005))
    assert max(map(len, shown)) < 200
    text, mark = shown[1], shown[2]
    assert text[mark.index("^") : mark.rindex("^") + 1] == "HERE"


@pytest.mark.parametrize(("start", "end"), [((0, 0), (0, 0)), ((9, 1), (9, 2)), ((1, 9), (1, 9))])
def test_places_outside_the_text_are_no_crash(start, end):
    assert isinstance(drawn(["abc"], start, end), list)
    assert drawn([], start, end) == []


@pytest.mark.parametrize(
    ("text", "is_quoted"),
    [
        ("rows are split here: split(x, 'a')", True),
        ("rows are split here: split(x…", True),
        ('the loader: a, b = split(x, "a")', True),
        ("it trains here", False),
        ("begins here: the file is run", False),
    ],
)
def test_what_a_note_quotes_is_not_shown_again(text, is_quoted):
    assert quotes(text, 'a, b = split(x, "a")') is is_quoted


def test_what_a_terminal_would_obey_is_shown():
    assert harmless("a\x1b[31mb\r\x07\x9b\u202e") == "a␛[31mb␍␇\ufffd\ufffd"


def on_a_terminal(folder: Path, *arguments: str, **more: str) -> str:
    """Run mllint on a terminal of its own and return what is written there."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    environment = {**kept, "PYTHONPATH": str(LINTER), "TERM": "xterm-256color", **more}
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "mllint", *arguments],
        cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    running.wait(timeout=60)
    return b"".join(parts).decode()


def test_colours_are_for_terminals(folder):
    assert "\x1b[31;1merror[MLX002]\x1b[0m" in on_a_terminal(folder)
    assert "\x1b[" not in on_a_terminal(folder, NO_COLOR="1").replace("\x1b[?25", "")
    assert "\x1b[" not in on_a_terminal(folder, "--output-format", "json", "--quiet")


def test_a_bar_is_for_people_who_wait(tmp_path):
    (tmp_path / "mllint.toml").write_text("")
    line = "value = [call(number, key=number + 1) for number in range(3) if number]\n"
    for number in range(40):
        (tmp_path / f"m{number}.py").write_text(line * 500 + f"x = {number}\n")
    assert "Reading" in on_a_terminal(tmp_path, "--no-cache", "--jobs", "1")
    assert "Reading" not in on_a_terminal(tmp_path, "--no-cache", "--quiet", "--jobs", "1")
