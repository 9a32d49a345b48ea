"""The findings as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .machine import Cpu, Gpu, Machine, Memory, Package
from .text import one_line

_NOT_FOUND = "not found"
_UNKNOWN = "not known"


def as_json(machine: Machine, alerts: Sequence[str]) -> str:
    """The facts and the alerts as one ASCII JSON object, ending in a newline."""
    return json.dumps({**machine.to_dict(), "alerts": list(alerts)}, indent=2) + "\n"


def print_report(machine: Machine, alerts: Sequence[str], console: Console) -> None:
    """Write the table, and the alerts under it."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(machine):
        missing = value in (_NOT_FOUND, _UNKNOWN)
        lines = Text("\n").join(Text(_writable(line, console)) for line in value.splitlines())
        lines.stylize("dim" if missing else "")
        table.add_row(Text(name), lines)
    console.print(table)
    console.print()
    if not alerts:
        console.print(Text("No alerts.", style="green"))
    for alert in alerts:
        grid = Table(show_header=False, box=None, padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(
            Text("!", style="bold yellow"), Text(_writable(alert, console), style="yellow")
        )
        console.print(Padding(grid, 0))


def _writable(text: str, console: Console) -> str:
    """Text that this terminal's encoding can show: a GPU's name must not end the report."""
    encoding = console.encoding or "utf-8"
    return (
        one_line(text, limit=1000)
        .encode(encoding, errors="replace")
        .decode(encoding, errors="replace")
    )


def _rows(machine: Machine) -> Iterator[tuple[str, str]]:
    yield "System", f"{machine.system} {machine.release} {machine.architecture}"
    yield "GPU", "\n".join(line for gpu in machine.gpus for line in _gpu(gpu)) or _NOT_FOUND
    yield "NVIDIA driver", _driver(machine)
    toolkit = machine.cuda
    yield "CUDA toolkit", f"{toolkit.version} ({toolkit.source})" if toolkit else _NOT_FOUND
    yield (
        "cuDNN",
        "\n".join(f"{found.version} ({found.source})" for found in machine.cudnn) or _NOT_FOUND,
    )
    rocm = machine.rocm
    amd = [rocm.version or "", f"driver {rocm.driver}" if rocm.driver else ""] if rocm else []
    yield "ROCm", ", ".join(filter(None, amd)) or _NOT_FOUND
    if machine.system == "macOS":
        yield "MPS", "available" if machine.mps else "not available"
    yield "CPU", _cpu(machine.cpu)
    yield "RAM", _memory(machine.memory)
    disk = machine.disk
    free = f"{_size(disk.free_bytes)} free of {_size(disk.total_bytes)} here" if disk else _UNKNOWN
    yield "Disk", free
    yield "Python", _python(machine)
    yield "Environment", _environment(machine)
    yield from _packages(machine)


def _gpu(gpu: Gpu) -> Iterator[str]:
    facts = [f"{gpu.index}: {gpu.name}"]
    if gpu.memory_bytes is not None:
        shared = " shared with the CPU" if gpu.vendor == "apple" else ""
        facts.append(_size(gpu.memory_bytes) + shared)
    if gpu.compute_capability:
        label = "compute capability " if gpu.vendor == "nvidia" else ""
        facts.append(label + gpu.compute_capability)
    if gpu.mig_enabled and not gpu.mig_devices:
        facts.append("MIG on, no slices")
    yield ", ".join(facts)
    for device in gpu.mig_devices:
        yield f"MIG {device.profile} {device.uuid}"


def _driver(machine: Machine) -> str:
    driver = machine.nvidia
    if driver is None:
        return _NOT_FOUND
    runs = f", runs CUDA up to {driver.cuda}" if driver.cuda else ""
    return (driver.version or "version not known") + runs


def _cpu(cpu: Cpu) -> str:
    if cpu.usable_cores is None:
        return cpu.model or _UNKNOWN
    lines = [cpu.model] if cpu.model else []
    cores = f"{cpu.usable_cores} usable core{'s' if cpu.usable_cores > 1 else ''}"
    limits = []
    if cpu.logical_cores and cpu.logical_cores != cpu.usable_cores:
        limits.append(f"{cpu.logical_cores} in the machine")
    if cpu.affinity and cpu.affinity != cpu.logical_cores:
        limits.append(f"affinity {cpu.affinity}")
    if cpu.quota is not None:
        limits.append(f"quota {cpu.quota:g} by {cpu.quota_source}")
    return "\n".join([*lines, f"{cores} ({', '.join(limits)})" if limits else cores])


def _memory(memory: Memory) -> str:
    if memory.usable_bytes is None:
        return _UNKNOWN
    free = f", {_size(memory.available_bytes)} free" if memory.available_bytes is not None else ""
    text = f"{_size(memory.usable_bytes)}{free}"
    if memory.limit_bytes is None:
        return text
    machine = f" (the machine has {_size(memory.total_bytes)})" if memory.total_bytes else ""
    return f"{text}\nlimited by {memory.limit_source}{machine}"


def _python(machine: Machine) -> str:
    python = machine.python
    if python is None:
        return _NOT_FOUND
    version = python.version or python.problem or _UNKNOWN
    return f"{version}\n{python.executable} (by {python.found_by})"


def _environment(machine: Machine) -> str:
    found = machine.environment
    parts = [found.kind or "", found.container or "", found.scheduler or "", found.hosted or ""]
    if found.visible_devices is not None:
        parts.append(f'CUDA_VISIBLE_DEVICES="{found.visible_devices}"')
    return ", ".join(filter(None, parts)) or _NOT_FOUND


def _packages(machine: Machine) -> Iterator[tuple[str, str]]:
    for title, role in (
        ("Frameworks", "framework"),
        ("Tracking", "tracking"),
        ("Libraries", "library"),
    ):
        if machine.packages is None:
            yield title, _UNKNOWN
            continue
        found = [_package(package, machine) for package in machine.packages if package.role == role]
        yield title, ", ".join(found) or _NOT_FOUND


def _package(package: Package, machine: Machine) -> str:
    text = f"{package.name} {package.version}"
    build = machine.torch_build
    if package.name != "PyTorch" or build is None:
        return text
    target = f"CUDA {build.cuda}" if build.cuda else f"ROCm {build.hip}" if build.hip else "CPU"
    return f"{text} ({target} build)"


def _size(amount: int | None) -> str:
    if amount is None:
        return _UNKNOWN
    value = float(amount)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.3g} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
