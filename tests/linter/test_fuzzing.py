"""Whatever comes in, what reads it says what is wrong with it, or reads it; it never breaks.

The generators are guided by coverage: hypothesis is told how many lines of the linter an input
went through, and looks for more. MLLINT_FUZZ is how many inputs each test tries.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, target
from hypothesis import strategies as st

import mllint
from mllint.cells import plain_cell
from mllint.check import check
from mllint.configuration.reading import ConfigurationError, read_layer
from mllint.configuration.settings import make_settings
from mllint.document import Document, UnreadableDocumentError, read_document
from mllint.facts.lines import logical_lines
from mllint.facts.module import EncodedFacts, encode
from mllint.facts.reading import facts_of
from mllint.output import render
from mllint.output.listing import Listing
from mllint.program.configs import targets_in
from mllint.rules import all_rules
from mllint.suppressions import read_suppressions
from mllint.syntax import failure_of

PACKAGE = str(Path(mllint.__file__).parent)
fuzzed = settings(
    max_examples=int(os.environ.get("MLLINT_FUZZ", "80")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def guided(run: Callable[[], Any]) -> Any:
    """Run something, and tell hypothesis how much of the linter it went through."""
    lines: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return run()
    finally:
        sys.settrace(before)
        target(float(len(lines)), label="lines")


def pieces(*vocabulary: str, size: int = 30) -> st.SearchStrategy[str]:
    """Texts put together from a vocabulary, and from anything."""
    piece = st.sampled_from(vocabulary) | st.text(max_size=4)
    return st.lists(piece, max_size=size).map("".join)


COMMENTS = pieces(
    *("# mllint: ignore", "-file", "-cell", "[", "]", "MLR001", ",", " ", "unseeded-split", "*"),
    *(
        "# noqa",
        ": MLR001",
        "\n",
        "x = 1",
        "    ",
        "'''",
        '"',
        "\\\n",
        "(",
        ")",
        "if x:\n",
        "é",
        "\f",
    ),
)


@fuzzed
@given(COMMENTS)
def test_suppressions(text):
    found = guided(lambda: list(read_suppressions(text, logical_lines(text))))
    count = text.count("\n") + 1
    assert all(0 < each.line <= count and each.first <= each.line for each in found)


CELL = pieces(
    *(
        "%",
        "%%",
        "!",
        "?",
        "time ",
        "timeit -n 1 ",
        "run ",
        "a.py",
        "x",
        " = ",
        "ls",
        "\n",
        "  ",
        "'",
    ),
    *("'''", '"""', "(", ")", "[", "]", "\\", "#", "bash", "pip install ", "%matplotlib", ";", ","),
)


@fuzzed
@given(CELL)
def test_cells_keep_their_lines(text):
    lines = text.split("\n")
    assert len(guided(lambda: plain_cell(lines)).lines) == len(lines)


