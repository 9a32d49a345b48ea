"""Refuse answers that would make a broken or dangerous project, before a file is written.

Cookiecutter renders this file with Jinja and runs the result in the new, still empty folder; cruft
and ``ml-template new`` do the same. The answers arrive as JSON inside a string literal, so that no
answer can become code. The rendered lines are guarded by ``__main__``: unrendered, the file is
importable, and ``ml-template new`` asks its questions with the same `check_answer`.

Standard library only, in one file: it runs alone in whichever interpreter cookiecutter lives in.
"""
# {% raw %}

from __future__ import annotations

import json
import keyword
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MAX_LENGTH = {"project_slug": 100, "package_name": 60, "author_email": 254, "description": 500}
MAX_LENGTH_OTHERWISE = 100

TEMPLATE_MARKS = ("{{", "{%", "{#")
WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)
# Folders of the project itself, or names that its .gitignore drops.
_FOLDERS = "build configs data dist docs notebooks outputs scripts src template tests"
PROJECT_FOLDERS = frozenset(_FOLDERS.split())
# What the project imports or runs, now or with one of its extras, and how PyPI calls it.
_LIBRARIES = """
    bitsandbytes captum click cookiecutter cruft datasets dvc fairlearn fastapi filelock fsspec
    gymnasium huggingface_hub hypothesis ipykernel jax jinja2 joblib jupyter keras lightning
    matplotlib mlflow mllint ml_template mypy nbformat nvidia numpy omegaconf onnx onnxruntime
    onnxscript optuna packaging pandas peft pip pluggy pre_commit protobuf psutil pydantic pytest
    pytorch_lightning requests rich ruff safetensors scipy seaborn setuptools starlette submitit
    sympy tensorboard tensorflow timm tokenizers torch torchao torchaudio torchvision tqdm trackio
    transformers triton trl typer typing_extensions uvicorn wandb wheel
"""
DEPENDENCIES = {
    "antlr4": "antlr4-python3-runtime",
    "git": "gitpython",
    "hydra": "hydra-core",
    "hydra_plugins": "hydra-submitit-launcher",
    "pil": "pillow",
    "pynvml": "nvidia-ml-py",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    **{name: name.replace("_", "-") for name in _LIBRARIES.split()},
}
DISTRIBUTIONS = frozenset(DEPENDENCIES.values())
# What cookiecutter.json derives from a project name without a letter or digit, such as "🚀".
UNNAMED = "unnamed"


def check_text(key: str, text: str) -> str | None:
    """Return what is wrong with any answer as a text, whatever it means; None if nothing is."""
    if any(mark in text for mark in TEMPLATE_MARKS):
        return (
            f"{key} holds template syntax ({', '.join(m for m in TEMPLATE_MARKS if m in text)}), "
            "which would be evaluated; leave one of the characters out."
        )
    for character in text:
        named = f"U+{ord(character):04X}"
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            what = "a line break" if character in "\n\r\u2028\u2029" else "a control character"
            return f"{key} holds {what} ({named}); write it as one line of plain text."
        if unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF"} or (
            "\u2066" <= character <= "\u2069"
        ):
            return f"{key} holds an invisible character that reorders text ({named}); remove it."
    limit = MAX_LENGTH.get(key, MAX_LENGTH_OTHERWISE)
    if len(text) > limit:
        return f"{key} has {len(text)} characters; at most {limit} are possible."
    if key != "description" and not text.strip():
        return f"{key} is empty; give it a value."
    return None


def check_slug(slug: str) -> str | None:
    """Return what is wrong with the folder's name, which is the distribution's name too."""
    if slug == UNNAMED:
        return (
            "project_slug can't be made from this project name, which has no letter or digit that "
            "fits in a folder's name; give project_slug too, such as project_slug=my-project."
        )
    if "/" in slug or "\\" in slug or set(slug) == {"."}:
        return f"project_slug {slug!r} is a path; give the name of one new folder."
    # No dots: in pyproject.toml, the command of this name is a key, where a dot would nest.
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", slug):
        return (
            f"project_slug {slug!r} must be letters a-z, digits, hyphens or underscores, "
            "with a letter or digit at both ends."
        )
    if slug.lower() in WINDOWS_DEVICES:
        return f"project_slug {slug!r} is a device on Windows, where no folder can be called so."
    if re.sub(r"[_-]+", "-", slug.lower()) in DISTRIBUTIONS:
        return (
            f"project_slug {slug!r} is a library that the project may need, and pip would take one "
            f"for the other; choose another, such as {slug + '-project'!r}."
        )
    return None


