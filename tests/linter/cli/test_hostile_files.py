"""Whatever a folder holds, each file costs one clear line at most, and the others are checked."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mllint.check import check
from mllint.configuration.keys import FORMATS
from mllint.discovery import discover
from mllint.output import render
from mllint.output.listing import Listing

from .conftest import TRAINING, UNUSED, environment

posix = pytest.mark.skipif(sys.platform == "win32", reason="files of POSIX")
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)


def text(content: str | bytes) -> Callable[[Path], object]:
    """Return what writes a file."""
    data = content.encode() if isinstance(content, str) else content
    return lambda path: path.write_bytes(data)


def pipe(path: Path) -> None:
    """Make a pipe, from which reading would never end."""
    os.mkfifo(path)


def plug(path: Path) -> None:
    """Make a socket."""
    folder = Path.cwd()
    os.chdir(path.parent)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(folder)


# Of each: the file's name, what makes it, and whether something has to be said of it.
HOSTILE = {
    "syntax error": ("x.py", text("def f(:\n"), True),
    "python 2": ("x.py", text("print 'a'\nexec 'b'\n"), True),
    "null bytes": ("x.py", text(b"x = 1\x00\n"), True),
    "only null bytes": ("x.py", text(bytes(5000)), True),
    "byte order mark": ("x.py", text(b"\xef\xbb\xbfx = 1\n"), False),
    "utf-16": ("x.py", text("x = 1\n".encode("utf-16")), True),
    "not utf-8": ("x.py", text(b"x = '\xe9'\n"), True),
    "latin cookie": ("x.py", text(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"), False),
    "wrong cookie": ("x.py", text(b"# -*- coding: no-such-thing -*-\nx = 1\n"), True),
    "lines end as in windows": ("x.py", text(b"if x:\r\n\ty = 1\r\n"), False),
    "lines end as on old macs": ("x.py", text(b"x = 1\ry = 2\r"), False),
    "tabs": ("x.py", text("if x:\n\tif y:\n\t\tz = 1\n"), False),
    "tabs and spaces": ("x.py", text("if x:\n        y = 1\n\tz = 2\n"), True),
    "empty": ("x.py", text(""), False),
    "form feeds": ("x.py", text("\f\nx = 1\n\f\n"), False),
    "ten megabytes": ("x.py", text("x = [1, 2, 3, 4, 5]\n" * 500_000), True),
    "brackets": ("x.py", text("x = " + "[" * 5000 + "]" * 5000 + "\n"), True),
    "open brackets": ("x.py", text("(" * 50_000), True),
    "long chain": ("x.py", text("x = a" + ".b(1)" * 3000 + "\n"), None),
    "long sum": ("x.py", text("x = " + " + ".join(["1"] * 5000) + "\n"), None),
    "long line": ("x.py", text("x = '" + "a" * 1_000_000 + "'\n"), False),
    "deep indent": ("x.py", text("".join(f"{' ' * n}if x:\n" for n in range(300))), True),
    "lone surrogate": ("x.py", text(b"x = '\xed\xa0\x80'\n"), True),
    "a folder": ("x.py", lambda path: path.mkdir(), False),
    "a broken link": ("x.py", lambda path: path.symlink_to("nowhere.py"), None),
    "a link to itself": ("x.py", lambda path: path.symlink_to("x.py"), None),
    "a link to above": ("x", lambda path: path.symlink_to(".."), False),
    "a pipe": ("x.py", pipe, None),
    "a socket": ("x.py", plug, None),
    "a device": ("x.py", lambda path: path.symlink_to("/dev/zero"), None),
    "broken json": ("x.ipynb", text('{"cells": ['), True),
    "no notebook": ("x.ipynb", text("[1, 2]"), True),
    "deep json": ("x.ipynb", text("[" * 100_000), True),
    "a notebook of numbers": ("x.ipynb", text('{"cells": [{"cell_type": "code", "source": 5}]}'),
                              True),
    "cells that are none": ("x.ipynb", text('{"cells": {"a": null}}'), True),
    "yaml bomb": ("x.yaml", text(f"_target_: lib.f\n{BOMB}"), False),
    "broken yaml": ("x.yaml", text("_target_: [a\nb: *c\n"), False),
    "deep yaml": ("x.yaml", text("_target_: " + "[" * 20_000), False),
    "yaml in circles": ("x.yaml", text("a: &a\n  _target_: lib.f\n  b: *a\n"), False),
}  # fmt: skip


@posix
@pytest.mark.parametrize("case", HOSTILE)
def test_one_line_at_most_and_the_rest_is_checked(case, run, tmp_path):
    name, make, is_said = HOSTILE[case]
    (tmp_path / "ok.py").write_text(UNUSED)
    (tmp_path / "train.py").write_text(TRAINING)
    make(tmp_path / name)
    status, out, err = run("--output-format", "json", "--no-cache")
    found = json.loads(out)
    assert status == 1, err
    assert "Traceback" not in out + err
    assert {"MLX001", "MLR001"} <= {each["code"] for each in found}
    of_it = [each["code"] for each in found if Path(each["filename"]).name == name]
    if is_said is None:  # whether it is read at all is a matter of taste
        assert of_it in ([], ["MLX002"])
    else:
        assert of_it == (["MLX002"] if is_said else [])


@posix
def test_all_formats_can_say_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mllint.toml").write_text("")
    for number, (name, make, _) in enumerate(HOSTILE.values()):
        make(tmp_path / f"{number:02}-{name}")
    outcome = check([tmp_path], use_cache=False)
    listing = Listing(outcome.findings, outcome.files, outcome.program)
    for name in FORMATS:
        said = render(name, listing)
        missing = [each for each in outcome.findings if each.message[:40] not in unescape(said)]
        assert missing == []


@posix
@pytest.mark.parametrize("case", ["a broken link", "a pipe", "a link to itself", "ten megabytes"])
def test_what_is_named_and_can_not_be_read_is_said(case, run, tmp_path):
    name, make, _ = HOSTILE[case]
    make(tmp_path / name)
    (tmp_path / "ok.py").write_text(UNUSED)
    status, out, err = run(name, "ok.py", "--output-format", "concise", "--no-cache")
    assert "Traceback" not in out + err
    assert status in (1, 2)
    assert name in out + err


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may")
def test_a_folder_that_may_not_be_entered(tmp_path):
    """Root may enter any folder; so the files are looked for by a process that is nobody."""
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "x.py").write_text("x = 1")
    (tmp_path / "ok.py").write_text("x = 1")
    for mode, found in ((0o000, "closed ok.py"), (0o444, "x.py ok.py"), (0o111, "closed ok.py")):
        closed.chmod(mode)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:  # no more than what needs to be done: nobody may not import much
            for folder in (tmp_path, *tmp_path.parents[:3]):
                os.chmod(folder, 0o755)  # noqa: PTH101
            os.setuid(65534)
            try:
                os.write(writer, " ".join(each.name for each in discover([tmp_path])).encode())
            except BaseException as error:
                os.write(writer, repr(error).encode())
            os._exit(0)
        os.close(writer)
        os.waitpid(child, 0)
        with os.fdopen(reader) as answer:
            assert answer.read() == found  # what can't be read is said by who reads it


def test_large_outputs_of_a_notebook_cost_little(run, tmp_path):
    output = {"output_type": "stream", "text": ["a" * 1000 + "\n"] * 50_000}
    cells = [{"cell_type": "code", "source": UNUSED, "outputs": [output]}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    status, out, _ = run("--output-format", "concise", "--no-cache")
    assert status == 1
    assert out.startswith("n.ipynb:cell 1:1:8: MLX001")


def test_two_runs_at_once_on_one_cache(tmp_path):
    for number in range(40):
        (tmp_path / f"m{number}.py").write_text(f"x = {number}\n" * 50 + UNUSED)
    command = [sys.executable, "-m", "mllint", "--output-format", "json", "--cache-dir", "cache"]
    runs = [
        subprocess.Popen(
            command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    outputs = [each.communicate(timeout=120) for each in runs]
    assert {len(json.loads(out)) for out, _ in outputs} == {40}
    assert [err for _, err in outputs if "Traceback" in err] == []
    (folder,) = (each for each in (tmp_path / "cache").iterdir() if each.is_dir())
    assert [each.name for each in folder.iterdir() if each.suffix] == []  # nothing is half written


def test_the_cache_is_a_file(run, tmp_path):
    (tmp_path / "ok.py").write_text(UNUSED)
    (tmp_path / "cache").write_text("I was here first.")
    status, out, err = run("--output-format", "concise", "--cache-dir", "cache")
    assert status == 1
    assert "MLX001" in out
    assert "Traceback" not in err
    assert (tmp_path / "cache").read_text() == "I was here first."


def test_files_that_change_and_vanish_while_they_are_read(tmp_path):
    (tmp_path / "mllint.toml").write_text("")
    stop = threading.Event()

    def meddle() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            path = tmp_path / f"m{number % 12}.py"
            if number % 3:
                path.write_text(UNUSED * (number % 50 + 1))
            else:
                path.unlink(missing_ok=True)

    for number in range(12):
        (tmp_path / f"m{number}.py").write_text(UNUSED)
    (tmp_path / "stays.py").write_text(UNUSED)
    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        for _ in range(25):
            outcome = check([tmp_path], tmp_path / "cache", jobs=1)
            assert "stays.py" in {each.path.name for each in outcome.findings}
    finally:
        stop.set()
        thread.join()


PIECES = st.sampled_from(
    """import torch|def f(x):|    return f|class A(A):|    x = A|f(f)|for i in f:|    i.append(i)
x = y|y = x|x = x.x()|f = A().f|from m import *|import m|del x|lambda: f|    self.a = self.a.b
    def f(self, a=f, *b, **c):|        self.x = f(self)|        return self.x|x, y = y, x
torch.optim.SGD(x, f).step()|x.backward()|print(x, y)|with f as x:|    pass|x[y] = f
y = x[0](y)|x: A = f(x=y)""".replace("|", "\n").split("\n")
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PIECES, max_size=25), st.lists(PIECES, max_size=12))
def test_no_mixture_of_statements_breaks_a_rule(tmp_path, main, other):
    (tmp_path / "mllint.toml").write_text("")
    (tmp_path / "main.py").write_text("\n".join(main))
    (tmp_path / "m.py").write_text("\n".join(other))
    check([tmp_path], use_cache=False, jobs=1)
