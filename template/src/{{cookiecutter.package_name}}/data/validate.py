"""`validate-data`: look at the data before training on it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ..errors import UserError
from . import load_source, split_source
from .integrity import Check, fingerprint, hash_samples, run_checks

if TYPE_CHECKING:
    from ..config import Config

_MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "error": "[bold red]error[/]"}


def main(cfg: "Config") -> int:
    """Print a table of checks and a verdict.

    Args:
        cfg: the whole configuration; the group data is used.

    Returns:
        1 when leakage or corruption was found, or the data can't be read at all; else 0.
    """
    checks: list[Check] = []
    identity = ""
    try:
        source = load_source(cfg.data)
        digests = hash_samples(source)
        splits = split_source(cfg.data, source, digests)
        identity = fingerprint(source, splits, digests)
        checks.extend(run_checks(source, splits, digests))
    except UserError as error:
        checks.append(Check("loading", "error", str(error)))

    console = Console()
    console.print(checks_table(f"Data '{cfg.data.name}'", checks))
    if identity:
        console.print(f"fingerprint {identity}", highlight=False, soft_wrap=True)
    errors = [check.name for check in checks if check.status == "error"]
    warnings = [check.name for check in checks if check.status == "warning"]
    if errors:
        console.print(f"[bold red]Do not train on this data yet:[/] {', '.join(errors)}.")
        return 1
    if warnings:
        console.print(f"[yellow]Usable, but look at:[/] {', '.join(warnings)}.")
        return 0
    console.print("[green]No leakage, no corruption found.[/]")
    return 0


def checks_table(title: str, checks: Iterable[Check]) -> Table:
    """Return a table with a row for each check."""
    table = Table(title=title, title_justify="left")
    table.add_column("check", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("detail", overflow="fold")
    for check in checks:
        table.add_row(check.name, _MARKS[check.status], _escape(check.detail))
    return table


def _escape(text: str) -> str:
    """Keep rich from reading [brackets] in a path as markup."""
    return text.replace("[", "\\[")
