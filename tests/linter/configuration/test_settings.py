"""What several sources say, put together."""

from __future__ import annotations

from pathlib import Path

from mllint.configuration.reading import Layer
from mllint.configuration.settings import make_settings


def test_a_file_and_what_comes_after_it(tmp_path):
    (tmp_path / "mllint.toml").write_text(
        'select = ["MLR"]\ncache-dir = "cache"\noutput-format = "concise"\n'
        'exclude = ["old"]\nextend-exclude = ["build"]\nseeds = ["lab.fix"]\n'
    )
    settings = make_settings(tmp_path)
    assert "MLR001" in settings.enabled
    assert "MLL001" not in settings.enabled
    assert settings.cache_dir == tmp_path / "cache"
    assert settings.output_format == "concise"
    assert settings.functions["seeds"] == ("lab.fix",)
    assert settings.source == tmp_path / "mllint.toml"
    said = {"output-format": "json", "exclude": ["new"], "extend-exclude": ["tmp"]}
    settings = make_settings(tmp_path, Layer(tmp_path / "x", said))
    assert settings.output_format == "json"
    # An exclude takes the place of the one before, what extends it comes to it.
    assert [pattern.text for pattern in settings.filter.exclude] == ["new", "build", "tmp"]


def test_rules_left_out_in_some_files(tmp_path):
    values = {"per-file-ignores": {"tests/*": ["MLR"], "!src/**": ["MLL001"], "b.py": ["ALL"]}}
    settings = make_settings(tmp_path, Layer(tmp_path, values))
    assert "MLR001" in settings.ignored(tmp_path / "tests" / "a.py")
    assert "MLC001" not in settings.ignored(tmp_path / "tests" / "a.py")
    assert "MLL001" in settings.ignored(tmp_path / "tests" / "a.py")
    assert settings.ignored(tmp_path / "src" / "a" / "b.txt") == frozenset()
    assert "MLC001" in settings.ignored(tmp_path / "src" / "a" / "b.py")


def test_a_file_that_is_named_takes_the_place_of_the_nearest(tmp_path):
    (tmp_path / "mllint.toml").write_text('select = ["MLR"]\n')
    other = Layer(Path("/elsewhere"), {"select": ["MLL"]})
    settings = make_settings(tmp_path, configuration=other)
    assert "MLR001" not in settings.enabled
    assert "MLL001" in settings.enabled
