"""What `mllint --coverage` says of programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mllint.check import check
from mllint.output.coverage import render_coverage
from mllint.output.listing import Listing
from mllint.output.paint import PLAIN
from mllint.program.limits import LIMITS

LAUNCHER = 'from work import work\n\nif __name__ == "__main__":\n    work()\n'
WORK = "def work():\n    len([])\n    made = unheard_of()\n    made.run()\n"


@pytest.fixture
def coverage(tmp_path):
    """Returns a function that writes the coverage of some files in a format."""

    def write(format_name: str, **files: str) -> str:
        (tmp_path / "mllint.toml").write_text("")
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        outcome = check([tmp_path], use_cache=False)
        listing = Listing(outcome.findings, outcome.files, outcome.program)
        return render_coverage(listing, format_name, PLAIN, False).replace(f"{tmp_path}/", "")

    return write


def test_what_can_not_be_followed_is_named_with_its_place(coverage):
    text = coverage("full", train=LAUNCHER, work=WORK)
    assert "train.py can't follow:" in text
    assert "  unheard_of  work.py:3\n" in text
    assert "  made.run  work.py:4\n" in text
    assert "len" not in text.partition("can't follow")[2]


def test_programs_that_can_not_follow_the_same_are_named_together(coverage):
    other = "from work import work\nfrom more import more\n\nwork()\nmore()\n"
    text = coverage(
        "full",
        one=LAUNCHER,
        two=LAUNCHER,
        other=other,
        work=WORK,
        more="import x\n\n\ndef more():\n    x.y.z()\n    unknown()\n",
    )
    assert text.count("can't follow:") == 2
    assert "one.py, two.py can't follow:" in text


def test_as_json(coverage):
    found = json.loads(coverage("json", train=LAUNCHER, work=WORK))
    (program,) = found["programs"]
    assert Path(program["filename"]).name == "train.py"
    assert program["calls"] - program["resolved"] == len(program["unresolved"]) == 2
    assert [each["row"] for each in program["unresolved"]] == [3, 4]


def test_without_a_program_that_is_said(coverage):
    assert coverage("full", work=WORK) == "No program begins in these files: nothing to follow.\n"


CHAIN = "\n".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(20))
LIMITED = {
    "recursion": "import torch\n\ndef wrap(m, n):\n"
    "    return wrap(torch.nn.Tanh(m), n) if n else m\n\n"
    "torch.optim.SGD(wrap(torch.nn.ReLU(), 9).parameters()).step()\n",
    "values": "import torch\n\nmade = {"
    + ", ".join(f"{n}: torch.nn.L{n}" for n in range(20))
    + "}\n"
    "net = made[size](3)\ntorch.optim.SGD(net.parameters()).step()\n",
    "nesting": "\n".join(["x0 = open", *(f"x{n} = x{n - 1}" for n in range(1, 60)), "x59('a')"]),
    "scenes": f"{CHAIN}\nimport wandb\nwandb.init()\nf0(wandb).log(0)\n\n"
    "def f20(x):\n    return x.log(1, step=f21())\n\ndef f21():\n    return 3\n",
    "calls": "import pandas as pd\nfrom sklearn.model_selection import train_test_split\n\n"
    f"{CHAIN}\ndef f20(x):\n    return x\n\ntrain, test = train_test_split(f0(pd.read_csv('a')))\n"
    "if __name__ == '__main__':\n    print(train.shape)\n",
    "rows": "import pandas as pd\nfrom sklearn.model_selection import train_test_split\n\n"
    "train, test = train_test_split(pd.read_csv('a'))\n"
    + "train = train + 1\n" * 15_000
    + "if __name__ == '__main__':\n    print(train.shape)\n",
}


@pytest.mark.parametrize("kind", LIMITED)
def test_a_limit_that_is_met_is_said(kind, coverage):
    found = json.loads(coverage("json", main=LIMITED[kind]))
    (program,) = found["programs"]
    met = [each for each in program["limits"] if each["limit"] == kind]
    assert {Path(each["filename"]).name for each in met} == {"main.py"}
    text = coverage("full", main=LIMITED[kind])
    assert f"{len(met):6}  {LIMITS[kind]}: " in text
    place = "main.py:1\n" if kind in ("nesting", "values", "rows") else f"(main.py:{met[0]['row']})"
    assert place in text


def test_what_is_followed_to_its_end_meets_no_limit(coverage):
    (program,) = json.loads(coverage("json", train=LAUNCHER, work=WORK))["programs"]
    assert program["limits"] == []


def test_a_notebook_says_the_cell(coverage, tmp_path):
    cells = [{"cell_type": "code", "source": text} for text in ("import torch", "a.step()")]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    text = coverage("full")
    assert "n.ipynb:cell 1:1 " in text
    assert "  a.step  n.ipynb:cell 2:1\n" in text
