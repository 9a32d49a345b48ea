"""Every rule finds each of its bad examples once, and is silent on the good ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mllint.check import Outcome, check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings
from mllint.fixes.engine import mend
from mllint.rules import all_rules
from mllint.rules.base import Example, Rule

BAD = [(rule, example) for rule in all_rules() for example in rule.bad]
GOOD = [(rule, example) for rule in all_rules() for example in rule.good]


def codes(example: Example, folder: Path) -> list[str]:
    files = {"train.py": example} if isinstance(example, str) else example
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings = make_settings(folder, Layer(folder, {"select": ["ALL"]}))
    return [each.code for each in check([folder], use_cache=False, settings=settings).findings]


@pytest.mark.parametrize(("rule", "example"), BAD, ids=lambda value: getattr(value, "code", ""))
def test_bad(rule: Rule, example: Example, tmp_path):
    assert codes(example, tmp_path).count(rule.code) == 1


@pytest.mark.parametrize(("rule", "example"), GOOD, ids=lambda value: getattr(value, "code", ""))
def test_good(rule: Rule, example: Example, tmp_path):
    assert rule.code not in codes(example, tmp_path)


def test_every_rule_is_complete():
    seen: set[str] = set()
    for rule in all_rules():
        assert {rule.code, rule.name}.isdisjoint(seen)
        seen |= {rule.code, rule.name}
        assert rule.__doc__
        assert rule.bad
        assert rule.good
        assert rule.severity in ("error", "warning", "note")
        assert len(rule.fixed) in (0, len(rule.bad))


TRAINING = """import torch
optimizer = torch.optim.SGD([], lr=0.1)
for x in data:
    optimizer.step(){comment}
