"""Prepare cookiecutter's throw-away copy of the template, before the first question.

Cookiecutter runs this in a copy of the repository, which is its working directory and which it
deletes afterwards. Three things happen to that copy:

1. Where the link ``{{cookiecutter.project_slug}} -> template`` did not survive (zip archives,
   clones with ``core.symlinks=false``, wheels), the real folder takes its place.
2. Defaults found on this machine are put in: the author from git, the version of Python.
3. The commit of the clone is noted, so that the project can name the template it came from.

Standard library only: it runs in whichever interpreter cookiecutter lives in. It never fails, since
a default that cannot be found is no reason not to scaffold. ``ML_TEMPLATE_DETECT=off`` switches (2)
off, and ``ML_TEMPLATE_DETECT='{"author_name": "Ada"}'`` gives the answers instead of looking.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

LINK = "{{cookiecutter.project_slug}}"
BODY = "template"
GIT_TIMEOUT_S = 0.8  # for each of two calls: the hook may take two seconds in all
# Set inside a git hook: with these, git would answer for another repository.
REPOSITORY_VARIABLES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"})


def restore_body(root: Path) -> None:
    """Put the folder ``template/`` where the link to it is missing or has become a text file.

    Args:
        root: The template repository's copy; changed in place.
    """
    link, body = root / LINK, root / BODY
    if link.is_dir() or not body.is_dir():
        return
    if link.is_symlink() or link.exists():
        link.unlink()
    body.rename(link)


def run_git(root: Path, *arguments: str) -> str:
    """Return what git prints, or "" where there is no git, no answer or no time."""
    environment = {k: v for k, v in os.environ.items() if k not in REPOSITORY_VARIABLES}
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def is_plain(text: str) -> bool:
    """Tell whether a text found on the machine can be a default, which cookiecutter renders."""
    plain = all(unicodedata.category(c) not in {"Cc", "Cs"} for c in text)
    return bool(text) and plain and not any(mark in text for mark in ("{{", "{%", "{#"))


def find_defaults(root: Path) -> dict[str, str]:
    """Return answers that this machine suggests.

    Args:
        root: A folder for git to stand in.

    Returns:
        Any of ``author_name``, ``author_email`` and ``python_version``.
    """
    told = os.environ.get("ML_TEMPLATE_DETECT", "").strip()
    if told.lower() in {"off", "no", "0", "false"}:
        return {}
    if told.startswith("{"):
        given = json.loads(told)
        return {k: v for k, v in given.items() if isinstance(v, str)}
    found = {"python_version": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for line in run_git(root, "config", "--get-regexp", r"^user\.(name|email)$").splitlines():
        key, _, value = line.partition(" ")
        found[f"author_{key.rpartition('.')[2].lower()}"] = value.strip()
    return found


def apply_defaults(questions: dict[str, Any], found: dict[str, str]) -> None:
    """Make found answers the defaults: replace a text, move a choice to the front.

    Args:
        questions: The content of cookiecutter.json; changed in place.
        found: Answers by key. One that is no question, no choice or not plain is passed over.
    """
    for key, value in found.items():
        question = questions.get(key)
        if key.startswith("_") or question is None or not is_plain(value):
            continue
        if isinstance(question, str):
            questions[key] = value
        elif isinstance(question, list) and value in question:
            questions[key] = [value, *(choice for choice in question if choice != value)]


def find_commit(root: Path) -> str:
    """Return the commit that a clone stands at, or "" for anything that is no clone."""
    # Without its own .git, git would answer for a repository around the temporary folder.
    return run_git(root, "rev-parse", "--verify", "HEAD") if (root / ".git").exists() else ""


def main(root: Path) -> None:
    """Prepare the copy of the template at ``root``."""
    restore_body(root)
    path = root / "cookiecutter.json"
    questions = json.loads(path.read_text(encoding="utf-8"))
    questions["_commit"] = find_commit(root)
    try:
        apply_defaults(questions, find_defaults(root))
    finally:
        text = json.dumps(questions, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path.cwd())
    except Exception as error:  # a default that can't be found must not stop a scaffold
        print(f"ml-template: no defaults from this machine ({error})", file=sys.stderr)
