"""What a run stood on (machine, packages, code), and the ``doctor`` command that shows it."""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

from .alerts import REQUIRED, alerts, obstacles
from .gpu import gpu_report
from .hardware import answer_within, cpu_report, disk_report, memory_report, run_tool

__all__ = ["alerts", "git_state", "main", "obstacles", "system_report"]

GIB = 2**30
LEAKAGE_TIMEOUT_S = 20.0  # the doctor is asked often; validate-data takes the time that it takes
OPTIONAL = (
    "torchvision", "tensorflow", "jax", "wandb", "mlflow", "tensorboard", "trackio",
    "nvidia-ml-py",
)  # fmt: skip
# The same framework under another name of distribution.
OTHER_NAMES = {"tensorflow": ("tensorflow-cpu", "tensorflow-macos", "tf-nightly")}


def system_report(outputs: Path = Path("outputs")) -> dict[str, Any]:
    """Describes machine, environment and code, for the provenance of a run.

    Holds no environment variable and no host name. Whatever does not answer in time is None.

    Args:
        outputs: Directory whose disk is reported.

    Returns:
        JSON-able, with ``python``, ``platform``, ``environment``, ``cpu``, ``memory`` and ``disk``
        (bytes), ``gpu``, ``packages`` (version or None by name) and ``git``.
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "environment": _environment(),
        "cpu": cpu_report(),
        "memory": memory_report(),
        "disk": disk_report(outputs),
        "gpu": gpu_report(),
        "packages": {name: _version(name) for name in (*REQUIRED, *OPTIONAL)},
        "git": git_state(),
    }


def git_state(path: Path | None = None) -> dict[str, Any]:
    """Reads which code runs.

    Args:
        path: A directory of the repository; by default that of this package, or the current
            directory where the package is installed into site-packages.

    Returns:
        ``commit`` (40 hexadecimal digits), ``branch`` and ``dirty`` (tracked or untracked changes);
        each None outside a repository, without git, or when git takes more than 2 s.
    """
    if path is None:
        package = Path(__file__).resolve().parents[1]
        path = Path.cwd() if "site-packages" in package.parts else package

    def ask(*arguments: str) -> str | None:
        # No lock is taken, so that a commit made at the same time does not fail.
        return run_tool("git", *arguments, cwd=path, env={"GIT_OPTIONAL_LOCKS": "0"})

    commit = ask("rev-parse", "--verify", "HEAD")
    if commit is None:
        return {"commit": None, "branch": None, "dirty": None}
    changes = ask("status", "--porcelain")
    return {
        "commit": commit,
        "branch": ask("rev-parse", "--abbrev-ref", "HEAD"),
        "dirty": None if changes is None else bool(changes),
    }


def main(cfg: Any) -> int:
    """Runs ``doctor``: shows the report and the alerts.

    Args:
        cfg: The configuration; decides the alerts on seed, determinism and tracking.

    Returns:
        0, or 1 when something makes training impossible.
    """
    from rich.console import Console
    from rich.table import Table

    run_dir = getattr(cfg, "run_dir", None)
    outputs = Path(run_dir).parent if run_dir else Path("outputs")
    report = system_report(outputs)
    console = Console()
    for title, rows in _sections(report).items():
        table = Table(title=title, title_justify="left", show_header=False, min_width=60)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows.items():
            table.add_row(name, value)
        console.print(table)
    fatal = obstacles(report, cfg)
    shared = answer_within(LEAKAGE_TIMEOUT_S, lambda: _shared_samples(cfg), None)
    found = alerts(report, cfg, outputs=outputs, shared_samples=shared)
    for line in fatal:
        console.print(f"✗ {line}", style="bold red", markup=False, highlight=False)
    for line in found:
        console.print(f"! {line}", style="yellow", markup=False, highlight=False)
    if shared is None:
        console.print("Leakage was not checked (no data at hand, or too much): see validate-data.")
    if not fatal:
        console.print("Training can start.", style="green")
    return 1 if fatal else 0


def _shared_samples(cfg: Any) -> int | None:
    """Counts test samples whose content is in the training split too; None without local data."""
    if "url" in cfg.data.source:  # a report must not start a download
        return None
    # Imported here: the report itself must not depend on NumPy and the data code.
    from ..data import load_source, split_source
    from ..data.integrity import hash_samples

    source = load_source(cfg.data)
    digests = hash_samples(source)
    rows = split_source(cfg.data, source, digests)
    trained = {digests[row] for row in rows["train"]}
    return sum(digests[row] in trained for row in rows["test"])


def _sections(report: dict[str, Any]) -> dict[str, dict[str, str]]:
    cpu, memory, disk, gpu = (report[k] for k in ("cpu", "memory", "disk", "gpu"))
    environment, git = report["environment"], report["git"]
    kind = environment["kind"]
    if environment["container"]:
        kind += f" in a container ({environment['container']})"
    limit = memory["cgroup_limit"]
    machine = {
        "Platform": report["platform"],
        "CPU": f"{cpu['model']}, {cpu['usable']} of {cpu['logical']} cores usable",
        "RAM": f"{_gib(memory['usable'])} usable, {_gib(memory['available'])} available now"
        + (f" (limited to {_gib(limit)} by its control group)" if limit else ""),
        "Disk": f"{_gib(disk['free'])} free of {_gib(disk['total'])} at {disk['path']}/",
    }
    devices = {
        f"GPU {index}": f"{d['name']}, {_gib(d['memory'])}, compute capability {d['capability']}"
        for index, d in enumerate(gpu["devices"])
    } or {"GPU": gpu["note"] or "not found"}
    versions = {
        "Driver": gpu["driver"] or "not found",
        "CUDA": gpu["cuda"] or "not in this PyTorch",
        "cuDNN": str(gpu["cudnn"] or "not found"),
        "MPS": "available" if gpu["mps"] else "not found",
    }
    if gpu["hip"]:
        versions["ROCm"] = gpu["hip"]
    code = {
        "Python": f"{report['python']}, {kind}",
        "Git": "not found"
        if git["commit"] is None
        else f"{git['commit'][:12]} on {git['branch']}"
        + {True: ", uncommitted changes", False: ", clean", None: ", state unknown"}[git["dirty"]],
    }
    packages = {name: version or "not found" for name, version in report["packages"].items()}
    return {"Machine": machine | devices | versions, "Code": code, "Packages": packages}


def _environment() -> dict[str, Any]:
    if (Path(sys.prefix) / "conda-meta").is_dir():
        kind = "conda"
    else:
        kind = "venv" if sys.prefix != sys.base_prefix else "system"
    marks = {
        "docker": Path("/.dockerenv"),
        "podman": Path("/run/.containerenv"),
        "apptainer": Path("/.singularity.d"),
        "kubernetes": Path("/var/run/secrets/kubernetes.io"),
    }
    container = next((name for name, mark in marks.items() if _exists(mark)), None)
    slurm = "SLURM_JOB_ID" in os.environ
    return {"kind": kind, "container": container, "slurm": slurm, "executable": sys.executable}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a parent that may not be read
        return False


def _version(name: str) -> str | None:
    """Version from the installed metadata; importing a framework would take seconds and memory."""
    for candidate in (name, *OTHER_NAMES.get(name, ())):
        try:
            return importlib.metadata.version(candidate)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def _gib(size: int | None) -> str:
    return "not found" if size is None else f"{size / GIB:.1f} GiB"
