"""The CUDA toolkit and the cuDNN libraries, as the build of an extension finds them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from .machine import CudaToolkit, Cudnn
from .process import Run
from .text import one_line, read_text

_CUDNN_HEADERS = (
    "usr/local/cuda/include/cudnn_version.h",
    "usr/include/cudnn_version.h",
    "usr/include/x86_64-linux-gnu/cudnn_version.h",
    "usr/include/aarch64-linux-gnu/cudnn_version.h",
)


def detect_cuda(run: Run, root: Path, env: Mapping[str, str]) -> CudaToolkit | None:
    """The toolkit that torch.utils.cpp_extension takes.

    Its order: CUDA_HOME, CUDA_PATH, nvcc on PATH, /usr/local/cuda.
    """
    homes = [Path(env[name]) for name in ("CUDA_HOME", "CUDA_PATH") if env.get(name)]
    usual = root / "usr/local/cuda"
    for home in homes:
        if found := _toolkit_in(home) or _ask(run, str(home / "bin/nvcc")):
            return found
    return _ask(run, "nvcc") or _toolkit_in(usual) or _ask(run, str(usual / "bin/nvcc"))


def _ask(run: Run, nvcc: str) -> CudaToolkit | None:
    version = parse_nvcc(run([nvcc, "--version"]).stdout)
    return CudaToolkit(version, one_line(nvcc)) if version else None


def _toolkit_in(home: Path) -> CudaToolkit | None:
    for name in ("version.json", "version.txt"):
        version = parse_toolkit_version(read_text(home / name) or "")
        if version:
            return CudaToolkit(version, one_line(str(home / name)))
    return None


def parse_nvcc(text: str) -> str | None:
    """The version in "Cuda compilation tools, release 12.4, V12.4.131"."""
    matched = re.search(
        r"release ([0-9]{1,3}\.[0-9]{1,3})(?:, V([0-9]{1,3}(?:\.[0-9]{1,4})+))?", text
    )
    return (matched[2] or matched[1]) if matched else None


def parse_toolkit_version(text: str) -> str | None:
    """The version in version.json (CUDA 11.1 and later) or version.txt ("CUDA Version 10.2.89")."""
    plain = re.match(r"CUDA Version ([0-9]{1,3}(?:\.[0-9]{1,4})+)", text)
    if plain:
        return plain[1]
    try:
        version = json.loads(text)["cuda"]["version"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return version if isinstance(version, str) and re.fullmatch(r"[0-9.]{1,20}", version) else None


def detect_cudnn(root: Path, env: Mapping[str, str]) -> tuple[Cudnn, ...]:
    """Find cuDNN by the headers of the system; the user's packages are added by the caller."""
    homes = [
        Path(env[name]) for name in ("CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX") if env.get(name)
    ]
    headers = [home / "include/cudnn_version.h" for home in homes]
    headers += [root / header for header in _CUDNN_HEADERS]
    for header in headers:
        version = parse_cudnn_header(read_text(header) or "")
        if version:
            return (Cudnn(version, one_line(str(header))),)
    return ()


def parse_cudnn_header(text: str) -> str | None:
    """Major, minor and patch level that cudnn_version.h defines."""
    parts = dict(
        re.findall(r"^#define CUDNN_(MAJOR|MINOR|PATCHLEVEL)[ \t]+([0-9]{1,5})", text, re.MULTILINE)
    )
    numbers = [parts.get(name) for name in ("MAJOR", "MINOR", "PATCHLEVEL")]
    return ".".join(number for number in numbers if number) if numbers[0] else None
