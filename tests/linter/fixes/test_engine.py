"""Fixes made to a fixed point, by rules made for the purpose."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from mllint.cache import Cache
from mllint.check import Outcome
from mllint.facts.expressions import Call, Name, dotted, subexpressions
from mllint.facts.statements import header, walk
from mllint.finding import Finding
from mllint.fixes.changes import AddImport, Fix, Insert, Replace, Wrap
from mllint.fixes.engine import Lint, mend
from mllint.fixes.round import edits_of
from mllint.fixes.writing import UnwritableError, diff, write
from mllint.load import load_sources
from mllint.program.program import Program
from mllint.project import open_project
from mllint.rules.base import Report, Rule


class CallRule(Rule):
    """A call of something is not wanted, unless it is handed to another call."""

    name, severity, bad, good = "call", "error", (), ()
    code = "T1"
    called: ClassVar[str] = "bad"
    message: ClassVar[str] = "It is called."

    def __init__(self, make: Callable[[object, Call], Fix]) -> None:
        self.make = make

    def check(self, program: Program) -> Iterator[Report]:
        for module in program.modules:
            for statement in walk(module.body, True):
                hidden: set[int] = set()
                for part in subexpressions(header(statement)):
                    if isinstance(part, Call) and dotted(part.func) == "sorted":
                        hidden |= {id(each) for each in part.args}
                    is_called = isinstance(part, Call) and dotted(part.func) == self.called
                    if is_called and id(part) not in hidden:
                        fix = self.make(statement, part)
                        yield Report(module, statement, part, self.message, fix=fix)


def linter(folder: Path, rule: Rule) -> Lint:
    def lint(given: Mapping[Path, bytes]) -> Outcome:
        project = open_project([folder])
        program = Program(project, load_sources(project.files, Cache(None), 1, given))
        found = []
        for report in rule.check(program):
            document = report.module.source.document()
            assert document is not None
            place = document.place_of(report.statement.line)
            found.append(
                Finding(report.module.path, place.cell, place.line, 1, rule.code, report.message,
                        report=report)
            )  # fmt: skip
        return Outcome(found, len(project.checked))

    return lint


def in_order(statement, call, is_safe=True):
    return Fix("Sort it", (Wrap(statement, call, "sorted(", ")"),), is_safe)


def with_import(statement, call):
    return Fix("", (Replace(statement, call.func, "new.good"), AddImport("import new")), True)


def test_all_files_are_mended_and_none_is_written(tmp_path):
    texts = {"a.py": "x = bad(1) + bad(2)\nbad(3)\n", "b.py": "bad(\n  bad(4))\n", "c.py": "1\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    mending = mend(linter(tmp_path, CallRule(in_order)))
    assert mending.outcome.findings == []
    after = {file.path.name: file.after.decode() for file in mending.files}
    assert after == {
        "a.py": "x = sorted(bad(1)) + sorted(bad(2))\nsorted(bad(3))\n",
        "b.py": "sorted(bad(\n  sorted(bad(4))))\n",
    }
    assert [len(file.made) for file in mending.files] == [3, 2]
    assert {name: (tmp_path / name).read_text() for name in texts} == texts
    for file in mending.files:
        write(file)
    assert {name: (tmp_path / name).read_text() for name in texts} == texts | after
    assert mend(linter(tmp_path, CallRule(in_order))).files == []


def test_unsafe_fixes_are_made_when_asked_for(tmp_path):
    (tmp_path / "a.py").write_text("bad()\n")
    rule = CallRule(lambda statement, call: in_order(statement, call, is_safe=False))
    assert mend(linter(tmp_path, rule)).files == []
    assert len(mend(linter(tmp_path, rule)).outcome.findings) == 1
    (file,) = mend(linter(tmp_path, rule), unsafe=True).files
    assert file.after == b"sorted(bad())\n"


def test_an_import_that_two_fixes_need_is_added_once(tmp_path):
    (tmp_path / "a.py").write_text("import a\nbad()\nbad()\n")
    (file,) = mend(linter(tmp_path, CallRule(with_import))).files
    assert file.after == b"import a\nimport new\nnew.good()\nnew.good()\n"


def test_a_fix_that_mends_nothing_is_taken_back(tmp_path):
    (tmp_path / "a.py").write_text("bad()\n")
    rule = CallRule(lambda statement, call: Fix("", (Insert(statement, "new()"),), True))
    mending = mend(linter(tmp_path, rule))
    assert mending.files == []
    assert [each.line for each in mending.outcome.findings] == [1]


def test_fixes_that_go_round_in_circles_end(tmp_path):
    (tmp_path / "a.py").write_text("bad()\n")

    class Swap(CallRule):
        def check(self, program: Program) -> Iterator[Report]:
            for one, other in (("bad", "worse"), ("worse", "bad")):
                self.called, self.message, self.other = one, f"{one} is called.", other
                yield from super().check(program)

    rule = Swap(lambda statement, call: Fix("", (Replace(statement, Name(""), ""),), True))
    rule.make = lambda statement, call: Fix("", (Replace(statement, call.func, rule.other),), True)
    mending = mend(linter(tmp_path, rule))
    assert len(mending.outcome.findings) == 1
    assert mending.files == []


def test_what_would_not_compile_is_not_made(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    bad()\n    bad(1)\n")

    def make(statement, call):
        text = "return_()" if call.args else "(yield) = 1"
        return Fix("", (Insert(statement, text), *in_order(statement, call).changes), True)

    mending = mend(linter(tmp_path, CallRule(make)))
    assert len(mending.outcome.findings) == 1
    assert mending.files[0].after == b"def f():\n    bad()\n    return_()\n    sorted(bad(1))\n"


def test_a_change_in_one_file_shows_in_another(tmp_path):
    (tmp_path / "a.py").write_text("from b import value\nbad(value)\n")
    (tmp_path / "b.py").write_text("value = bad()\n")
    seen: list[int] = []
    lint = linter(tmp_path, CallRule(in_order))

    def counting(given: Mapping[Path, bytes]) -> Outcome:
        seen.append(len(given))
        return lint(given)

    mend(counting)
    assert seen == [0, 2]


def test_a_link_is_written_through_and_two_names_are_one_file(tmp_path):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "a.py"
    real.write_text("bad()\n")
    link = tmp_path / "z.py"
    link.symlink_to(real)
    mending = mend(linter(tmp_path, CallRule(in_order)))
    assert len(mending.files) == 1
    assert mending.outcome.findings == []
    write(mending.files[0])
    assert link.is_symlink()
    assert real.read_text() == "sorted(bad())\n"


def mended(folder: Path, text: str = "bad()\n"):
    (folder / "a.py").write_text(text)
    (file,) = mend(linter(folder, CallRule(in_order))).files
    return file


def test_the_mode_stays_and_nothing_is_left_behind(tmp_path):
    file = mended(tmp_path)
    file.path.chmod(0o751)
    write(file)
    assert file.path.stat().st_mode & 0o777 == 0o751
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]


def test_a_file_that_has_changed_meanwhile_is_not_written(tmp_path):
    file = mended(tmp_path)
    file.path.write_text("bad()  # mine\n")
    with pytest.raises(UnwritableError, match="has changed"):
        write(file)
    assert file.path.read_text() == "bad()  # mine\n"
    file.path.unlink()
    with pytest.raises(UnwritableError, match="No such file"):
        write(file)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_file_is_not_written(tmp_path):
    file = mended(tmp_path)
    file.path.chmod(0o444)
    with pytest.raises(UnwritableError, match="read-only"):
        write(file)


def test_a_diff(tmp_path):
    file = mended(tmp_path, "a\nbad()")
    assert diff(file) == (
        f"--- {file.path}\n+++ {file.path}\n@@ -1,2 +1,2 @@\n a\n-bad()\n"
        "\\ No newline at end of file\n+sorted(bad())\n\\ No newline at end of file\n"
    )


def test_a_diff_of_a_notebook(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text('{"cells": [{"cell_type": "code", "source": "1"}, '
                    '{"cell_type": "code", "source": ["bad()\\n", "2"]}]}')  # fmt: skip
    (file,) = mend(linter(tmp_path, CallRule(in_order))).files
    assert diff(file) == (
        f"--- {path}:cell 2\n+++ {path}:cell 2\n@@ -1,2 +1,2 @@\n-bad()\n+sorted(bad())\n 2\n"
        "\\ No newline at end of file\n"
    )


def test_edits_of_findings(tmp_path):
    (tmp_path / "n.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "source": "1"}, '
        '{"cell_type": "code", "source": ["2\\n", "x = bad()"]}]}'
    )
    findings = linter(tmp_path, CallRule(in_order))({}).findings
    ((first, second),) = edits_of(findings)
    assert first == (2, 2, 5, 2, 5, "sorted(")
    assert second == (2, 2, 10, 2, 10, ")")
    broken = CallRule(lambda statement, call: Fix("", (Replace(statement, call, "a b"),), True))
    assert edits_of(linter(tmp_path, broken)({}).findings) == [None]
