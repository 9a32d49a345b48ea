"""Which lines a comment is about."""

from __future__ import annotations

import pytest

from mllint.facts.lines import logical_lines
from mllint.suppressions import Suppression, read_suppressions


def read(text: str) -> list[Suppression]:
    return list(read_suppressions(text, logical_lines(text)))


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("a()\nb()  # mllint: ignore[ML1] why\nc()\n", {2}),
        ("a()\n# mllint: ignore[ML1]\nb()\nc()\n", {2, 3}),
        ("a()\nb(\n  1,  # mllint: ignore[ML1]\n)\nc()\n", {2, 3, 4}),
        ("a()\nb()  # noqa: ML1, E501\nc()\n", {2}),
        ("a()\n# noqa: ML1\nb()\n", {1, 2}),
        ("a()\nb('# mllint: ignore[ML1]')\n", set()),
        ("a()\nb()  # noqa: E501\n", set()),
        ("a()\nb()  # mllint: ignore[]\n", set()),
        ("a()\nb()  # mllint: ignore\n", {2}),
        ("a()\nb()\n# mllint: ignore-file[ML1]\n", {1, 2, 3}),
    ],
)
def test_lines(text, covered):
    found = read(text)
    lines = range(1, text.count("\n") + 1)
    assert {line for line in lines if any(s.covers(line, "ML1", "name") for s in found)} == covered


def test_codes_names_and_families():
    (found,) = read("x()  # mllint: ignore[MLR, my-name] because\n")
    assert found.covers(1, "MLR001", "x")
    assert found.covers(1, "MLC001", "my-name")
    assert not found.covers(1, "MLC001", "my-name-too")
