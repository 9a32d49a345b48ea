"""Which files a pattern means."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllint.patterns import Pattern

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("pattern", "path", "is_meant"),
    [
        ("a.py", "a.py", True),
        ("a.py", "x/y/a.py", True),
        ("a.py", "x/ba.py", False),
        ("build", "x/build/y.py", True),
        ("build/", "x/build/y.py", True),
        ("*_pb2.py", "x/a_pb2.py", True),
        ("x/*.py", "x/a.py", True),
        ("x/*.py", "x/y/a.py", False),
        ("./x/a.py", "x/a.py", True),
        ("x/y", "x/y/z/a.py", True),
        ("x/y", "z/x/y/a.py", False),
        ("**/y", "z/x/y/a.py", True),
        ("x/**/a.py", "x/a.py", True),
        ("x/**/a.py", "x/1/2/a.py", True),
        ("x/**", "x/1/2/a.py", True),
        ("a?.py", "ab.py", True),
        ("a[!b].py", "ab.py", False),
        ("a[bc].py", "ac.py", True),
        ("a[z-a].py", "az.py", False),
        ("a+.py", "aa.py", False),
        ("/project/x", "x/a.py", True),
        ("/other/x", "x/a.py", False),
    ],
)
def test_patterns(pattern, path, is_meant):
    assert Pattern(pattern, ROOT).matches(ROOT / path) == is_meant


def test_a_pattern_is_about_what_is_below_its_folder():
    assert not Pattern("a.py", ROOT).matches("/elsewhere/a.py")
    assert not Pattern("a.py", ROOT).matches("/project-2/a.py")
    assert Pattern("a.py", Path("/")).matches("/elsewhere/a.py")
