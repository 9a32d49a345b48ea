"""From arguments, machine, user's configuration and template to one answer for each question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from .errors import UserError
from .source import TemplateSource

Questions = dict[str, str | list[str]]


class Check(Protocol):
    """`check_answer` of hooks/pre_gen_project.py."""

    def __call__(self, key: str, answer: object, question: object = None) -> str | None:
        """Return what is wrong with an answer in one sentence, or None."""


def nearest(word: str, names: Iterable[str]) -> str:
    """Return a hint like "; did you mean 'tracker'?", or the list of all names."""
    names = list(names)
    close = get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; choose from {', '.join(names)}."


def parse_answers(arguments: Iterable[str], questions: Questions, check: Check) -> dict[str, str]:
    """Read ``key=value`` arguments.

    Args:
        arguments: As on the command line.
        questions: What can be answered.
        check: Says what is wrong with an answer.

    Returns:
        Answers by key.

    Raises:
        UserError: If a key is unknown or given twice, or an answer is refused.
    """
    answers: dict[str, str] = {}
    for argument in arguments:
        key, _, value = argument.partition("=")
        key = key.strip()
        question = questions.get(key)
        if question is None:
            raise UserError(f"no question is called {key!r}{nearest(key, questions)}")
        if key in answers:
            raise UserError(f"{key} is given twice: {answers[key]!r} and {value!r}.")
        if isinstance(question, list) and value not in question:
            raise UserError(f"{key} can't be {value!r}{nearest(value, question)}")
        problem = check(key, value, question)
        if problem is not None:
            raise UserError(problem)
        answers[key] = value
    return answers


def name_from_folder(folder: Path) -> str:
    """Return a project's name as people write it: ``churn-model`` becomes ``Churn Model``."""
    words = folder.name.replace("_", " ").replace("-", " ").split()
    return " ".join(word if word != word.lower() else word.capitalize() for word in words)


def gather_defaults(source: TemplateSource, folder: Path | None) -> Questions:
    """Put together what each question proposes, as plain cookiecutter does, and the folder's name.

    Args:
        source: The template, whose hook looks for the author and the version of Python.
        folder: Where the project goes, if that was said.

    Returns:
        The template's questions with other defaults; a choice has its default in front.
    """
    from cookiecutter.config import get_user_config
    from cookiecutter.exceptions import CookiecutterException

    hook = source.load_hook("pre_prompt")
    questions: Questions = {
        k: list(v) if isinstance(v, list) else v for k, v in source.questions.items()
    }
    try:
        hook.apply_defaults(questions, hook.find_defaults(Path.cwd()))
    except ValueError as error:
        raise UserError(f"ML_TEMPLATE_DETECT holds no JSON object ({error}).") from None
    try:
        configured: Mapping[str, Any] = get_user_config()["default_context"]
    except CookiecutterException as error:
        raise UserError(f"cookiecutter's own configuration can't be read: {error}") from None
    hook.apply_defaults(questions, {k: str(v) for k, v in configured.items()})
    if folder is not None:
        hook.apply_defaults(questions, {"project_name": name_from_folder(folder)})
    return questions


def render_default(questions: Questions, key: str, answers: Mapping[str, str]) -> str:
    """Return a question's default, which may derive from the answers before it."""
    from cookiecutter.prompt import render_variable
    from cookiecutter.utils import create_env_with_context

    question = questions[key]
    if isinstance(question, list):
        return question[0]
    return str(render_variable(create_env_with_context({}), question, dict(answers)))
