"""``mllint check PATH``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..configuration.reading import ConfigurationError
from .contradictions import STDIN, refuse_contradictions, refuse_format
from .options import PATH, SectionedCommand, with_options
from .saying import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..check import Outcome
    from ..configuration.settings import Settings
    from ..output.listing import Listing
    from ..output.paint import Paint
    from ..project import Project
    from ..rules.base import Rule
    from .answers import Question
    from .fixing import Fixed


@click.command(
    "check",
    cls=SectionedCommand,
    epilog="Exit status: 0 nothing found, or notes only; 1 an error or a warning was found; 2 a "
    "path, an option or the configuration is wrong, or not all could be done.",
)
@click.argument("paths", nargs=-1, type=PATH)
@with_options
def check_command(**options: Any) -> int:
    """Check the Python files and notebooks below PATHS (default: the current folder).

    The whole project around them is read, so that what one file does for another is known; reported
    is what is in PATHS. What .gitignore excludes is left out, a file that is named is checked; `-`
    is standard input.

    Where a finding is meant, say so on its line or above it: `# mllint: ignore[MLR001] reason`; for
    a file `ignore-file[…]`, for a notebook's cell `ignore-cell[…]`; `# noqa: MLR001` counts too.

    The same can be said for good in mllint.toml, or in pyproject.toml under [tool.mllint], with the
    keys select, extend-select, ignore, per-file-ignores, exclude, extend-exclude, force-exclude,
    respect-gitignore, cache-dir and output-format, named as the options; and there alone, with the
    dotted names of functions of your own: seeds, saves, logs and splits, as in
    `seeds = ["lab.utils.fix_everything"]`.
    """
    return Run(options).run()


class Run:
    """One run of the command.

    Args:
        options: By name, as click hands them over.

    Raises:
        ConfigurationError: If they say what can't be.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        from ..project import common_folder
        from .layers import settings_of

        self.options = options
        self.paths: list[Path] = list(options["paths"]) or [Path()]
        self.given: dict[Path, bytes] = {}
        self.broken: list[str] = []  # rules that broke off
        refuse_contradictions(options)
        if STDIN in self.paths or options["stdin_filename"]:
            self.paths = []
            self.given = {options["stdin_filename"] or STDIN: sys.stdin.buffer.read()}
        self.settings: Settings = settings_of(options, common_folder([*self.paths, *self.given]))
        refuse_format(options, self.settings.output_format)

    def run(self) -> int:
        """Check, mend if asked to, write what was found, and return the exit status."""
        from .answers import Answer

        started = time.monotonic()
        question = self.question()
        known = question.answer() if question else None
        if known is not None:
            self.write(known.text)
            return known.status
        from ..output.listing import Listing

        fixed = self.check_and_fix(question.project if question else None)
        outcome = fixed.outcome
        if self.options["verbose"]:
            self.tell(outcome, time.monotonic() - started)
        if self.options["diff"]:
            return self.show(fixed)
        unsafe = self.options["unsafe_fixes"]
        listing = Listing(outcome.findings, outcome.files, outcome.program, unsafe)
        report = self.report(listing, fixed)
        if self.given and self.options["fix"]:  # the mended file goes where it came from
            self.write_bytes(fixed)
            print(report, end="", file=sys.stderr)
        else:
            self.write(report)
        status = self.status(fixed)
        if question is not None and listing.files and not self.broken:
            question.keep(Answer(report, status), outcome.program)
        return status

    def question(self) -> Question | None:
        """Return what is asked, if the answer may be one that was given before."""
        from ..project import open_project
        from .answers import Question

        options = self.options
        told = ("no_cache", "fix", "diff", "coverage", "verbose")
        if self.given or any(options[name] for name in told):
            return None
        try:
            project = open_project(self.paths, self.settings.filter)
        except FileNotFoundError:
            return None  # to be said by who checks
        return Question(options, self.settings, project, self.paint().is_on)

    def status(self, fixed: Fixed) -> int:
        """Return the exit status: 0 nothing is wrong, 1 something is, 2 not all could be done."""
        if not fixed.is_complete or self.broken:
            return 2
        if fixed.files and self.options["exit_non_zero_on_fix"]:
            return 1
        if self.options["exit_zero"] or self.options["coverage"]:
            return 0
        return int(any(finding.fails for finding in fixed.outcome.findings))

    def check_and_fix(self, project: Project | None) -> Fixed:
        """Check, and mend what is to be mended, showing how far that is."""
        from ..check import check
        from .fixing import Fixed, fix
        from .progress import Bar

        options = self.options
        with Bar(not options["quiet"]) as bar:

            def lint(given: Mapping[Path, bytes], project: Project | None = None) -> Outcome:
                return check(
                    self.paths,
                    use_cache=not options["no_cache"],
                    settings=self.settings,
                    jobs=options["jobs"],
                    given={**self.given, **given},
                    watch=bar,
                    project=project,
                    crashed=self.tell_of_defect,
                )

            try:
                if options["fix"] or options["diff"]:
                    is_written = not options["diff"] and not self.given
                    return fix(lint, options["unsafe_fixes"], is_written)
                return Fixed(lint({}, project))
            except FileNotFoundError as error:
                raise ConfigurationError(
                    f"{error}: no such file or folder; check the path."
                ) from error

    def tell_of_defect(self, rule: Rule, error: Exception) -> None:
        """Say that a rule broke off; the others go on."""
        from .defects import tell

        if rule.code not in self.broken:  # fixing checks again and again
            self.broken.append(rule.code)
            tell(f"{rule.code} could not be checked", error, self.options["verbose"])

    def show(self, fixed: Fixed) -> int:
        """Show what fixes would change; the exit status says whether they would."""
        from ..output.summary import plural
        from .fixing import render_diffs

        self.write(render_diffs(fixed.files, self.paint()))
        if not self.options["quiet"]:
            would = (
                f"Would fix {plural(fixed.count, 'problem')}" if fixed.files else "Nothing to fix"
            )
            print(f"{would}.", file=sys.stderr)
        if self.broken:
            return 2
        return int(bool(fixed.files) and not self.options["exit_zero"])

    def paint(self) -> Paint:
        """Return the colours of what is written."""
        from ..output.paint import Paint, wants_colour

        return Paint(not self.options["output_file"] and wants_colour(sys.stdout))

    def report(self, listing: Listing, fixed: Fixed) -> str:
        """Return what is written."""
        from ..output import render
        from ..output.summary import NOTHING_TO_CHECK, summarise
        from .fixing import render_fixes

        paint = self.paint()
        format_name = self.settings.output_format
        if not listing.files and not self.options["quiet"]:
            print(NOTHING_TO_CHECK, file=sys.stderr)
        if self.options["coverage"]:
            from ..output.coverage import render_coverage

            return render_coverage(listing, format_name, paint, self.options["verbose"])
        if self.options["statistics"]:
            from ..output.statistics import render_statistics

            text = render_statistics(listing, format_name, paint)
        else:
            text = render(format_name, listing, paint)
        if format_name not in ("full", "concise") or not listing.files or self.options["quiet"]:
            return text
        if self.options["show_fixes"] and fixed.files:
            text += f"{render_fixes(fixed.files, paint)}\n"
        return f"{text}{summarise(listing, paint, fixed.count)}\n"

    def write(self, text: str) -> None:
        """Write the report to where it is wanted.

        Raises:
            ConfigurationError: If it can't be written there.
            UnwritableOutputError: If that is standard output, and it can't be written.
        """
        path: Path | None = self.options["output_file"]
        if path is None:
            say(text)
            return
        try:
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise ConfigurationError(f"{path}: it can't be written: {error.strerror}.") from error

    def write_bytes(self, fixed: Fixed) -> None:
        """Write what standard input held to standard output, mended."""
        content = next(iter(self.given.values()))
        sys.stdout.buffer.write(fixed.files[0].after if fixed.files else content)
        sys.stdout.flush()

    def tell(self, outcome: Outcome, seconds: float) -> None:
        """Say what was read, and which rules ran."""
        source = self.settings.source
        read = len(outcome.program.project.files) if outcome.program else 0
        root = outcome.program.project.root if outcome.program else Path()
        for line in (
            f"project: {root}",
            f"configuration: {source or 'none'}",
            f"rules: {' '.join(sorted(self.settings.enabled))}",
            f"files: {read} read, {outcome.files} checked, in {seconds:.2f} s",
        ):
            print(f"mllint: {line}", file=sys.stderr)
