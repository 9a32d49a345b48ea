"""Which files are linted."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllint.discovery import Filter, discover, walk_project
from mllint.patterns import Pattern


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def found(root: Path, *paths: str) -> list[str]:
    asked = [root / path for path in paths] or [root]
    return [path.relative_to(root).as_posix() for path in discover(asked)]


def test_python_and_notebooks_below_a_folder_in_order(tmp_path):
    write(tmp_path, "b.py", "a/train.py", "a/explore.ipynb", "notes.txt", "config.yaml")
    assert found(tmp_path) == ["a/explore.ipynb", "a/train.py", "b.py"]


def test_what_is_not_the_users_code_is_left_out(tmp_path):
    write(tmp_path, "my.py", ".venv/x.py", "env/x.py", "env/pyvenv.cfg", "node_modules/x.py")
    write(tmp_path, "a/__pycache__/x.py", ".git/x.py", "lib/site-packages/x.py")
    assert found(tmp_path) == ["my.py"]


def test_a_gitignore_line_that_is_no_pattern_is_passed_over(tmp_path):
    write(tmp_path, ".git/HEAD", "out/a.py", "b.py")
    (tmp_path / ".gitignore").write_text("\\\nout/\n")
    assert found(tmp_path) == ["b.py"]


def test_gitignore_is_respected_at_every_level(tmp_path):
    write(tmp_path, ".git/HEAD", "keep.py", "out/x.py", "a/out/x.py", "a/gen_x.py", "a/gen_keep.py")
    (tmp_path / ".gitignore").write_text("out/\n")
    (tmp_path / "a" / ".gitignore").write_text("gen_*.py\n!gen_keep.py\n")
    assert found(tmp_path) == ["a/gen_keep.py", "keep.py"]
    assert found(tmp_path, "a") == ["a/gen_keep.py"]


def test_an_ignored_folder_that_is_named_is_linted(tmp_path):
    write(tmp_path, ".git/HEAD", "out/x.py", "out/skip.py")
    (tmp_path / ".gitignore").write_text("out/\n")
    (tmp_path / "out" / ".gitignore").write_text("skip.py\n")
    assert found(tmp_path, "out") == ["out/x.py"]


def test_patterns_outside_the_repository_do_not_count(tmp_path):
    write(tmp_path, "project/.git/HEAD", "project/a/x.py")
    (tmp_path / ".gitignore").write_text("*.py\n")
    assert found(tmp_path, "project/a") == ["project/a/x.py"]


def test_a_named_file_is_always_linted_and_once(tmp_path):
    write(tmp_path, ".git/HEAD", "x.py", "script", "y.py")
    (tmp_path / ".gitignore").write_text("x.py\n")
    assert found(tmp_path, "x.py", "script", "y.py", ".") == ["x.py", "script", "y.py"]


def test_a_link_in_a_circle_ends(tmp_path):
    write(tmp_path, "a/x.py")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    assert found(tmp_path) == ["a/x.py"]


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        discover([tmp_path / "nowhere"])


def test_what_the_user_leaves_out(tmp_path):
    write(tmp_path, "a.py", "old/b.py", "x/old/c.py", "x/d_gen.py", "x/e.py")
    chosen = Filter(tuple(Pattern(text, tmp_path) for text in ("x/old", "*_gen.py")))
    files = [path.relative_to(tmp_path).as_posix() for path in discover([tmp_path], chosen)]
    assert files == ["a.py", "old/b.py", "x/e.py"]
    # It is not checked, but what uses it must know it.
    assert len(list(walk_project(tmp_path, chosen))) == 5


def test_what_is_named_is_left_out_only_by_force(tmp_path):
    write(tmp_path, "old/b.py", "c.py")
    patterns = (Pattern("old", tmp_path),)
    asked = [tmp_path / "old" / "b.py", tmp_path / "c.py"]
    assert discover(asked, Filter(patterns)) == asked
    assert discover([tmp_path / "old"], Filter(patterns)) == [tmp_path / "old" / "b.py"]
    assert discover(asked, Filter(patterns, force_exclude=True)) == asked[1:]


def test_what_git_ignores_may_be_asked_for(tmp_path):
    write(tmp_path, ".git/HEAD", "out/x.py", "out/skip.py")
    (tmp_path / ".gitignore").write_text("out/\n")
    (tmp_path / "out" / ".gitignore").write_text("skip.py\n")
    assert len(discover([tmp_path], Filter(respect_gitignore=False))) == 2
    assert len(list(walk_project(tmp_path, Filter(respect_gitignore=False)))) == 2
