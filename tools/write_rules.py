"""Write docs/rules.md: every rule of mllint, from the rules themselves.

python tools/write_rules.py          (or `make docs`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from mllint.documentation import family, is_fixable, markdown, summary
from mllint.rules import all_rules
from mllint.rules.base import Rule

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rules.md"
HEAD = """# The rules of mllint

Written by `make docs` from the rules themselves, which `mllint rule CODE` shows one by one.
`mllint rules` lists them, and `mllint rules --output-format json` gives all of this to a program.

An error is a wrong result or lost work, a warning a real defect with bounds, a note advice, which
never fails a run. Where a finding is meant, say so: `# mllint: ignore[CODE] reason`.
"""


def page(rules: tuple[Rule, ...]) -> str:
    """Return the page: a table of each family, then each rule."""
    parts = [HEAD]
    for name, group in groupby(rules, key=family):
        parts.append(f"## {name.capitalize()}\n\n{table(group)}")
    parts += [f'<a id="{rule.code}"></a>\n\n{section(rule)}' for rule in rules]
    return "\n".join(parts)


def table(rules: Iterator[Rule]) -> str:
    """Return one family's rules."""
    lines = ["| rule | what is wrong | severity | fix |", "|---|---|---|---|"]
    for rule in rules:
        link = f"[{rule.code}](#{rule.code}) `{rule.name}`"
        said = summary(rule).replace("|", "\\|")
        lines.append(f"| {link} | {said} | {rule.severity} | {'yes' if is_fixable(rule) else ''} |")
    return "\n".join(lines) + "\n"


def section(rule: Rule) -> str:
    """Return a rule's page with its headings one level down."""
    lines, is_code = [], False
    for line in markdown(rule).splitlines():
        is_code ^= bool(re.match(r"```|~~~", line))
        lines.append(f"#{line}" if line.startswith("#") and not is_code else line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(all_rules()), encoding="utf-8")
