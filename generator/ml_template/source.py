"""The template as files: in the installed wheel, or in the checkout that this package runs from."""

from __future__ import annotations

import importlib.util
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import UserError

LINK = "{{cookiecutter.project_slug}}"  # the folder that cookiecutter looks for


@dataclass(frozen=True)
class TemplateSource:
    """The template's files and what they say.

    Attributes:
        root: The folder with cookiecutter.json, hooks/ and template/.
        questions: Default or list of choices by key, in the order of asking.
        prompts: A sentence, or a sentence and one for each choice, by key.
        private: What is no question: cookiecutter's own settings, by keys that start with "_".
    """

    root: Path
    questions: dict[str, str | list[str]]
    prompts: dict[str, str | dict[str, str]]
    private: dict[str, Any]

    def load_hook(self, name: str) -> ModuleType:
        """Import a hook's functions.

        Args:
            name: ``pre_prompt`` or ``pre_gen_project``.

        Returns:
            The hook as a module; its ``__main__`` part has not run.
        """
        path = self.root / "hooks" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"ml_template_hook_{name}", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"no hook at {path}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def copy_to(self, folder: Path) -> None:
        """Copy what cookiecutter reads, with the folder name that it looks for.

        Args:
            folder: A new folder. The body gets the link's name: a wheel and Windows have no link.
        """
        leftovers = shutil.ignore_patterns("__pycache__", ".*_cache", ".DS_Store")
        folder.mkdir()
        shutil.copy(self.root / "cookiecutter.json", folder)
        shutil.copytree(self.root / "hooks", folder / "hooks", ignore=leftovers)
        shutil.copytree(self.root / "template", folder / LINK, ignore=leftovers)


def find_template() -> TemplateSource:
    """Find and read the template.

    Returns:
        The wheel's copy, or the checkout's files for an editable installation.

    Raises:
        UserError: If neither is there, so that the installation is broken.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "_template", package.parents[1]):
        path = root / "cookiecutter.json"
        if path.is_file():
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return TemplateSource(
                root=root,
                questions={k: v for k, v in content.items() if not k.startswith("_")},
                prompts=content.get("__prompts__", {}),
                private={
                    k: v for k, v in content.items() if k.startswith("_") and k != "__prompts__"
                },
            )
    raise UserError(
        f"the template is missing from the installation at {package}: "
        "pip install --force-reinstall ml-template"
    )
