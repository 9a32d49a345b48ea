"""Render the template into a folder: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

from .errors import UserError
from .source import TemplateSource


def check_destination(folder: Path) -> None:
    """Refuse a folder that a project must not be written into.

    Raises:
        UserError: If it is a file, is not empty, or its path would be evaluated.
    """
    if "{{" in str(folder) or "{%" in str(folder):
        raise UserError(f"the path {folder} holds template syntax; choose another folder.")
    try:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file; choose another folder.")
        if folder.is_dir() and any(folder.iterdir()):
            raise UserError(f"{folder} exists and is not empty; choose another folder or empty it.")
    except OSError as error:
        raise UserError(f"{folder} can't be used: {error.strerror}.") from None


def build_context(
    source: TemplateSource, answers: Mapping[str, str], repository: Path, output: Path
) -> dict[str, Any]:
    """Return the context that cookiecutter itself would make of these answers."""
    # "_template" tells the project where its linter comes from: not from this machine's folders.
    extra = {
        "_template": "ml-template",
        "_checkout": None,
        "_repo_dir": str(repository),
        "_output_dir": str(output),
    }
    return {
        "cookiecutter": {**answers, **source.private, **extra},
        "_cookiecutter": dict(answers),
    }


def move_into_place(project: Path, folder: Path) -> None:
    """Move a finished project to its folder, which is missing or empty."""
    if not folder.exists():
        project.rename(folder)
        return
    # The folder itself stays: it may be the shell's current one.
    moved: list[Path] = []
    try:
        for entry in sorted(project.iterdir()):
            moved.append(folder / entry.name)
            entry.rename(moved[-1])
    except BaseException:
        for entry in moved:
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        raise


@contextmanager
def folder_aside(parent: Path) -> Iterator[Path]:
    """Make a folder that is gone afterwards, at whatever moment Ctrl-C comes.

    `tempfile.TemporaryDirectory` leaves it when interrupted before its `with` has begun.
    """
    aside = parent / f".ml-template-{token_hex(4)}"
    try:
        aside.mkdir(mode=0o700)
        yield aside
    finally:
        try:
            shutil.rmtree(aside, ignore_errors=True)
        except KeyboardInterrupt:
            shutil.rmtree(aside, ignore_errors=True)
            raise


def render_project(source: TemplateSource, answers: Mapping[str, str], folder: Path) -> int:
    """Render a project.

    It is made aside, on the same file system, and moved: whatever stops this, the folder holds the
    whole project or is as it was.

    Args:
        source: The template.
        answers: One for each question, checked.
        folder: Where the project goes: missing, or empty.

    Returns:
        The number of files.

    Raises:
        UserError: If the folder can't be used or written, or a hook refuses the answers.
    """
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.generate import generate_files

    # Not resolved by `resolve`, so that a link stays a link in messages.
    folder = Path(os.path.abspath(folder))  # noqa: PTH100
    check_destination(folder)
    existing = next(parent for parent in folder.parents if parent.is_dir())
    missing = [parent for parent in folder.parents if not parent.exists()]
    try:
        with folder_aside(existing) as aside:
            repository, output = aside / "template", aside / "project"
            source.copy_to(repository)
            context = build_context(source, answers, repository, output)
            project = Path(
                generate_files(repo_dir=repository, context=context, output_dir=str(output))
            )
            count = sum(len(files) for _, _, files in os.walk(project))
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                move_into_place(project, folder)
            except BaseException:
                for parent in missing:
                    parent.rmdir()
                raise
    except CookiecutterException as error:
        raise UserError(f"the project could not be rendered: {error}") from error
    except OSError as error:
        where = error.filename or folder
        raise UserError(f"nothing was written: {where}: {error.strerror or error}.") from error
    return count
