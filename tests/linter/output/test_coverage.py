"""What `mllint --coverage` says of programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mllint.check import check
from mllint.output.coverage import render_coverage
from mllint.output.listing import Listing
from mllint.output.paint import PLAIN

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
