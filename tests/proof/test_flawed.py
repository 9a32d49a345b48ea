"""The flawed research repository in examples/: what a reviewer would list, and what the flaws cost.

Its data, `examples/cohort.py`, are drawn so that nothing predicts anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from mllint.check import check
from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings
from mllint.finding import Finding

FAST = ("num_workers=0",)  # starting loader workers takes longer than these epochs
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Expected(NamedTuple):
    code: str
    file: str
    line: int
    cell: int = 0


# As a reviewer would write them down, file by file.
REVIEW = {
    "the test part is another one in each run": Expected("MLR006", "baselines.py", 21),
    "each forest is another one": Expected("MLR005", "baselines.py", 24),
    "the forest is chosen by its score on the test part": Expected("MLE002", "baselines.py", 27),
    "scaled before it is split": Expected("MLD001", "data.py", 17),
    "genes chosen with the test patients' responses": Expected("MLD004", "data.py", 18),
    "all loader workers add the same noise, each epoch": Expected("MLR003", "data.py", 27),
    "missing values filled with means of all rows": Expected("MLD007", "explore.ipynb", 2, 3),
    "copies of a patient on both sides of the split": Expected("MLD003", "explore.ipynb", 4, 4),
    "the epoch is chosen by its score on the test part": Expected("MLE001", "train.py", 50),
    "nothing of a run is left but the terminal": Expected("MLL001", "train.py", 53),
    "standardised by hand before it is split": Expected("MLD007", "train_old.py", 10),
    "the old split is not seeded": Expected("MLR006", "train_old.py", 13),
    "the abstract's numbers can't be had again": Expected("MLR001", "train_old.py", 19),
    "the abstract's model is gone": Expected("MLC001", "train_old.py", 25),
    "the old script prints, too": Expected("MLL001", "train_old.py", 26),
    "set_seed forgets PyTorch": Expected("MLR002", "utils.py", 11),
    "PYTHONHASHSEED comes too late": Expected("MLR009", "utils.py", 13),
    "deterministic and benchmark at once": Expected("MLR010", "utils.py", 15),
}


def findings(folder: Path, *rules: str) -> list[Finding]:
    settings = make_settings(folder, Layer(folder, {"select": list(rules)} if rules else {}))
    return check([folder], use_cache=False, settings=settings).findings


def test_what_is_found_is_what_a_reviewer_would_list():
    found = [
        Expected(each.code, each.path.name, each.line, each.cell)
        for each in findings(EXAMPLES / "flawed")
    ]
    assert sorted(found) == sorted(REVIEW.values())


def test_the_same_research_done_right_has_no_finding():
    assert findings(EXAMPLES / "mended", "ALL") == []


@pytest.fixture
def copy(tmp_path):
    """Returns a function that copies an example, with a cohort, and returns its folder."""

    def new(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(
            EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "data")
        )
        run(folder, EXAMPLES / "cohort.py")
        return folder

    return new


def run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def scores(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"\b[01]\.\d{3,4}\b", text)]


@pytest.mark.slow
def test_the_flaws_make_noise_look_like_a_result(copy):
    flawed, mended = copy("flawed"), copy("mended")
    crossed, honest = (scores(run(each, "baselines.py")) for each in (flawed, mended))
    assert max(crossed) > 0.8
    assert max(honest) < 0.7
    wishful, true = (
        scores(run(each, "train.py", *FAST, "epochs=12"))[-1] for each in (flawed, mended)
    )
    assert wishful > 0.7
    assert true < 0.65


@pytest.mark.slow
def test_the_mended_run_goes_on_where_it_was_ended(copy):
    whole = copy("mended")
    run(whole, "train.py", *FAST, "epochs=4")
    halves = whole.with_name("halves")
    shutil.copytree(whole, halves, ignore=shutil.ignore_patterns("runs"))
    run(halves, "train.py", *FAST, "epochs=2")
    run(halves, "train.py", *FAST, "epochs=4")
    lines = [(each / "runs" / "metrics.jsonl").read_text().splitlines() for each in (whole, halves)]
    assert [line for line in lines[1] if "epoch" in line] == lines[0][:4]
    assert lines[1][-1] == lines[0][-1]


def test_what_can_be_fixed_is_fixed_and_stays_so(copy):
    folder = copy("flawed")
    before = findings(folder)
    fixable = [each for each in before if each.report and each.report.fix]
    safe = [each for each in fixable if each.report.fix.is_safe]
    assert 0 < len(safe) < len(fixable)
    fix = ("-m", "mllint", ".", "--fix", "--exit-zero", "--no-cache")
    for options, mended in (((), safe), (("--unsafe-fixes",), fixable)):
        run(folder, *fix, *options)
        left = {(each.code, each.path, each.message) for each in findings(folder)}
        assert left.isdisjoint((each.code, each.path, each.message) for each in mended)
        texts = {path: path.read_bytes() for path in folder.glob("*.*")}
        run(folder, *fix, *options)
        assert texts == {path: path.read_bytes() for path in folder.glob("*.*")}
    for path in folder.glob("*.py"):
        compile(path.read_text(), path, "exec")
    assert scores(run(folder, "baselines.py"))


def test_two_runs_say_the_same():
    command = ("-m", "mllint", str(EXAMPLES / "flawed"), "--no-cache", "--exit-zero")
    assert run(EXAMPLES, *command) == run(EXAMPLES, *command)
