"""NVIDIA GPUs by nvidia-smi, and by the kernel driver's own files when nvidia-smi fails.

Fields: `nvidia-smi --help-query-gpu`. Older drivers refuse the whole query for one field that they
don't know (compute_cap), so a shorter query follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from .concurrency import ask_together
from .machine import Gpu, MigDevice, NvidiaDriver
from .process import TIMEOUT_S, Output, Run
from .text import first_line, one_line, read_text

_BASIC = ("index", "uuid", "name", "memory.total", "driver_version")
_FULL = (*_BASIC, "compute_cap", "mig.mode.current")
_WSL_TOOL = "usr/lib/wsl/lib/nvidia-smi"  # there, but not on the PATH of a non-login shell
_MIB = 1 << 20


@dataclass(frozen=True)
class NvidiaFindings:
    """GPUs and driver, and what nvidia-smi complained of."""

    gpus: tuple[Gpu, ...] = ()
    driver: NvidiaDriver | None = None
    problem: str | None = None


def detect_nvidia(run: Run, root: Path) -> NvidiaFindings:
    """Ask nvidia-smi for GPUs, their MIG slices and the driver's CUDA version, all at once."""
    answers, _ = ask_together(
        {
            "query": lambda: _query(run, root),
            "list": lambda: _smi(run, root, "-L"),
            "summary": lambda: _smi(run, root),
        },
        deadline_s=2.5 * TIMEOUT_S,
    )
    query, listing, summary = (answers[name] or Output() for name in ("query", "list", "summary"))
    gpus, rubbish = parse_gpu_query(query.stdout)
    listed = parse_gpu_list(listing.stdout)
    gpus = _with_mig(gpus, listed) if gpus else listed
    driver, cuda = parse_summary(summary.stdout)
    problem: str | None = None
    if not gpus or rubbish:
        problem = _problem(query, rubbish)
    if not gpus:
        driver = driver or kernel_driver(read_text(root / "proc/driver/nvidia/version") or "")
        gpus = kernel_gpus(root, driver)
        if gpus and not query.found:
            problem = "not found, although the kernel driver is loaded"
    driver = driver or next((gpu.driver for gpu in gpus if gpu.driver), None)
    known = NvidiaDriver(driver, cuda) if driver or cuda else None
    return NvidiaFindings(gpus, known, f"nvidia-smi: {problem}" if problem else None)


def _smi(run: Run, root: Path, *arguments: str) -> Output:
    output = run(["nvidia-smi", *arguments])
    return output if output.found else run([str(root / _WSL_TOOL), *arguments])


def _query(run: Run, root: Path) -> Output:
    output = Output()
    for fields in (_FULL, _BASIC):
        query = f"--query-gpu={','.join(fields)}"
        output = _smi(run, root, query, "--format=csv,noheader,nounits")
        if "not a valid field" not in output.stdout + output.stderr:
            break
    return output


def _problem(query: Output, rubbish: str) -> str | None:
    if not query.found:
        return None
    if rubbish and not query.timed_out:
        return rubbish
    return query.complaint or "printed nothing"


def parse_gpu_query(text: str) -> tuple[tuple[Gpu, ...], str]:
    """GPUs of the CSV answer, and the first line that is none ("" when all are).

    A half-written line, a message in the middle ("Unable to determine the device handle …") or
    binary rubbish is skipped; values such as "[N/A]" or "[Insufficient Permissions]" are not known.
    """
    gpus: dict[int, Gpu] = {}
    rubbish = ""
    for line in text.splitlines():
        values = [one_line(value) for value in line.split(",")]
        gpu = _gpu(values)
        if gpu is not None and gpu.index not in gpus:
            gpus[gpu.index] = gpu
        elif first_line(line) and gpu is None:
            rubbish = rubbish or first_line(line)
    return tuple(gpus.values()), rubbish


