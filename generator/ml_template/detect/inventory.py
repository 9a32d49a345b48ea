"""Runs in the user's own interpreter (any Python 3): version and distributions as JSON.

Imports nothing that is installed there: the metadata folders' names carry name and version, which
is far faster than importing torch, and works when torch is broken.
"""
# Old interpreters want quoted annotations, and a start-up this short does without pathlib.
# ruff: noqa: E402, PTH118, PTH122, PTH123, PTH208, UP

import sys

# With -c the current folder comes first, and a json.py in it would be taken for the library.
sys.path = [entry for entry in sys.path if entry]

import json
import os
import platform
import re


def declared_version(folder: "str") -> "str | None":
    """The version in a metadata folder whose name carries none."""
    for name in ("METADATA", "PKG-INFO"):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                found = re.search(r"^Version:\s*(\S+)", file.read(65536), re.MULTILINE)
        except OSError:
            continue
        if found:
            return found.group(1)
    return None


def distributions() -> "dict[str, str]":
    """Version by normalised name; the first one on the path counts, as it does for import."""
    versions = {}  # type: dict[str, str]
    for entry in sys.path:
        try:
            names = sorted(os.listdir(entry))
        except OSError:
            continue
        for name in names:
            stem, extension = os.path.splitext(name)
            if extension not in (".dist-info", ".egg-info"):
                continue
            stem = re.sub(r"-py[0-9]+(\.[0-9]+)?(-.*)?$", "", stem)
            title, _, version = stem.rpartition("-")
            if not title:
                title, version = stem, declared_version(os.path.join(entry, name)) or ""
            if version:
                versions.setdefault(re.sub(r"[-_.]+", "-", title).lower(), version)
    return versions


def torch_version_file() -> "str | None":
    """The text of torch/version.py, which names the CUDA or ROCm it was built for."""
    for entry in sys.path:
        try:
            path = os.path.join(entry, "torch", "version.py")
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read(4096)
        except OSError:
            continue
    return None


if __name__ == "__main__":
    facts = {
        "version": platform.python_version(),
        "architecture": platform.machine(),
        "executable": sys.executable,
        "distributions": distributions(),
        "torch": torch_version_file(),
    }
    # A start-up file may have printed before: the answer is the line with this mark.
    sys.stdout.write("\nml-template-inventory:" + json.dumps(facts) + "\n")
