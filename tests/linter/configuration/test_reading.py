"""Configuration files: which one counts, and what is refused, with the line."""

from __future__ import annotations

import pytest

from mllint.configuration.reading import ConfigurationError, find_layer, read_layer


def test_the_nearest_file_counts(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.mllint]\nselect = ["MLR"]\n')
    assert find_layer(inner).values == {"select": ["MLR"]}
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    assert find_layer(inner).folder == tmp_path
    (tmp_path / "a" / "mllint.toml").write_text('ignore = ["MLL"]\n')
    assert find_layer(inner).values == {"ignore": ["MLL"]}
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.mllint]\nselect = ["MLD"]\n')
    assert find_layer(inner).path == tmp_path / "a" / "mllint.toml"


WRONG = [
    ('\nselekt = ["MLR"]\n', ":2: unknown key 'selekt'; did you mean 'select'?"),
    ("line-length = 3\n", ":1: unknown key 'line-length'; the keys are select, extend-select"),
    ("# x\n\nselect = 'MLR'\n", ":3: 'select' must be a list of texts, not a text ('MLR')"),
    ("select = [\n 'MLR',\n 3,\n]\n", ":1: 'select' must be a list of texts, not a list with"),
    ("respect-gitignore = 'no'\n", ":1: 'respect-gitignore' must be true or false, not a text"),
    ("cache-dir = 3\n", ":1: 'cache-dir' must be a text, not a number (3)."),
    ("output-format = 'jsn'\n", ":1: 'output-format' can't be 'jsn'; did you mean 'json'?"),
    (
        "[per-file-ignores]\n'a/*.py' = ['MLR']\n'b/*.py' = 'MLR'\n",
        ":3: 'per-file-ignores' must be a table of lists of texts, not a text ('MLR')",
    ),
    ("select = [\n", ": this is no TOML: "),
    ("seeds = { a = 1 }\n", ":1: 'seeds' must be a list of dotted names, not a table"),
    (
        "logs = [\n 'lab.log',\n 'lab.*']\n",
        ":1: 'logs' must be a list of dotted names, not 'lab.*'",
    ),
    ("[tool.mllint]\n", ":1: unknown key 'tool'; in mllint.toml the keys stand by themselves"),
    ("lint = 3\n", ":1: unknown key 'lint'; the keys are select, extend-select"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_is_said_in_one_line(text, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mllint.toml").write_text(text)
    with pytest.raises(ConfigurationError) as error:
        find_layer(tmp_path)
    assert str(error.value).startswith(f"mllint.toml{message}")
    assert "\n" not in str(error.value)


def test_the_line_is_that_of_a_shared_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "[tool.other]\nselekt = 1\n\n[tool.mllint]\nignore = []\nselekt = []\n"
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"^pyproject\.toml:6: unknown key 'selekt'"):
        find_layer(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool]\nmllint = 3\n")
    with pytest.raises(ConfigurationError, match=r"^pyproject\.toml:2: tool\.mllint must be"):
        find_layer(tmp_path)


def test_a_broken_file_of_others_is_none_of_its_business(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = {{ cookiecutter.name }}\n")
    assert find_layer(tmp_path) is None or find_layer(tmp_path).folder != tmp_path
    with pytest.raises(ConfigurationError, match="no TOML"):
        read_layer(tmp_path / "pyproject.toml")
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read_layer(tmp_path / "pyproject.toml")
