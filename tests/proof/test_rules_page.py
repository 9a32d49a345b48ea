"""docs/rules.md is what `make docs` writes."""

from __future__ import annotations

import runpy

from mllint.rules import all_rules


def test_the_page_is_up_to_date(repository):
    made = runpy.run_path(str(repository / "tools" / "write_rules.py"))["page"](all_rules())
    page = (repository / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == made, "run `make docs`"


def test_every_rule_is_on_the_page_and_is_linked_to(repository):
    page = (repository / "docs" / "rules.md").read_text(encoding="utf-8")
    for rule in all_rules():
        assert page.count(f"](#{rule.code})") == 1
        assert page.count(f'<a id="{rule.code}"></a>\n\n## {rule.name} ({rule.code})\n') == 1
