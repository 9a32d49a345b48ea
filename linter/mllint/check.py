"""From paths to findings."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from .cache import FOLDER, Cache
from .configuration.settings import Settings, make_settings
from .finding import Finding
from .load import load_sources
from .placing import Placing
from .program.program import Program
from .project import Project, common_folder, open_project
from .rules import all_rules
from .rules.base import Report, Review, Rule
from .silence import Silence
from .watching import Watch, unwatched

SHOWN = frozenset({"high", "medium"})
MANY = 200_000  # objects, which the collector takes long to go over
Result = TypeVar("Result")
# Is told of a rule that broke off, and why: a defect of the rule, for which the others go on.
Crashed: TypeAlias = Callable[[Rule, Exception], None]


def give_up(rule: Rule, error: Exception) -> None:
    """Let a rule's defect end the run."""
    raise error


@dataclass(frozen=True)
class Outcome:
    """What a run found, and in how many files it looked.

    Attributes:
        findings: In the order of files and lines.
        files: How many.
        program: What it looked at; None if there were no files.
    """

    findings: list[Finding]
    files: int
    program: Program | None = None


def check(
    paths: list[Path],
    cache_folder: Path | None = None,
    use_cache: bool = True,
    settings: Settings | None = None,
    jobs: int | None = None,
    given: Mapping[Path, bytes] = MappingProxyType({}),
    watch: Watch = unwatched,
    project: Project | None = None,
    crashed: Crashed = give_up,
) -> Outcome:
    """Lint files and folders.

    Args:
        paths: What to report on; their whole project is read.
        cache_folder: Where facts are kept; by default in the project's folder.
        use_cache: Whether facts are kept at all.
        settings: What holds; by default what the nearest configuration file says.
        jobs: Most processes to use; by default as many as there are cores.
        given: Files to report on whose content is this, and not the one on disk.
        watch: Is told how far the run is.
        project: What `open_project` said of the paths, if it was asked already.
        crashed: Is told of a rule that broke off; what it raises ends the run.

    Returns:
        The findings, in the order of files and lines.

    Raises:
        FileNotFoundError: If a path does not exist.
        ConfigurationError: If a configuration file says what can't be.
    """
    settings = settings or make_settings(common_folder([*paths, *given]))
    project = project or open_project(paths, settings.filter, given)

    def look() -> Outcome:
        program = load(project, cache_folder, use_cache, settings, jobs, given, watch)
        if program is None:
            return Outcome([], 0)
        found = list(by_rules(program, settings, watch, crashed))
        order = {path: position for position, path in enumerate(project.checked)}
        found.sort(key=lambda each: (order[each.path], *place(each)))
        return Outcome(found, len(project.checked), program)

    return without_collector(look)


def place(finding: Finding) -> tuple[int, int, int, str]:
    """Return where in its file a finding comes."""
    return finding.cell, finding.line, finding.column, finding.code


def without_collector(work: Callable[[], Result]) -> Result:
    """Do something with the garbage collector off.

    There are millions of facts and no garbage: it would walk over them again and again, and once
    more when it is on again. So where there are many, it leaves them alone until the next check.
    """
    collecting = gc.isenabled()
    gc.disable()
    if gc.get_freeze_count() > MANY:
        gc.unfreeze()
        gc.collect()
    try:
        return work()
    finally:
        if gc.get_count()[0] > MANY:
            gc.freeze()
        if collecting:
            gc.enable()


def load(
    project: Project, cache_folder: Path | None, use_cache: bool, settings: Settings,
    jobs: int | None, given: Mapping[Path, bytes], watch: Watch,
) -> Program | None:  # fmt: skip
    """Read and link the project; None if it has no files to report on."""
    if not project.checked:
        return None
    folder = cache_folder or settings.cache_dir or project.root / FOLDER
    cache = Cache(folder if use_cache else None)
    return Program(
        project, load_sources(project.files, cache, jobs, given, watch), settings.functions
    )


def by_rules(
    program: Program, settings: Settings, watch: Watch, crashed: Crashed
) -> Iterator[Finding]:
    """Yield what the rules that are on find in the files to report on."""
    rules = all_rules()
    ignored = {path: settings.ignored(path) for path in program.project.checked}

    def is_on(code: str, path: Path) -> bool:
        return code in settings.enabled and code not in ignored[path]

    silence = Silence(rules, is_on)
    placing = Placing(silence)
    enabled = [rule for rule in rules if rule.code in settings.enabled]
    enabled.sort(key=lambda rule: isinstance(rule, Review))
    for done, rule in enumerate(enabled):
        watch("Checking", done, len(enabled))
        try:
            for report in reports(rule, program, silence):
                module = report.module
                if not program.is_checked(module) or not is_on(rule.code, module.path):
                    continue
                # One that is not shown, for it is too unsure, is no reason to remove a comment.
                finding = placing.finding(rule, report)
                if finding is not None and report.confidence in SHOWN:
                    yield finding
        except Exception as error:
            crashed(rule, error)


def reports(rule: Rule, program: Program, silence: Silence) -> Iterator[Report]:
    """Yield what one rule says."""
    if isinstance(rule, Review):
        return rule.review(program, silence)
    return rule.check(program)