KEYS = [
    *("cells", "cell_type", "source", "input", "worksheets", "metadata", "language_info", "name"),
    *("kernelspec", "language", "execution_count", "prompt_number", "outputs"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(float("nan")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3),
            inner | st.sampled_from(["code", "markdown", "python", "x = (", "x = 1\n"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)
CELLS = st.fixed_dictionaries(
    {"cell_type": st.just("code") | JSON},
    optional={"source": CELL | st.lists(CELL, max_size=3) | JSON, "execution_count": JSON},
)
NOTEBOOKS = JSON | st.fixed_dictionaries({"cells": st.lists(CELLS, max_size=4) | JSON})


@fuzzed
@given(NOTEBOOKS, st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "latin-1"]))
def test_notebooks(content, encoding):
    data = json.dumps(content).encode(encoding)
    try:
        document = guided(lambda: read_document(Path("n.ipynb"), data))
    except UnreadableDocumentError:
        return
    assert len(document.places) <= document.text.count("\n")
    assert failure_of(document.text) is None


@fuzzed
@given(st.binary(max_size=60), st.sampled_from([".py", ".ipynb"]))
def test_bytes(data, suffix):
    outline, body, _ = guided(lambda: facts_of(lambda: read_document(Path(f"x{suffix}"), data)))
    assert outline.failure is None or not body
    facts = encode(outline, body)
    assert EncodedFacts(*facts).read_outline() == outline


TOML = pieces(
    *(
        "select",
        "ignore",
        "per-file-ignores",
        "seeds",
        "exclude",
        "cache-dir",
        "output-format",
        "=",
    ),
    *(
        " = ",
        "[",
        "]",
        "[tool.mllint]",
        "\n",
        '"MLR001"',
        '"MLR"',
        '"**/x.py"',
        "{",
        "}",
        ",",
        "true",
    ),
    *("3", '"json"', '"lab.fix"', '"~"', "'", '"', ".", "force-exclude", "1979-05-27", "# c"),
)


@fuzzed
@given(TOML, st.sampled_from(["mllint.toml", "pyproject.toml"]))
def test_configurations(text, name):
    folder = scratch()
    (folder / name).write_text(text, encoding="utf-8")

    said = guided(lambda: mistake_in(folder / name))
    assert said is None or re.fullmatch(rf"{re.escape(str(folder / name))}(:\d+)?: .+", said)


def mistake_in(path: Path) -> str | None:
    """Return what is said of a configuration file; None if nothing is wrong with it."""
    try:
        make_settings(path.parent, configuration=read_layer(path))
    except ConfigurationError as error:
        return str(error)
    return None


YAML = pieces("_target_", ": ", "a", ".b", "\n", "  ", "- ", "{", "}", "'", "#", "&x", "*x", "\t")


@fuzzed
@given(YAML)
def test_yaml(text):
    for path, name in guided(lambda: list(targets_in(text))):
        assert re.fullmatch(r"[\w.]+", name)
        assert all(path)


@cache
def scratch() -> Path:
    """A folder for all inputs of this process."""
    import tempfile

    return Path(tempfile.mkdtemp(prefix="mllint-fuzz-"))


SOURCES = [
    text
    for rule in all_rules()
    for example in (*rule.bad, *rule.good)
    for name, text in ({"a.py": example} if isinstance(example, str) else example).items()
    if name.endswith(".py") and text.strip()
]
TOKEN = re.compile(r"\w+|[^\w\s]|\s+")


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """Draw an example of a rule that is changed in a few places, by pieces of others."""
    tokens = TOKEN.findall(draw(st.sampled_from(SOURCES)))
    others = TOKEN.findall(draw(st.sampled_from(SOURCES)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(tokens)))
        match draw(st.sampled_from(["drop", "repeat", "swap", "take"])):
            case "drop":
                del tokens[at : at + draw(st.integers(1, 3))]
            case "repeat":
                tokens[at:at] = tokens[at : at + draw(st.integers(1, 12))]
            case "swap":
                tokens[at : at + 1] = [draw(st.sampled_from(others))]
            case "take":
                start = draw(st.integers(0, len(others)))
                tokens[at:at] = others[start : start + draw(st.integers(1, 12))]
    return "".join(tokens)


@fuzzed
@given(mutants())
def test_facts_of_changed_examples(text):
    outline, body, _ = guided(lambda: facts_of(lambda: Document(Path("x.py"), text)))
    assert (outline.failure is None) == (failure_of(text) is None) or not body


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project in which one file is changed again and again."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "mllint.toml").write_text('select = ["ALL"]\n')
    (folder / "conf.yaml").write_text("model:\n  _target_: train.Net\n")
    return folder


@fuzzed
@given(st.lists(mutants(), min_size=1, max_size=2))
def test_no_rule_breaks_on_changed_examples(project, texts):
    assume(all(failure_of(text) is None for text in texts))
    for name, text in zip(("train.py", "data.py"), texts, strict=False):
        (project / name).write_text(text, encoding="utf-8")
    outcome = check([project], use_cache=False, jobs=1)
    listing = Listing(outcome.findings, outcome.files, outcome.program)
    for name in ("full", "sarif", "json"):
        render(name, listing)
