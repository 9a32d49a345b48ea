"""MLX001."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...document import Document
from ...facts.lines import comments
from ...fixes.changes import Fix, Rewrite
from ...nearest import suggestion
from ...program.program import Program
from ...program.symbols import Module
from ...silence import Silence
from ...span import Span
from ...suppressions import DIRECTIVE, Suppression
from ..base import Report, Review


def place_of(suppression: Suppression, document: Document) -> tuple[str, Span, bool] | None:
    """Return a suppression's text with its reason, where it stands, and whether alone there."""
    for line, comment, is_alone in comments(document.text):
        found = DIRECTIVE.search(comment) if line == suppression.line else None
        if found is not None:
            # Other comments may stand before and behind it on its line.
            end = comment.find("#", found.end())
            text = comment[found.start() : None if end < 0 else end].rstrip()
            begin = len(document.text.split("\n")[line - 1]) - len(comment) + found.start() + 1
            is_all = is_alone and text == comment.rstrip()
            return text, Span(line, begin, line, begin + len(text)), is_all
    return None


def without(text: str, codes: list[str]) -> str:
    """Return a suppression's text without some of its codes."""
    start, end = text.index("[") + 1, text.index("]")
    kept = [code for code in re.findall(r"[\w-]+", text[start:end]) if code not in codes]
    return f"{text[:start]}{', '.join(kept)}{text[end:]}"


def removal(span: Span, is_all: bool, document: Document) -> Rewrite:
    """Return the change that removes a comment: with its line, or the blanks before it."""
    lines = document.text.split("\n")
    line = lines[span.line - 1]
    behind = line[span.end_column - 1 :].strip()
    if is_all:
        return Rewrite(whole_line(span.line, lines, document), "")
    if behind:
        return Rewrite(Span(*span[:3], len(line) + 1 - len(behind)), "")
    before = line[: span.column - 1].rstrip()
    return Rewrite(Span(span.line, len(before) + 1, span.line, len(line) + 1), "")


def whole_line(number: int, lines: list[str], document: Document) -> Span:
    """Return the stretch of a line with an end of line: that before it, at the end of a cell."""
    cells = [0, *(place.cell for place in document.places), 0]
    end = len(lines[number - 1]) + 1
    if not document.places or cells[number] == cells[number + 1]:
        return Span(number, 1, number + 1, 1)
    if cells[number - 1] == cells[number]:
        return Span(number - 1, len(lines[number - 2]) + 1, number, end)
    return Span(number, 1, number, end)


class UnusedSuppression(Review):
    """A comment suppresses findings, and there is none that it suppresses.

    What it was written for has been mended, has moved, or was never there; left where it stands, it
    will hide the next true finding on its line. A code that no rule has suppresses nothing, ever.

    Remove the comment, or the code in it. Codes of rules that are not on in this run are left
    alone: another run may need them. The fix is safe: it changes comments only.
    """

    code = "MLX001"
    name = "unused-suppression"
    severity = "warning"
    bad = (
        "x = 1  # mllint: ignore[MLR001] only a test\n",
        "# mllint: ignore-file\nx = 1\n",
        "x = 1  # mllint: ignore[MLZ001]\n",
        """
import torch

optimizer = torch.optim.SGD([], lr=0.1)
# mllint: ignore[MLR001, MLD001] seeds are compared on purpose
for x in data:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )
    fixed = (
        "x = 1\n",
        "x = 1\n",
        "x = 1\n",
        """
import torch

optimizer = torch.optim.SGD([], lr=0.1)
# mllint: ignore[MLR001] seeds are compared on purpose
for x in data:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
    )
    good = (
        """
import torch

# mllint: ignore-file[MLR001] a benchmark, in which only the time counts
optimizer = torch.optim.SGD([], lr=0.1)
for x in data:
    optimizer.step()
torch.save(optimizer, "o.pt")
""",
        "x = 1  # noqa: MLR001\n",
        "x = '# mllint: ignore[MLR001]'\n",
    )

    def review(self, program: Program, silence: Silence) -> Iterator[Report]:
        """Yield one report for each comment of which not every part suppressed something."""
        for module in program.modules:
            own = [each for each in module.source.outline.suppressions if each.is_own]
            if not own or not program.is_checked(module):
                continue
            document = module.source.document()
            for each in own:
                codes = [
                    code
                    for code in silence.unused(module.path, each)
                    if code not in (self.code, self.name)
                ]
                if codes and document is not None:
                    yield from self.report(module, document, each, codes, silence)

    def report(
        self, module: Module, document: Document, suppression: Suppression, codes: list[str],
        silence: Silence,
    ) -> Iterator[Report]:  # fmt: skip
        """Yield the report on a comment, of whose codes some are of no use."""
        place = place_of(suppression, document)
        if place is None:
            return
        text, span, is_all = place
        unknown = [code for code in silence.unknown(suppression) if code in codes]
        known = [name for rule in silence.rules for name in (rule.code, rule.name)]
        if unknown:
            end = suggestion(unknown[0], known, ".")
            message = f"This comment names {unknown[0]}, which is no rule's code or name{end}"
        else:
            what = " or ".join(codes) if codes != [""] else "any rule"
            message = f"This comment suppresses nothing: there is no finding of {what} here."
        if len(codes) < len(suppression.codes):
            fix = Fix(
                f"Remove {', '.join(codes)} from the comment",
                (Rewrite(span, without(text, codes)),),
                is_safe=True,
            )
        else:
            change = removal(span, is_all, document)
            fix = Fix("Remove the comment that suppresses nothing", (change,), is_safe=True)
        yield Report(module, span, None, message, fix=fix)
