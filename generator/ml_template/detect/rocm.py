"""AMD GPUs by rocm-smi, and by rocminfo where that is missing or silent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .concurrency import ask_together
from .machine import Gpu, Rocm
from .process import TIMEOUT_S, Output, Run
from .text import one_line, read_text

_SMI = ("--showproductname", "--showmeminfo", "vram", "--showdriverversion", "--json")
_USUAL = "opt/rocm"


@dataclass(frozen=True)
class RocmFindings:
    """GPUs and stack, and what rocm-smi complained of."""

    gpus: tuple[Gpu, ...] = ()
    rocm: Rocm | None = None
    problem: str | None = None


def detect_rocm(run: Run, root: Path, env: Mapping[str, str]) -> RocmFindings:
    """Ask rocm-smi and rocminfo at once; off PATH they are sought in ROCM_PATH and /opt/rocm."""
    home = Path(env["ROCM_PATH"]) if env.get("ROCM_PATH") else root / _USUAL

    def ask(tool: str, *arguments: str) -> Output:
        output = run([tool, *arguments])
        return output if output.found else run([str(home / "bin" / tool), *arguments])

    answers, _ = ask_together(
        {"smi": lambda: ask("rocm-smi", *_SMI), "info": lambda: ask("rocminfo")},
        deadline_s=1.5 * TIMEOUT_S,
    )
    smi, info = answers["smi"] or Output(), answers["info"] or Output()
    gpus, driver = parse_rocm_smi(smi.stdout)
    agents = parse_rocminfo(info.stdout)
    gpus = tuple(_completed(gpu, agents) for gpu in gpus) if gpus else agents
    if driver:
        gpus = tuple(replace(gpu, driver=driver) for gpu in gpus)
    release = parse_release(read_text(home / ".info/version") or "")
    problem = None
    if smi.found and not gpus:
        problem = f"rocm-smi: {smi.complaint or 'listed no GPU'}"
    known = Rocm(release, driver) if release or driver else None
    return RocmFindings(gpus, known, problem)


def parse_rocm_smi(text: str) -> tuple[tuple[Gpu, ...], str | None]:
    """GPUs and driver version of `rocm-smi … --json`; warnings may stand before the JSON."""
    gpus: list[Gpu] = []
    driver: str | None = None
    for name, facts in _json_object(text).items():
        if not isinstance(facts, dict):
            continue
        # "Card series" until ROCm 5, "Card Series" since 6.
        values = {str(key).lower(): one_line(str(value)) for key, value in facts.items()}
        card = re.fullmatch(r"card([0-9]{1,4})", name)
        if card:
            gpus.append(_smi_gpu(int(card[1]), values))
        elif name == "system":
            driver = values.get("driver version") or None
    return tuple(sorted(gpus, key=lambda gpu: gpu.index)), driver


def _smi_gpu(index: int, values: dict[str, str]) -> Gpu:
    names = (values.get(key, "") for key in ("card series", "card model", "device name"))
    name = next(
        (name for name in names if name and name != "N/A" and not name.startswith("0x")), "AMD GPU"
    )
    memory = re.fullmatch(r"[0-9]{1,18}", values.get("vram total memory (b)", ""))
    return Gpu(
        vendor="amd",
        name=name,
        index=index,
        memory_bytes=int(memory[0]) if memory else None,
        compute_capability=_architecture(values.get("gfx version", "")),
    )


def _architecture(name: str) -> str | None:
    return name if re.fullmatch(r"gfx[0-9a-f]{3,6}", name) else None


def _json_object(text: str) -> dict[str, Any]:
    decoder = json.JSONDecoder()
    # Only where a line begins with a brace: rubbish full of braces must not cost quadratic time.
    for start in [match.start() for match in re.finditer(r"^[ \t]*\{", text, re.MULTILINE)][:20]:
        try:
            value, _ = decoder.raw_decode(text[start:].lstrip())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return {}


def parse_rocminfo(text: str) -> tuple[Gpu, ...]:
    """GPU agents of `rocminfo`, with the size of their largest memory pool."""
    gpus: list[Gpu] = []
    for agent in re.split(r"^\*+[ \t]*\n?Agent [0-9]+[ \t]*$", text, flags=re.MULTILINE)[1:]:
        facts = re.findall(r"^  (\w[\w ]*?):[ \t]*(.*?)[ \t]*$", agent, re.MULTILINE)
        first = dict(reversed(facts))  # an agent's own facts stand above those of its pools
        if first.get("Device Type") != "GPU":
            continue
        pools = re.findall(r"^[ \t]+Size:[ \t]+([0-9]{1,15})\(0x", agent, re.MULTILINE)
        sizes = [int(kibibytes) for kibibytes in pools]
        architecture = first.get("Name", "")
        gpus.append(
            Gpu(
                vendor="amd",
                name=one_line(first.get("Marketing Name", ""))
                or one_line(architecture)
                or "AMD GPU",
                index=len(gpus),
                memory_bytes=max(sizes) * 1024 if sizes else None,
                compute_capability=_architecture(architecture),
                uuid=one_line(first.get("Uuid", "")) or None,
            )
        )
    return tuple(gpus)


def _completed(gpu: Gpu, agents: tuple[Gpu, ...]) -> Gpu:
    """A GPU of rocm-smi with what its older releases leave out: architecture, a readable name."""
    if gpu.index >= len(agents):
        return gpu
    agent = agents[gpu.index]
    return replace(
        gpu,
        name=agent.name if gpu.name == "AMD GPU" else gpu.name,
        compute_capability=gpu.compute_capability or agent.compute_capability,
        memory_bytes=gpu.memory_bytes or agent.memory_bytes,
        uuid=agent.uuid,
    )


def parse_release(text: str) -> str | None:
    """The release in /opt/rocm/.info/version: "6.2.0-66" is 6.2.0."""
    matched = re.match(r"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}", text)
    return matched[0] if matched else None
