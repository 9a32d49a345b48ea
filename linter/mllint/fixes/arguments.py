"""Edits of a call's keywords."""

from __future__ import annotations

from typing import Any

import libcst

from .changes import RemoveArgument, SetArgument
from .edits import Edit, begins_line, indent_at, is_rest_empty, line_end, line_start
from .expressions import fitting, parse, refuse_quotes, spaced
from .tree import Tree, UnfixableError


class Arguments:
    """The arguments of one call, and what is to become of them.

    Args:
        tree: The file.
        node: The call.
    """

    def __init__(self, tree: Tree, node: libcst.Call) -> None:
        self.tree = tree
        self.text = tree.text
        self.node = node
        self.edits: list[Edit] = []

    def change(self, changes: list[SetArgument | RemoveArgument]) -> list[Edit]:
        """Return the edits that carry out all changes of this call."""
        kept = list(self.node.args)
        new: list[str] = []
        gone: list[libcst.Arg] = []
        for change in changes:
            found = next((each for each in kept if named(each) == change.name), None)
            if isinstance(change, RemoveArgument):
                if found is None:
                    raise UnfixableError(f"the call has no argument {change.name}")
                gone.append(found)
            elif found is not None:
                self._set(found, change.text)
            else:
                parse(change.text)
                refuse_quotes(self.tree, self.node, change.text)
                new.append(f"{change.name}={change.text}")
        while gone and new:  # one takes the place of the other
            self.edits.append(Edit(*self._span(gone.pop(0)), new.pop(0)))
        for run in self._runs(gone):
            self._remove(run)
        if new:
            self._append(", ".join(new))
        return self.edits

    def _set(self, argument: libcst.Arg, text: str) -> None:
        span = self.tree.span(argument.value)
        self.edits.append(spaced(self.text, *span, fitting(self.tree, argument.value, text)))

    def _span(self, argument: libcst.Arg) -> tuple[int, int]:
        """Return an argument's offsets, without its comma."""
        end = self.tree.outer_span(argument.value)[1]
        first: Any = argument.keyword
        if first is None:
            return self.tree.outer_span(argument.value)[0] - len(argument.star), end
        return self.tree.span(first)[0], end

    def _comma_end(self, argument: libcst.Arg) -> int | None:
        """Return where the comma behind an argument ends."""
        if not isinstance(argument.comma, libcst.Comma):
            return None
        return self.tree.span(argument.comma)[1]

    def _append(self, new: str) -> None:
        """Add arguments behind the last one, in the way in which that is laid out."""
        if not self.node.args:
            close = self.tree.span(self.node)[1] - 1
            self.edits.append(Edit(close, close, new))
            return
        last = self.node.args[-1]
        start, end = self._span(last)
        comma = self._comma_end(last)
        behind = end if comma is None else comma
        if isinstance(last.value, libcst.GeneratorExp) and not last.value.lpar:
            self.edits += Edit(start, start, "("), Edit(end, end, f"), {new}")
        elif begins_line(self.text, start) and is_rest_empty(self.text, behind):
            if comma is None:
                self.edits.append(Edit(end, end, ","))
            line = line_end(self.text, behind)
            trailing = "," if comma is not None else ""
            self.edits.append(Edit(line, line, f"\n{indent_at(self.text, start)}{new}{trailing}"))
        elif comma is not None:
            self.edits.append(Edit(comma, comma, f" {new},"))
        else:
            self.edits.append(Edit(end, end, f",{self._gap()}{new}"))

    def _gap(self) -> str:
        """Return what stands behind the commas between a call's arguments."""
        starts = [self._span(each)[0] for each in self.node.args]
        if len(starts) > 2 and all(begins_line(self.text, start) for start in starts[1:]):
            return f"\n{indent_at(self.text, starts[-1])}"
        ends = [self._comma_end(each) for each in self.node.args[:-1]]
        return "" if ends and ends == starts[1:] else " "

    def _runs(self, gone: list[libcst.Arg]) -> list[list[libcst.Arg]]:
        """Return arguments that are to go, those side by side together."""
        runs: list[list[libcst.Arg]] = []
        goes_before = False
        for each in self.node.args:
            goes = any(each is other for other in gone)
            if goes and goes_before:
                runs[-1].append(each)
            elif goes:
                runs.append([each])
            goes_before = goes
        return runs

    def _remove(self, run: list[libcst.Arg]) -> None:
        """Remove arguments side by side, with their lines where nothing else stands on them."""
        args = list(self.node.args)
        start, end = self._span(run[0])[0], self._span(run[-1])[1]
        comma = self._comma_end(run[-1])
        behind = end if comma is None else comma
        rest_is_empty = is_rest_empty(self.text, behind)
        before, after = args.index(run[0]) - 1, args.index(run[-1]) + 1
        if begins_line(self.text, start) and rest_is_empty:
            first, last = line_start(self.text, start), line_end(self.text, behind) + 1
        elif after < len(args) and not rest_is_empty:
            first, last = start, self._span(args[after])[0]
        elif before >= 0:
            first, last = self._span(args[before])[1], end
        else:
            first, last = start, behind
        self.edits.append(Edit(first, last, ""))


def named(argument: libcst.Arg) -> str | None:
    """Return the keyword that an argument is handed by."""
    return argument.keyword.value if argument.keyword is not None else None


def arguments(tree: Tree, changes: list[SetArgument | RemoveArgument]) -> list[Edit]:
    """Return the edits of changes that are about one call."""
    node = tree.node(changes[0].call)
    return Arguments(tree, node).change(changes)
