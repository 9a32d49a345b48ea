"""On which line a key stands."""

from __future__ import annotations

import pytest

from mllint.configuration.lines import line_of_item, line_of_key

TEXT = """# select = 1
[project]
select = 2

[tool.mllint]
ignore = [
  "MLR001",
  'MLL',
]
"extend-select" = []
per-file-ignores."a.py" = ["MLC"]

[tool.mllint.other]
select = 3
[tool]
mllint.seeds = ["x"]
inline = { deep = { key = 1 } }
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("project", "select"), 3),
        (("tool", "mllint", "ignore"), 6),
        (("tool", "mllint", "extend-select"), 10),
        (("tool", "mllint", "per-file-ignores", "a.py"), 11),
        (("tool", "mllint", "per-file-ignores"), 11),
        (("tool", "mllint", "other", "select"), 14),
        (("tool", "mllint", "seeds"), 16),
        (("tool", "inline", "deep", "key"), 17),
        (("tool", "mllint"), 5),
        (("nowhere",), 1),
    ],
)
def test_keys(keys, line):
    assert line_of_key(TEXT, keys) == line


def test_items_of_lists():
    assert line_of_item(TEXT, ("tool", "mllint", "ignore"), "MLL") == 8
    assert line_of_item(TEXT, ("tool", "mllint", "ignore"), "MLD") == 6