def check_package(name: str) -> str | None:
    """Return what is wrong with the name of the Python package."""
    other = f"choose another, such as {name.lower() + '_project'!r}."
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        cleaned = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        hint = cleaned if cleaned[:1].isalpha() else f"project_{cleaned}".rstrip("_")
        return (
            f"package_name {name!r} can't be imported: it must be letters a-z, digits and "
            f"underscores, starting with a letter, such as {hint!r}."
        )
    lowered = name.lower()  # file systems of Windows and macOS don't tell Torch from torch
    if keyword.iskeyword(name) or name in keyword.softkwlist:
        return f"package_name {name!r} is a keyword of Python; {other}"
    if lowered in {module.lower() for module in sys.stdlib_module_names}:
        return f"package_name {name!r} hides a module of Python's standard library; {other}"
    if lowered in DEPENDENCIES:
        return f"package_name {name!r} hides a library that the project may import; {other}"
    if lowered in PROJECT_FOLDERS:
        return f"package_name {name!r} is the name of a folder of the project; {other}"
    if lowered in WINDOWS_DEVICES:
        return f"package_name {name!r} is a device on Windows, where no folder can be called so."
    return None


def check_email(address: str) -> str | None:
    """Return what is wrong with an address, as far as pyproject.toml cares."""
    if not re.fullmatch(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+", address):
        return f"author_email {address!r} is no e-mail address; write it like ada@example.com."
    return None


CHECKS: dict[str, Callable[[str], str | None]] = {
    "project_slug": check_slug,
    "package_name": check_package,
    "author_email": check_email,
}


def check_answer(key: str, answer: object, question: object = None) -> str | None:
    """Check one answer.

    Args:
        key: The question's key in cookiecutter.json.
        answer: What was answered.
        question: Its entry there, a list for a choice; None where it is not known.

    Returns:
        One sentence that says what is wrong and what to do, or None.
    """
    if not isinstance(answer, str):
        return f"{key} must be a text, not {answer!r}."
    problem = check_text(key, answer)
    if problem is None and isinstance(question, list) and answer not in question:
        problem = f"{key} can't be {answer!r}; choose from {', '.join(map(str, question))}."
    if problem is None and key in CHECKS:
        problem = CHECKS[key](answer)
    return problem


def check_answers(
    answers: Mapping[str, Any], given: Mapping[str, Any], questions: Mapping[str, Any]
) -> str | None:
    """Check all answers.

    Args:
        answers: The final answers by key.
        given: The same before cookiecutter evaluated them, as on the command line.
        questions: The content of cookiecutter.json; empty where it is not known.

    Returns:
        The first problem as one sentence, or None.
    """
    # Others are derived from these, so a problem of these is the cause and comes first.
    first = [key for key in ("project_name", "project_slug") if key in answers]
    for key in dict.fromkeys([*first, *answers]):
        if key.startswith("_"):
            continue
        answer = answers[key]
        before = given.get(key)
        if isinstance(before, str) and before != questions.get(key, before):
            problem = check_text(key, before)
            if problem is not None:
                return problem
        problem = check_answer(key, answer, questions.get(key))
        if problem is not None:
            return problem
    return None


def read_questions(template: str) -> dict[str, Any]:
    """Return cookiecutter.json of the template's folder; empty under cruft, which hides it."""
    path = Path(template, "cookiecutter.json")
    if not template or not path.is_file():
        return {}
    questions: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return questions


def remove_empty_parents(slug: str, output: str) -> None:
    """Remove the folders that cookiecutter made for a name like ``a/b/c``, if nothing is in them.

    It deletes the last of them only. The last one goes here too, since it holds its parents.
    """
    parts = re.split(r"[/\\]", slug)
    if not output or len(parts) < 2:
        return
    os.chdir(output)  # the working directory is the folder to be removed
    for last in range(len(parts), 0, -1):
        folder = Path(os.path.normpath(Path(output, *parts[:last])))
        if Path(output).is_relative_to(folder):
            continue
        try:
            folder.rmdir()
        except OSError:  # not empty, so it was there before
            return


def main(answers: dict[str, Any], given: dict[str, Any]) -> int:
    """Check the answers and say what is wrong; the exit status."""
    problem = check_answers(answers, given, read_questions(answers.get("_repo_dir", "")))
    if problem is None:
        return 0
    print(f"ml-template: nothing was written: {problem}", file=sys.stderr, flush=True)
    remove_empty_parents(str(answers.get("project_slug", "")), answers.get("_output_dir", ""))
    return 1


if __name__ == "__main__":
    # {% endraw %}
    _ANSWERS = {{cookiecutter | tojson | tojson}}  # type: ignore  # noqa
    _GIVEN = {{_cookiecutter | default({}) | tojson | tojson}}  # type: ignore  # noqa
    sys.exit(main(json.loads(str(_ANSWERS)), json.loads(str(_GIVEN))))
