"""Ask the template's questions on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

Prompt = str | dict[str, str] | None


def split_prompt(key: str, prompt: Prompt) -> tuple[str, str]:
    """Return a question's title and its help, which a colon divides."""
    text = prompt.get("__prompt__", "") if isinstance(prompt, dict) else prompt or ""
    title, _, explanation = text.partition(": ")
    return title or key, explanation


def pick_choice(text: str, choices: list[str]) -> str | None:
    """Return the choice that a number, a name or the start of one name means, or None."""
    if text.isdigit() and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    if text in choices:
        return text
    starting = [choice for choice in choices if choice.lower().startswith(text.lower())]
    return starting[0] if text and len(starting) == 1 else None


def show_question(
    console: Console, number: str, key: str, prompt: Prompt, choices: list[str]
) -> None:
    """Print a question's title, help and choices."""
    from rich.markup import escape

    title, explanation = split_prompt(key, prompt)
    console.print(f"[dim]{number}[/] [bold]{escape(title)}[/]  [dim]{escape(explanation)}[/]")
    for index, choice in enumerate(choices, start=1):
        said = prompt.get(choice, choice) if isinstance(prompt, dict) else choice
        help_text = said.removeprefix(choice).removeprefix(": ")
        console.print(f"      [magenta]{index}[/] {escape(choice):<14}[dim]{escape(help_text)}[/]")


def ask_question(
    console: Console,
    number: str,
    key: str,
    prompt: Prompt,
    choices: list[str],
    default: str,
    check: Callable[[str], str | None],
) -> str:
    """Ask until the answer is good.

    Args:
        console: Where to ask.
        number: Which question of how many, such as "3/14".
        key: The question's key.
        prompt: Its text.
        choices: What can be answered; empty for any text.
        default: The answer to an empty line.
        check: Says what is wrong with an answer, or None.

    Returns:
        The answer.

    Raises:
        UserError: If there is no more input.
    """
    from rich.markup import escape

    show_question(console, number, key, prompt, choices)
    while True:
        try:
            text = console.input(f"      [cyan]({escape(default)})[/] [bold]>[/] ").strip()
        except EOFError:
            console.print()
            raise UserError(
                f"there is no answer to {key}: add --no-input to take the defaults."
            ) from None
        answer: str | None = text or default
        if choices:
            answer = pick_choice(answer or "", choices)
            if answer is None:
                console.print(f"      [red]Choose 1 to {len(choices)}, or a name.[/]")
                continue
        problem = check(answer or "")
        if problem is None:
            return answer or ""
        console.print(f"      [red]{escape(problem)}[/]")
