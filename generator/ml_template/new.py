"""``ml-template new``: ask, show the machine, render, say what comes next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .answers import Check, Questions, gather_defaults, parse_answers, render_default
from .errors import UserError
from .prompts import ask_question
from .rendering import check_destination, render_project
from .source import TemplateSource, find_template

if TYPE_CHECKING:
    from rich.console import Console

    from .detect import Machine


def split_arguments(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Tell the folder from the answers among ``[DIR] [key=value…]``.

    Raises:
        UserError: If there are two folders.
    """
    pairs = [argument for argument in arguments if "=" in argument]
    folders = [argument for argument in arguments if "=" not in argument]
    if len(folders) > 1:
        raise UserError(f"one folder at a time: {' and '.join(map(repr, folders))} were given.")
    if folders and not folders[0].strip():
        raise UserError("the folder's name is empty.")
    return (Path(folders[0]) if folders else None), pairs


def describe_machine(machine: Machine) -> str:
    """Return one line about what training would run on."""
    parts = [f"{machine.system} {machine.architecture}"]
    if machine.cpu.usable_cores:
        parts.append(f"{machine.cpu.usable_cores} cores")
    if machine.memory.usable_bytes:
        parts.append(f"{machine.memory.usable_bytes / 2**30:.0f} GiB RAM")
    names = [gpu.name for gpu in machine.gpus]
    parts += [f"{names.count(n)} x {n}" if names.count(n) > 1 else n for n in dict.fromkeys(names)]
    if machine.python is not None and machine.python.version:
        parts.append(f"Python {machine.python.version}")
    parts += [f"{p.name} {p.version}" for p in machine.packages or () if p.role == "framework"]
    return " · ".join(parts)


def show_machine(console: Console) -> None:
    """Print what this machine has and what to worry about, unless ML_TEMPLATE_DETECT is set."""
    if os.environ.get("ML_TEMPLATE_DETECT", "").strip():
        return
    from rich.markup import escape

    from .detect import alerts, detect_machine

    try:
        machine = detect_machine()
        found = alerts(machine)
    except Exception as error:  # what the machine has must not stop a scaffold
        console.print(f"[yellow]![/] This machine could not be looked at: {escape(str(error))}")
        return
    console.print(f"[dim]This machine:[/] {escape(describe_machine(machine))}", highlight=False)
    for alert in found:
        console.print(f"[yellow]![/] {escape(alert)}", highlight=False)
    console.print()


def collect_answers(
    console: Console,
    source: TemplateSource,
    questions: Questions,
    given: dict[str, str],
    check: Check,
    ask: bool,
) -> dict[str, str]:
    """Return an answer for each question: given, asked for, or the default.

    Args:
        console: Where to ask.
        source: The template, for the questions' texts.
        questions: The questions with this machine's defaults.
        given: Answers from the command line, checked.
        check: Says what is wrong with an answer.
        ask: Whether to ask; else defaults are taken.

    Raises:
        UserError: If a default is refused, or there is no more input.
    """
    answers: dict[str, str] = {}
    open_keys = [key for key in questions if key not in given]
    for key, question in questions.items():
        if key in given:
            answers[key] = given[key]
            continue
        choices = question if isinstance(question, list) else []
        default = render_default(questions, key, answers)
        if ask:
            number = f"{open_keys.index(key) + 1:>2}/{len(open_keys)}"
            answers[key] = ask_question(
                console,
                number,
                key,
                source.prompts.get(key),
                choices,
                default,
                lambda answer, key=key, question=question: check(key, answer, question),  # type: ignore[misc]
            )
            continue
        problem = check(key, default, question)
        if problem is not None:
            raise UserError(problem)
        answers[key] = default
    return answers


def show_next_steps(console: Console, folder: Path, answers: dict[str, str], files: int) -> None:
    """Say what was made, and the three commands that come next."""
    from rich.markup import escape

    shown = os.path.relpath(folder) if folder.is_relative_to(Path.cwd()) else str(folder)
    kind = answers.get("project_kind", "")
    console.print(
        f"[green]✓[/] {escape(shown)}: a {kind} project of {files} files", highlight=False
    )
    steps = [
        (f"cd {shlex.quote(shown)}", ""),
        ("make train", "makes .venv with the locked versions, then trains"),
        ("make evaluate", "metrics and figures on the test split"),
    ]
    console.print("\nNext:")
    width = max(len(command) for command, _ in steps)
    for command, meaning in steps:
        line = f"  [bold]{escape(command.ljust(width) if meaning else command)}[/]"
        line += f"  [dim]{escape(meaning)}[/]" if meaning else ""
        console.print(line, highlight=False, soft_wrap=True)


def new_command(arguments: Sequence[str], no_input: bool = False) -> int:
    """Scaffold a project.

    Args:
        arguments: ``[DIR] [key=value…]``. Without a folder, the project goes into ./<project_slug>.
        no_input: Take defaults instead of asking.

    Returns:
        The exit status.

    Raises:
        UserError: If an argument or the folder is refused; nothing was written then.
    """
    from rich.console import Console

    console = Console()
    folder, pairs = split_arguments(arguments)
    if folder is not None:
        folder = Path.cwd() / folder
        check_destination(folder)
    source = find_template()
    check: Check = source.load_hook("pre_gen_project").check_answer
    given = parse_answers(pairs, source.questions, check)
    questions = gather_defaults(source, folder)
    show_machine(console)
    answers = collect_answers(console, source, questions, given, check, ask=not no_input)
    if folder is None:
        folder = Path.cwd() / answers["project_slug"]
    files = render_project(source, answers, folder)
    if not no_input:
        console.print()
    show_next_steps(console, folder, answers, files)
    return 0
