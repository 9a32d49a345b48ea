"""Apple machines: chip, shared memory, and whether PyTorch's MPS can run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .concurrency import ask_together
from .machine import Cpu, Gpu, Memory
from .process import TIMEOUT_S, Output, Run
from .text import one_line, version_tuple

_NAMES = (
    "hw.memsize",
    "machdep.cpu.brand_string",
    "hw.physicalcpu",
    "hw.logicalcpu",
    "hw.optional.arm64",
)
_MPS_SINCE = (12, 3)  # macOS; https://developer.apple.com/metal/pytorch/


@dataclass(frozen=True)
class AppleFindings:
    """What sysctl and sw_vers tell."""

    release: str | None = None
    memory: Memory | None = None
    cpu: Cpu | None = None
    gpus: tuple[Gpu, ...] = ()
    mps: bool = False


def detect_apple(run: Run) -> AppleFindings:
    """Ask sysctl and sw_vers; only sensible on macOS."""
    answers, _ = ask_together(
        {
            "sysctl": lambda: run(["sysctl", *_NAMES]),
            "release": lambda: run(["sw_vers", "-productVersion"]),
        },
        deadline_s=1.5 * TIMEOUT_S,
    )
    facts = parse_sysctl((answers["sysctl"] or Output()).stdout)
    said = one_line((answers["release"] or Output()).stdout)
    release = said if version_tuple(said) else None
    memory_bytes = _number(facts, "hw.memsize")
    chip = facts.get("machdep.cpu.brand_string")
    cpu = Cpu(chip, _number(facts, "hw.physicalcpu"), _number(facts, "hw.logicalcpu"))
    # hw.optional.arm64 is 1 on Apple silicon under Rosetta too, where the platform claims x86_64.
    if facts.get("hw.optional.arm64") != "1":
        return AppleFindings(release, Memory(memory_bytes), cpu)
    gpu = Gpu("apple", f"{chip or 'Apple silicon'} GPU", memory_bytes=memory_bytes)
    mps = release is None or version_tuple(release) >= _MPS_SINCE
    return AppleFindings(release, Memory(memory_bytes), cpu, (gpu,), mps)


def parse_sysctl(text: str) -> dict[str, str]:
    """Values by name; a name that this macOS doesn't know has no line."""
    rows = re.findall(r"^([a-z0-9_.]+):[ \t]*(.*?)[ \t\r]*$", text, re.MULTILINE)
    return {name: one_line(value) for name, value in rows if one_line(value)}


def _number(facts: dict[str, str], name: str) -> int | None:
    value = facts.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None
