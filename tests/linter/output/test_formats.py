"""Findings for programs: every format says all that it can, and is what it claims to be."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from mllint.check import check
from mllint.configuration.keys import FORMATS
from mllint.output import render
from mllint.output.listing import Listing

from .conftest import TRAIN, listed

PLACES = [  # code, file, cell, first line and column, last line and column
    ("MLX001", "notes.ipynb", 2, (3, 8), (3, 32)),
    ("MLX002", "sub dir/broken.py", 0, (2, 5), (2, 6)),
    ("MLR001", "train.py", 0, (4, 1), (4, 33)),
    ("MLX001", "train.py", 0, (5, 16), (5, 56)),
]
RUFFS_KEYS = {"cell", "code", "end_location", "filename", "fix", "location", "message"}
RUFFS_KEYS |= {"noqa_row", "url"}


def test_json(listing, folder):
    found = json.loads(render("json", listing))
    said = [
        (each["code"], each["filename"], each["cell"] or 0,
         (each["location"]["row"], each["location"]["column"]),
         (each["end_location"]["row"], each["end_location"]["column"]))
        for each in found
    ]  # fmt: skip
    assert said == [(code, str(folder / name), *rest) for code, name, *rest in PLACES]
    for each in found:
        assert each.keys() == RUFFS_KEYS | {"name", "severity", "confidence", "notes"}
        assert each["noqa_row"] == each["location"]["row"]
    lines = render("json-lines", listing).splitlines()
    assert [json.loads(line) for line in lines] == found


def test_json_says_what_fixes_change_as_ruff_does(listing):
    found = json.loads(render("json", listing))
    assert found[1]["fix"] is None
    assert found[3]["fix"] == {
        "applicability": "safe",
        "edits": [
            {
                "content": "",
                "location": {"row": 5, "column": 14},
                "end_location": {"row": 5, "column": 56},
            }
        ],
        "message": "Remove the comment that suppresses nothing",
    }
    edit = found[0]["fix"]["edits"][0]
    assert edit["location"] == {"row": 3, "column": 6}


def test_json_has_the_evidence_in_order(listing, folder):
    notes = json.loads(render("json", listing))[2]["notes"]
    places = [(note["filename"], note["row"]) for note in notes]
    assert places[0] == (str(folder / "train.py"), 4)
    assert (str(folder / "fitting.py"), 3) in places
    assert places[-1] == (None, None)


def test_sarif_is_what_the_schema_says(listing, folder):
    log = json.loads(render("sarif", listing))
    Sarif.model_validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MLR001", "MLX001", "MLX002"]
    assert all(rule["help"]["markdown"].startswith("# ") for rule in rules)
    assert all("#" not in rule["help"]["text"].partition("\n")[0] for rule in rules)
    results = run["results"]
    assert [each["ruleId"] for each in results] == [code for code, *_ in PLACES]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in results)
    assert [each["level"] for each in results] == ["warning", "error", "warning", "warning"]
    artifact = results[1]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "sub%20dir/broken.py", "uriBaseId": "SRCROOT"}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == f"{folder.as_uri()}/"
    related = results[2]["relatedLocations"]
    uris = [each["physicalLocation"]["artifactLocation"]["uri"] for each in related]
    assert "fitting.py" in uris
    assert results[3]["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
    assert "fixes" not in results[0]  # its lines are those of a cell


@pytest.mark.parametrize("format_name", FORMATS)
def test_nothing_found_is_said_in_every_format(format_name, tmp_path):
    (tmp_path / "mllint.toml").write_text("")
    (tmp_path / "a.py").write_text("x = 1\n")
    for folder in (tmp_path, tmp_path / "empty"):
        folder.mkdir(exist_ok=True)
        outcome = check([folder], use_cache=False)
        text = render(format_name, Listing(outcome.findings, outcome.files, outcome.program))
        if format_name == "sarif":
            Sarif.model_validate_json(text)
        elif format_name in ("json", "gitlab"):
            assert json.loads(text) == []
        elif format_name == "junit":
            assert ElementTree.fromstring(text).get("failures") == "0"
        else:
            assert text == ""


def marks(listing: Listing) -> list[str]:
    """Return the fingerprints as both formats say them."""
    results = json.loads(render("sarif", listing))["runs"][0]["results"]
    gitlab = [each["fingerprint"] for each in json.loads(render("gitlab", listing))]
    assert [each["partialFingerprints"]["mllint/v1"] for each in results] == gitlab
    return gitlab


def test_fingerprints_stay_when_lines_move(listing, folder):
    before = marks(listing)
    (folder / "train.py").write_text("# one\n# two\n" + TRAIN)
    moved = listed(folder)
    assert marks(moved) == before
    assert moved.findings[2].line == 6


def test_fingerprints_of_equal_lines_differ(folder):
    (folder / "train.py").write_text("x = 1  # mllint: ignore\n" * 3)
    found = json.loads(render("gitlab", listed(folder)))
    assert len({each["fingerprint"] for each in found}) == len(found)


def test_gitlab(listing):
    found = json.loads(render("gitlab", listing))
    assert [each["severity"] for each in found] == ["major", "critical", "major", "major"]
    assert found[1]["location"] == {
        "path": "sub dir/broken.py",
        "positions": {"begin": {"line": 2, "column": 5}, "end": {"line": 2, "column": 6}},
    }
    assert all(each["check_name"] and each["description"] for each in found)


def test_github(listing, folder):
    lines = render("github", listing).splitlines()
    assert lines[1].startswith(
        f"::error title=mllint (MLX002),file={folder}/sub dir/broken.py,line=2,col=5,endLine=2,"
        "endColumn=6::sub dir/broken.py:2:5: MLX002 File not checked"
    )
    assert lines[0].startswith("::warning title=mllint (MLX001),")
    assert "line=1,col=1" in lines[0]  # a cell's lines are not the file's
    assert "::notes.ipynb:cell 2:3:8: MLX001" in lines[0]
    (folder / "a,b:c%.py").write_text("x = (\n")
    assert "a%2Cb%3Ac%25.py,line=1" in render("github", listed(folder))


def test_junit(listing):
    suites = ElementTree.fromstring(render("junit", listing).encode())
    assert (suites.get("tests"), suites.get("failures")) == ("4", "4")
    assert [suite.get("name") for suite in suites] == [
        "notes.ipynb",
        "sub dir/broken.py",
        "train.py",
    ]
    case = suites[2][0]
    assert case.get("name") == "org.mllint.MLR001"
    assert case.get("line") == "4"
    failure = case.find("failure")
    assert failure is not None
    assert "fitting.py:3: it trains here" in (failure.text or "")
