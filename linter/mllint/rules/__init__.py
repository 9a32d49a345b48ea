"""The rules: a folder for each family, a file for each rule."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from .base import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return an instance of each rule, by code. A new file in a family's folder is enough."""
    found: list[Rule] = []
    for family in pkgutil.iter_modules(__path__):
        if not family.ispkg:
            continue
        package = importlib.import_module(f"{__name__}.{family.name}")
        for file in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{file.name}")
            for _, each in inspect.getmembers(module, inspect.isclass):
                if issubclass(each, Rule) and each.__module__ == module.__name__:
                    found.append(each())
    return tuple(sorted(found, key=lambda rule: rule.code))


@cache
def _by_name() -> dict[str, Rule]:
    return {name: rule for rule in all_rules() for name in (rule.code, rule.name)}


def rule_of(name: str) -> Rule:
    """Return the rule with a code or name.

    Raises:
        KeyError: If there is none.
    """
    return _by_name()[name]
