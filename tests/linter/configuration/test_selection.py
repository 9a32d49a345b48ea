"""Which rules run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mllint.configuration.reading import ConfigurationError, Layer
from mllint.configuration.selection import Selection
from mllint.program.program import Program
from mllint.rules.base import Report, Rule


def rule(code: str, name: str, is_default: bool = True) -> Rule:
    def check(self: Rule, program: Program) -> Iterator[Report]:
        return iter(())

    members = {"code": code, "name": name, "is_default": is_default, "check": check}
    return type(code, (Rule,), members)()


RULES = [
    rule("MLR001", "unseeded"),
    rule("MLR002", "partly-seeded"),
    rule("MLR012", "asked-for", is_default=False),
    rule("MLL001", "printed"),
    rule("MLX002", "unparsable-file"),
]
DEFAULT = {"MLR001", "MLR002", "MLL001"}


def enabled(*layers: dict[str, list[str]]) -> set[str]:
    selection = Selection(RULES)
    for values in layers:
        selection.apply(Layer(Path(), values))
    return set(selection.enabled) - {"MLX002"}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([], DEFAULT),
        ([{"select": ["MLR001"]}], {"MLR001"}),
        ([{"select": ["mlr001"]}], {"MLR001"}),
        ([{"select": ["unseeded"]}], {"MLR001"}),
        ([{"select": ["MLR"]}], {"MLR001", "MLR002", "MLR012"}),
        ([{"select": ["MLR00"]}], {"MLR001", "MLR002"}),
        ([{"select": ["ALL"]}], DEFAULT | {"MLR012"}),
        ([{"select": []}], set()),
        ([{"ignore": ["MLR"]}], {"MLL001"}),
        ([{"extend-select": ["asked-for"]}], DEFAULT | {"MLR012"}),
        # The more specific counts, in whatever order they are said.
        ([{"select": ["MLR001"], "ignore": ["MLR"]}], {"MLR001"}),
        ([{"select": ["MLR"], "ignore": ["MLR001"]}], {"MLR002", "MLR012"}),
        ([{"select": ["ALL"], "ignore": ["ALL"], "extend-select": ["printed"]}], {"MLL001"}),
        ([{"select": ["MLR001"], "ignore": ["unseeded"]}], set()),
        # What comes later counts.
        ([{"ignore": ["MLL"]}, {"select": ["MLL"]}], {"MLL001"}),
        ([{"select": ["MLR001"]}, {"select": ["MLL"]}], {"MLL001"}),
        ([{"select": ["MLR001"]}, {"extend-select": ["MLL"]}], {"MLR001", "MLL001"}),
        ([{"select": ["MLR"]}, {"ignore": ["MLR001"]}], {"MLR002", "MLR012"}),
    ],
)
def test_selection(layers, expected):
    assert enabled(*layers) == expected


@pytest.mark.parametrize(
    ("values", "is_on"),
    [
        ({}, True),
        ({"select": ["MLR"]}, True),
        ({"select": []}, True),
        ({"ignore": ["ALL"]}, True),
        ({"ignore": ["MLX002"]}, False),
        ({"ignore": ["MLX"]}, False),
        ({"ignore": ["unparsable-file"], "select": ["ALL"]}, False),
    ],
)
def test_what_can_not_be_read_is_silent_only_by_name(values, is_on):
    selection = Selection(RULES)
    selection.apply(Layer(Path(), values))
    assert ("MLX002" in selection.enabled) == is_on


@pytest.mark.parametrize(
    ("selector", "meant"),
    [("MLR003", "MLR00"), ("unseded", "unseeded"), ("MLQ", "ML"), ("", "mllint rules")],
)
def test_what_does_not_exist_is_said_with_what_does(selector, meant):
    with pytest.raises(ConfigurationError, match="--ignore: no rule has the code or name") as error:
        enabled({"ignore": [selector]})
    assert meant in str(error.value)