def _gpu(values: list[str]) -> Gpu | None:
    if len(values) not in (len(_BASIC), len(_FULL)):
        return None
    index, uuid, name, memory, driver = values[: len(_BASIC)]
    compute, mig = values[len(_BASIC) :] or ("", "")
    if not re.fullmatch(r"[0-9]{1,4}", index) or not uuid.startswith("GPU-") or not _known(name):
        return None
    mebibytes = re.fullmatch(r"([0-9]{1,9})(?:\.[0-9]+)?(?: MiB)?", memory)
    return Gpu(
        vendor="nvidia",
        name=name,
        index=int(index),
        memory_bytes=int(mebibytes[1]) * _MIB if mebibytes else None,
        driver=driver if re.fullmatch(r"[0-9]+(\.[0-9]+)+", driver) else None,
        compute_capability=compute if re.fullmatch(r"[0-9]{1,2}\.[0-9]", compute) else None,
        uuid=uuid,
        mig_enabled={"Enabled": True, "Disabled": False}.get(mig),
    )


def _known(value: str) -> str | None:
    return None if not value or value.startswith("[") else value


def parse_gpu_list(text: str) -> tuple[Gpu, ...]:
    """GPUs with their MIG slices from `nvidia-smi -L`."""
    gpus: list[Gpu] = []
    for line in text.splitlines():
        gpu = re.fullmatch(r"GPU ([0-9]{1,4}): (.+?) \(UUID: (GPU-[\w-]+)\)\s*", line, re.ASCII)
        slice_ = re.fullmatch(
            r"\s+MIG (\S+)\s+Device\s+[0-9]+: \(UUID: (MIG-[\w/-]+)\)\s*", line, re.ASCII
        )
        if gpu:
            gpus.append(Gpu("nvidia", one_line(gpu[2]), int(gpu[1]), uuid=gpu[3]))
        elif slice_ and gpus:
            device = MigDevice(one_line(slice_[1]), slice_[2])
            devices = (*gpus[-1].mig_devices, device)
            gpus[-1] = replace(gpus[-1], mig_devices=devices, mig_enabled=True)
    return tuple(gpus)


def _with_mig(gpus: tuple[Gpu, ...], listed: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    slices = {gpu.uuid: gpu.mig_devices for gpu in listed if gpu.mig_devices}
    return tuple(
        replace(gpu, mig_devices=slices[gpu.uuid], mig_enabled=True) if gpu.uuid in slices else gpu
        for gpu in gpus
    )


def parse_summary(text: str) -> tuple[str | None, str | None]:
    """Driver version and the newest CUDA it runs, from the head of plain `nvidia-smi`."""
    driver = re.search(r"Driver Version: ([0-9]+(?:\.[0-9]+)+)", text)
    cuda = re.search(r"CUDA (?:UMD )?Version: ([0-9]+\.[0-9]+)", text)
    return (driver[1] if driver else None), (cuda[1] if cuda else None)


def kernel_driver(text: str) -> str | None:
    """The version in /proc/driver/nvidia/version (both the proprietary and the open module)."""
    matched = re.search(
        r"^NVRM version:.*?\s([0-9]{3,4}\.[0-9]+(?:\.[0-9]+)?)\s", text, re.MULTILINE
    )
    return matched[1] if matched else None


def kernel_gpus(root: Path, driver: str | None) -> tuple[Gpu, ...]:
    """GPUs that the loaded driver lists, as far as their device file is here.

    /proc shows the host's GPUs in every container, so one counts only with its /dev/nvidia<minor>.
    """
    gpus: list[Gpu] = []
    folder = root / "proc/driver/nvidia/gpus"
    for file in sorted(folder.glob("*/information")):
        facts = dict(
            re.findall(r"^([\w ]+):[ \t]*(.*?)[ \t\r]*$", read_text(file) or "", re.MULTILINE)
        )
        minor = facts.get("Device Minor", "")
        if minor.isdecimal() and (root / f"dev/nvidia{minor}").exists():
            name = one_line(facts.get("Model", "")) or "NVIDIA GPU"
            gpus.append(Gpu("nvidia", name, len(gpus), driver=driver, uuid=facts.get("GPU UUID")))
    return tuple(gpus)
