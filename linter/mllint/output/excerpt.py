"""Lines of source with a stretch of them underlined, as compilers show it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from .paint import Paint, harmless

CONTEXT = 2  # lines before and behind
MAX_LINES = 8  # of the stretch itself; of a longer one the beginning and the last line are shown
MAX_WIDTH = 140  # of a line; of a longer one what is around the stretch
TAB = "    "


def width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def expanded(text: str) -> str:
    """Return a text as it is shown."""
    return harmless(text.replace("\t", TAB))


class Excerpt:
    """Lines of a file around a stretch.

    Args:
        lines: All lines of the file or cell.
        start: Line and column, from 1, of the first character.
        end: Line and column behind the last one.
    """

    def __init__(self, lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> None:
        self.lines = lines
        self.start = start
        self.end = max(end, (start[0], start[1] + 1))

    def numbers(self) -> list[int]:
        """Return the numbers of the lines to show, blank ones at the ends left out.

        None, where the text can't be had.
        """
        if not 0 < self.start[0] <= len(self.lines):
            return []
        first, last = self.start[0], min(self.end[0], len(self.lines))
        before = list(range(max(first - CONTEXT, 1), first))
        behind = list(range(last + 1, min(last + CONTEXT, len(self.lines)) + 1))
        while before and not self.lines[before[0] - 1].strip():
            before.pop(0)
        while behind and not self.lines[behind[-1] - 1].strip():
            behind.pop()
        inside = list(range(first, last + 1))
        if len(inside) > MAX_LINES:
            inside = [*inside[: MAX_LINES - 2], last]
        return [*before, *inside, *behind]

    def render(self, paint: Paint, colour: str) -> Iterator[str]:
        """Yield the lines, with the stretch underlined, or drawn around where it has several."""
        numbers = self.numbers()
        if not numbers:
            return
        blank = " " * len(str(numbers[-1]))
        bar = paint("|", "blue", bold=True)
        yield f"{blank} {bar}"
        previous = numbers[0] - 1
        for number in numbers:
            if number != previous + 1:
                yield paint("...", "blue", bold=True)
            previous = number
            label = paint(str(number).rjust(len(blank)), "blue", bold=True)
            below: list[str] = []
            if self.start[0] == self.end[0]:
                text, below = self.one_line(number)
                side = ""
            else:
                text, below = cut(expanded(self.lines[number - 1]), 0), self.drawn_below(number)
                sign = self.side(number)
                side = f"{paint(sign, colour, bold=True) if sign.strip() else sign} "
            yield f"{label} {bar} {side}{text}".rstrip()
            for mark in below:
                indent = len(mark) - len(mark.lstrip())
                yield f"{blank} {bar} {mark[:indent]}{paint(mark[indent:], colour, bold=True)}"
        yield f"{blank} {bar}"

    def one_line(self, number: int) -> tuple[str, list[str]]:
        """Return a line as it is shown, and what is drawn below it; the stretch is in one line."""
        text = self.lines[number - 1]
        shown = expanded(text)
        if number != self.start[0]:
            return cut(shown, 0), []
        first, last = self.start[1] - 1, self.end[1] - 1
        last = max(min(last, len(text.rstrip())), first + 1)
        left, length = width(expanded(text[:first])), width(expanded(text[first:last]))
        shift = max(0, left - MAX_WIDTH // 2) if width(shown) > MAX_WIDTH else 0
        length = max(1, min(length, MAX_WIDTH - left + shift))
        return cut(shown, shift), [" " * (left - shift) + "^" * length]

    def is_at_beginning(self) -> bool:
        """Tell whether nothing stands before the stretch on its first line."""
        return not self.lines[self.start[0] - 1][: self.start[1] - 1].strip()

    def side(self, number: int) -> str:
        """Return what is drawn before a line of a stretch that has several."""
        if number == self.start[0]:
            return "/" if self.is_at_beginning() else " "
        return "|" if self.start[0] < number <= self.end[0] else " "

    def drawn_below(self, number: int) -> list[str]:
        """Return what is drawn below a line of a stretch that has several."""
        text = self.lines[number - 1]
        if number == self.start[0] and not self.is_at_beginning():
            left = width(expanded(text[: self.start[1] - 1]))
            return [f" {'_' * min(left + 1, MAX_WIDTH)}^"]
        if number == min(self.end[0], len(self.lines)):
            left = width(expanded(text[: max(self.end[1] - 2, 0)]))
            return [f"|{'_' * min(left + 1, MAX_WIDTH)}^"]
        return []


def cut(text: str, shift: int) -> str:
    """Return the part of a line that is shown, with dots where more would follow."""
    part = text[shift : shift + MAX_WIDTH]
    if shift and part:
        part = f"…{part[1:]}"
    return f"{part[:-1]}…" if shift + MAX_WIDTH < len(text) else part