torch.save(optimizer, "o.pt")
"""


def test_a_comment_suppresses(tmp_path):
    text = TRAINING.format(comment="")
    head = "# mllint: ignore-file[MLR001] a benchmark\n"
    assert codes(text, tmp_path) == ["MLR001"]
    assert codes(head + text, tmp_path) == []
    assert codes(head.replace("MLR001", "MLC001") + text, tmp_path) == ["MLX001", "MLR001"]
    assert codes(head.replace("[MLR001]", "") + text, tmp_path) == []


def test_evidence_leads_from_the_beginning_to_the_step(tmp_path):
    (tmp_path / "train.py").write_text("from fitting import fit\nfit()\n")
    body = TRAINING.format(comment="").replace("\n", "\n    ").rstrip()
    (tmp_path / "fitting.py").write_text(f"def fit():\n    {body}\n")
    finding = check([tmp_path], use_cache=False).findings[0]
    assert (finding.path.name, finding.line, finding.code) == ("train.py", 2, "MLR001")
    notes = [(note.text, note.path and note.path.name, note.line) for note in finding.notes]
    assert ("reaches fit", "train.py", 2) in notes
    assert ("it trains here", "fitting.py", 5) in notes


def test_only_what_is_asked_for_is_reported_and_all_is_known(tmp_path):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "seeds.py").write_text("import torch\ntorch.manual_seed(0)\n")
    text = TRAINING.format(comment="")
    (tmp_path / "seeded.py").write_text(f"import seeds\n{text}")
    (tmp_path / "unseeded.py").write_text(text)
    (tmp_path / "other.py").write_text(text)
    asked = [tmp_path / "seeded.py", tmp_path / "unseeded.py"]
    found = check(asked, use_cache=False).findings
    assert [finding.path.name for finding in found] == ["unseeded.py"]


def test_a_notebook(tmp_path):
    cells = [
        {"cell_type": "code", "source": line} for line in TRAINING.format(comment="").split("\n\n")
    ]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    found = check([tmp_path], use_cache=False).findings
    assert [(each.code, each.cell, each.line) for each in found] == [("MLR001", 1, 1)]


FIXED = [
    (rule, example, fixed)
    for rule in all_rules()
    for example, fixed in zip(rule.bad, rule.fixed, strict=False)
]


@pytest.mark.parametrize(
    ("rule", "example", "fixed"), FIXED, ids=lambda value: getattr(value, "code", "")
)
def test_fixed(rule: Rule, example: Example, fixed: Example | None, tmp_path):
    files = {"train.py": example} if isinstance(example, str) else example
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings = make_settings(tmp_path, Layer(tmp_path, {"select": ["ALL"]}))

    def lint(given: Mapping[Path, bytes]) -> Outcome:
        outcome = check([tmp_path], use_cache=False, settings=settings, given=given)
        own = [each for each in outcome.findings if each.code == rule.code]
        return replace(outcome, findings=own)

    mending = mend(lint, unsafe=True)
    after = {each.path.relative_to(tmp_path).as_posix(): each.after for each in mending.files}
    expected = {"train.py": fixed} if isinstance(fixed, str) else fixed or {}
    changed = {name: text for name, text in expected.items() if text != files[name]}
    assert {name: content.decode() for name, content in after.items()} == changed


SPLIT_NOTEBOOK = (
    "from sklearn.datasets import load_wine\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.model_selection import train_test_split\n"
    "from sklearn.preprocessing import StandardScaler\n"
    "X, y = load_wine(return_X_y=True)",
    "X = StandardScaler().fit_transform(X)",
    "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)",
    "LogisticRegression().fit(X_train, y_train).score(X_test, y_test)",
)
ORDERS = [
    ((1, 2, 3, 4), "high", None),
    ((None, None, None, None), "high", None),
    ((9, 2, 3, 4), "high", None),  # not one of the cells that the leak is in
    ((1, 5, 3, 4), "medium", "cell 2 was last run behind cell 3"),
    ((1, 2, 4, 3), "medium", "cell 3 was last run behind cell 4"),
    ((1, 2, None, 1), "medium", "cell 2 was last run behind cell 4"),
    ((1, "2", [], 4), "high", None),
]


@pytest.mark.parametrize("key", ["execution_count", "prompt_number"])
@pytest.mark.parametrize(("counts", "confidence", "said"), ORDERS)
def test_cells_that_ran_in_another_order_make_a_finding_less_sure(
    counts, confidence, said, key, tmp_path
):
    cells = [
        {"cell_type": "code", "source": text, key: count}
        for text, count in zip(SPLIT_NOTEBOOK, counts, strict=True)
    ]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    (finding,) = check([tmp_path], use_cache=False).findings
    assert (finding.code, finding.confidence) == ("MLD001", confidence)
    last = finding.notes[-1].text
    assert last.startswith(said) if said else "was last run" not in last


TOP = """import sys
{between}
import torch
{behind}
for x, y in data():
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    print("loss", loss.item())
torch.save(model.state_dict(), "model.pt")
"""
TOPS = [
    ("", "\ntorch.manual_seed(0)", 5),
    ("sys.path.append('lib')", "\ntorch.manual_seed(0)", 5),
    ("try:\n    import apex\nexcept ImportError:\n    apex = None", "\ntorch.manual_seed(0)", 8),
    ("", "\noptimizer = torch.optim.SGD([])\nif optimizer:\n    x = 1\nimport late", 5),
]


@pytest.mark.parametrize(("between", "behind", "line"), TOPS)
def test_the_logger_comes_behind_the_imports(between, behind, line, tmp_path):
    (tmp_path / "train.py").write_text(TOP.format(between=between, behind=behind))
    settings = make_settings(tmp_path, Layer(tmp_path, {"select": ["MLL001"]}))
    mended = mend(
        lambda given: check([tmp_path], use_cache=False, settings=settings, given=given),
        unsafe=True,
    )
    lines = mended.files[0].after.decode().split("\n")
    assert lines[0] == "import logging"
    assert lines[line] == "logging.basicConfig(level=logging.INFO)"
