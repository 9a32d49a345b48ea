"""``mllint rule`` and ``mllint rules``."""

from __future__ import annotations

import json
import re

import pytest

from mllint.rules import all_rules


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_is_explained(rule, run):
    status, out, _ = run("rule", rule.code)
    assert status == 0
    assert out.startswith(f"# {rule.name} ({rule.code})\n\n*{rule.severity} · ")
    assert "\n## Example\n\n" in out
    assert "``" not in out.replace("```", "")
    assert run("rule", rule.name)[1] == run("rule", rule.code.lower())[1] == out


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_says_what_is_wrong_why_and_what_to_do(rule, run):
    said = json.loads(run("rule", rule.code, "--output-format", "json")[1])
    assert (said["code"], said["name"], said["severity"]) == (rule.code, rule.name, rule.severity)
    assert said["summary"].endswith(".")
    assert len(said["bad"]) == len(rule.bad)
    assert said["fixable"] == any(rule.fixed)
    assert len(said["explanation"].split("\n## ")[0].split("\n\n")) > 4


def test_a_name_that_no_rule_has(run):
    expected = "mllint: no rule has the code or name 'MLX02'; did you mean 'MLX002'?\n"
    assert run("rule", "MLX02") == (2, "", expected)
    status, _, err = run("rule")
    assert status == 2
    assert "name a rule" in err


def test_all_rules_are_listed(run):
    status, out, _ = run("rules")
    assert status == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [rule.code for rule in all_rules()]
    listed = json.loads(run("rules", "--output-format", "json")[1])
    assert [each["name"] for each in listed] == [rule.name for rule in all_rules()]
    assert len(json.loads(run("rule", "--all", "--output-format", "json")[1])) == len(listed)


@pytest.mark.parametrize("columns", [60, 100, 160])
def test_the_list_fits_the_terminal(columns, process):
    out = process("rules", FORCE_COLOR="1", COLUMNS=str(columns)).stdout
    lines = re.sub(r"\x1b\[[\d;]*m", "", out).split("\n")
    assert max(map(len, lines)) <= columns
    for rule in all_rules():
        assert rule.code in out
        assert rule.name in out
    assert len(lines) < 4 * len(all_rules())  # what is wrong takes a few lines, not one a word


def test_colours_on_a_terminal(process):
    for arguments in (["rule", "MLX001"], ["rules"]):
        assert "\x1b[" in process(*arguments, FORCE_COLOR="1").stdout
        assert "\x1b[" not in process(*arguments).stdout
