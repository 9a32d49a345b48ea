"""A rule's documentation: its docstring, its examples, and what is known of it, put together."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from .rules import rule_of
from .rules.base import Example, Rule


def paragraphs(rule: Rule) -> list[str]:
    """Return the paragraphs of a rule's docstring, as they stand."""
    return inspect.cleandoc(rule.__doc__ or "").split("\n\n")


def summary(rule: Rule) -> str:
    """Return what is wrong, in one sentence."""
    return one_line(paragraphs(rule)[0])


def one_line(text: str) -> str:
    """Return a paragraph without line breaks and without the marks of reStructuredText."""
    return " ".join(text.replace("``", "`").split())


def remedy(code: str) -> str:
    """Return the first sentence of what to write instead: the third paragraph."""
    said = paragraphs(rule_of(code))
    if len(said) < 3:
        return ""
    first = re.split(r"(?<=[a-z)\]`0-9][.;])\s", one_line(said[2]), maxsplit=1)[0]
    return first.rstrip(".;") + "."


def family(rule: Rule) -> str:
    """Return the family: the name of the folder that the rule's file is in."""
    return type(rule).__module__.split(".")[-2]


def is_fixable(rule: Rule) -> bool:
    """Tell whether there is a fix, for one of its bad examples at least."""
    return any(example is not None for example in rule.fixed)


def status(rule: Rule) -> str:
    """Return severity, default and fix in a line."""
    default = "on by default" if rule.is_default else "off by default"
    return f"{rule.severity} · {default} · {'fixable' if is_fixable(rule) else 'no fix'}"


def files(example: Example) -> Iterator[tuple[str, str]]:
    """Yield the name of each file of an example, empty if it is only one, and its text."""
    named = {"": example} if isinstance(example, str) else example
    for name, text in named.items():
        yield name, text.strip("\n")


def blocks(example: Example) -> Iterator[str]:
    """Yield the files of an example as blocks of Markdown."""
    for name, text in files(example):
        language = "json" if name.endswith(".ipynb") else name.rpartition(".")[2] or "python"
        language = {"py": "python", "yml": "yaml"}.get(language, language)
        fence = "```" if "```" not in text else "~~~"
        title = f"`{name}`\n\n" if name else ""
        yield f"{title}{fence}{language}\n{text}\n{fence}"


def examples(rule: Rule) -> Iterator[tuple[str, Example]]:
    """Yield a bad example, and what to write instead: the same mended, or a good one."""
    yield "Example", rule.bad[0]
    mended = rule.fixed[0] if rule.fixed else None
    yield ("Use instead", mended) if mended is not None else ("Not reported", rule.good[0])


def markdown(rule: Rule) -> str:
    """Return a rule's page."""
    parts = [f"# {rule.name} ({rule.code})", f"*{status(rule)}*"]
    parts += [re.sub(r"``(.+?)``", r"`\1`", text) for text in paragraphs(rule)]
    for title, example in examples(rule):
        parts += [f"## {title}", *blocks(example)]
    return "\n\n".join(parts) + "\n"


def plain(rule: Rule) -> str:
    """Return a rule's page as text."""
    return re.sub(r"(?m)^(#+ |```\w*\n?|~~~\w*\n?)", "", markdown(rule)).strip() + "\n"


def described(rule: Rule) -> dict[str, Any]:
    """Return all that is known of a rule, for programs."""
    return {
        "code": rule.code,
        "name": rule.name,
        "family": family(rule),
        "summary": summary(rule),
        "severity": rule.severity,
        "default": rule.is_default,
        "fixable": is_fixable(rule),
        "explanation": markdown(rule),
        "bad": [dict(files(example)) for example in rule.bad],
        "good": [dict(files(example)) for example in rule.good],
        "fixed": [None if each is None else dict(files(each)) for each in rule.fixed],
    }
