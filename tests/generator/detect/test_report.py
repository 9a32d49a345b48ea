"""`ml-template detect` as its reader sees it: the table in any width and encoding, the JSON."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from ml_template.detect import alerts, detect_command
from ml_template.detect.machine import Gpu, Machine

RUN = "from ml_template.detect import detect_command; raise SystemExit(detect_command({}))"
GENERATOR = str(Path(__file__).parents[3] / "generator")


def table(machine: Machine, width: int = 80) -> str:
    output = io.StringIO()
    console = Console(file=output, width=width, highlight=False, color_system=None)
    assert detect_command(machine=machine, console=console) == 0
    return output.getvalue()


def test_table_of_a_machine_with_everything(fake):
    fake.nvidia_smi("mig")
    fake.prints("rocm-smi", "rocm/mi210.json")
    text = table(fake.detect())
    assert "0: NVIDIA A100-SXM4-40GB, 40 GiB, compute capability 8.0" in text
    assert "MIG 3g.20gb MIG-e07a497d-1bb6-5a42-b670-1c33bf55ab6e" in text
    assert "AMD Instinct MI210, 64 GiB, gfx90a" in text
    assert "550.54.15, runs CUDA up to 12.4" in text


def test_missing_tools_are_not_found(fake):
    text = table(fake.detect())
    for name in ("GPU", "NVIDIA driver", "CUDA toolkit", "cuDNN", "ROCm", "Python"):
        assert re.search(rf"^{name} +not found *$", text, re.MULTILINE), name
    assert "! No GPU detected. Training will run on CPU and be significantly slower." in text


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(fake, width):
    fake.nvidia_smi("mig")
    machine = fake.detect()
    text = table(machine, width)
    assert max(map(len, text.splitlines())) <= width
    solid = re.sub(r"\s+", "", text)
    for gpu in machine.gpus:
        for device in gpu.mig_devices:
            if width >= 80:
                assert device.uuid in solid
    for alert in alerts(machine):
        if width >= 80:
            assert re.sub(r"\s+", "", alert) in solid


def test_names_are_not_markup_nor_control_codes():
    gpu = Gpu("nvidia", "[red]A[/red]\x1b[31m [/nonsense] \u00ae\udcff")
    text = table(Machine("Linux", "6", "x86_64", gpus=(gpu,)))
    assert "[red]A[/red]" in text
    assert "\x1b" not in text


@pytest.fixture
def environment(fake):
    fake.nvidia_smi("several")
    return {**fake.env, "PYTHONPATH": GENERATOR}


def command(arguments: str, fake, env, **options) -> subprocess.CompletedProcess:
    program = [sys.executable, "-c", RUN.format(arguments)]
    return subprocess.run(
        program, env=env, cwd=fake.home, capture_output=True, timeout=60, **options
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252"])
def test_table_in_any_encoding(fake, environment, encoding):
    folder = fake.home / "Bücher \u4e2d"
    folder.mkdir()
    environment |= {"PYTHONIOENCODING": encoding, "VIRTUAL_ENV": str(folder)}
    done = command("", fake, environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"NVIDIA GeForce RTX 5090, 31.8 GiB" in done.stdout


def test_json_is_ascii_and_complete(fake, environment):
    environment["CUDA_VISIBLE_DEVICES"] = os.fsdecode(b"\xff0")
    done = command("json=True", fake, environment)
    assert (done.returncode, done.stderr) == (0, b"")
    facts = json.loads(done.stdout.decode("ascii"))
    assert facts["gpus"][0]["name"] == "NVIDIA GeForce RTX 5090"
    assert facts["gpus"][0]["mig_devices"] == []
    assert facts["nvidia"] == {"version": "580.65.06", "cuda": "13.0"}
    assert {"memory", "cpu", "disk", "python", "environment", "packages", "alerts"} <= facts.keys()
    assert {"usable_bytes", "limit_bytes"} <= facts["memory"].keys()
    assert {"usable_cores", "quota"} <= facts["cpu"].keys()


def test_a_reader_that_goes_away(fake, environment):
    for arguments in ("", "json=True"):
        program = [sys.executable, "-c", RUN.format(arguments)]
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            program,
            env=environment,
            cwd=fake.home,
            stdout=write,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        os.close(write)
        assert (done.returncode, done.stderr) == (0, b"")
