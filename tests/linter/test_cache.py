"""Facts on disk: whole, shared, corrupt, read-only."""

from __future__ import annotations

import os

import pytest

from mllint.cache import Cache
from mllint.load import load_sources
from mllint.syntax import parse_for_facts


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.py").write_text(f"{name} = f({name!r})\n")
    return sorted(folder.iterdir())


def entries(folder):
    return [path for path in folder.glob("*/*") if path.is_file()]


def forbid_parsing(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr("mllint.pool.make_facts", refuse)


def test_a_second_run_parses_nothing(files, tmp_path, monkeypatch):
    first = load_sources(files, Cache(tmp_path / "c"), 1)
    forbid_parsing(monkeypatch)
    second = load_sources(files, Cache(tmp_path / "c"), 1)
    assert [each.body for each in first] == [each.body for each in second]
    assert (tmp_path / "c" / ".gitignore").read_text() == "*\n"


def test_what_changed_is_parsed(files, tmp_path):
    load_sources(files, Cache(tmp_path / "c"), 1)
    files[1].write_text("b = g()\n")
    assert "g" in load_sources(files, Cache(tmp_path / "c"), 1)[1].outline.words


def test_of_what_was_edited_only_the_change_is_parsed(files, tmp_path, monkeypatch):
    files[0].write_text("x = 1\n\n\ndef f():\n    return x\n")
    load_sources(files, Cache(tmp_path / "c"), 1)
    files[0].write_text("x = 1\ny = 2\n\n\ndef f():\n    return x\n")
    parsed = []

    def parse(document):
        parsed.append(document.text)
        return parse_for_facts(document)

    monkeypatch.setattr("mllint.facts.reading.parse_for_facts", parse)
    (source, *_) = load_sources(files, Cache(tmp_path / "c"), 1)

    assert parsed == ["y = 2\n\n\n"]
    assert [each.line for each in source.body] == [1, 2, 5]


@pytest.mark.parametrize("payload", [b"", b"x", b"[" * 100_000, b"[1]", b"\xff" * 16])
def test_what_anyone_may_have_sealed_is_made_again(payload, files, tmp_path):
    first = load_sources(files, Cache(tmp_path / "c"), 1)
    for path in entries(tmp_path / "c"):
        Cache(tmp_path / "c").write(path.name, payload)
    files[1].write_text("b = g()\n")  # so that the index is read, too
    again = load_sources(files, Cache(tmp_path / "c"), 1)
    assert [first[0].body, first[2].body] == [again[0].body, again[2].body]
    assert "g" in again[1].outline.words


@pytest.mark.parametrize("damage", [b"", b"mllint facts\n", b"\x80\x05.", b"x" * 500])
def test_a_corrupt_file_is_made_again(damage, files, tmp_path):
    first = load_sources(files, Cache(tmp_path / "c"), 1)
    for path in entries(tmp_path / "c"):
        path.write_bytes(damage or path.read_bytes()[:-3])
    again = load_sources(files, Cache(tmp_path / "c"), 1)
    assert [each.body for each in first] == [each.body for each in again]


def test_a_folder_that_can_not_be_made(files, tmp_path):
    (tmp_path / "c").write_text("a file")
    assert len(load_sources(files, Cache(tmp_path / "c"), 1)) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(files, tmp_path):
    (tmp_path / "c").mkdir(mode=0o500)
    assert len(load_sources(files, Cache(tmp_path / "c"), 1)) == 3


def test_a_folder_that_holds_other_things_keeps_them(files, tmp_path):
    """`--cache-dir .` is a folder like any other: nothing in it may be lost or hidden from git."""
    old, mine = tmp_path / "0.0.9-py311-0123456789ab", tmp_path / "data-py3"
    for folder in (old, mine):
        folder.mkdir()
        (folder / "x").write_text("")
    load_sources(files, Cache(tmp_path), 1)
    assert not old.exists()
    assert (mine / "x").exists()
    assert all(path.exists() for path in files)
    assert not (tmp_path / ".gitignore").exists()
    assert Cache(tmp_path).load(Cache.key(files[0].read_bytes(), ".py")) is not None


def test_many_files_in_processes_come_in_order(tmp_path):
    paths = []
    for number in range(40):
        path = tmp_path / f"m{number:02}.py"
        path.write_text(f"x{number} = [\n" + "    1,\n" * 1000 + "]\n")
        paths.append(path)
    sources = load_sources(paths, Cache(tmp_path / "c"), 2)
    assert [source.path for source in sources] == paths
    assert all(f"x{n}" in source.outline.words for n, source in enumerate(sources))


def test_a_file_that_changed_since_has_no_text(files, tmp_path):
    source = load_sources(files, Cache(None), 1)[0]
    assert source.document() is not None
    files[0].write_text("other = 1\n")
    assert source.document() is None
