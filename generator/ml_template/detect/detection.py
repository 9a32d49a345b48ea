"""Ask everything at once and put the answers together."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from .apple import AppleFindings, detect_apple
from .concurrency import ask_together
from .cpu import detect_cpu
from .cuda import detect_cuda, detect_cudnn
from .disk import count_checkpoints, detect_disk
from .environment import detect_environment
from .frameworks import cudnn_packages, packages_of, parse_torch_version_file
from .interpreter import Inventory, take_inventory
from .machine import Cpu, Environment, Machine, Memory
from .memory import detect_memory
from .nvidia import NvidiaFindings, detect_nvidia
from .process import TIMEOUT_S, Run, runner
from .rocm import RocmFindings, detect_rocm

# Longer than any two commands in a row; only a file system that doesn't answer comes this far.
_DEADLINE_S = 3 * TIMEOUT_S


def detect_machine(
    root: Path = Path("/"),
    run: Run | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    system: str | None = None,
) -> Machine:
    """Find out what this machine has for training. Never raises, never hangs.

    Args:
        root: Where /proc, /sys, /usr and /opt are read; a folder of recorded files in tests.
        run: Runs a program; by default the real one, found on the PATH of `env`, with 2 s each.
        env: Environment variables, by default this process' own.
        cwd: The folder that the user stands in, by default the current one.
        system: The operating system as `platform.system()` names it, by default this one.

    Returns:
        The facts; what failed is told in `Machine.problems`.
    """
    env = dict(os.environ) if env is None else env
    run = run or runner(env)
    cwd = cwd or _current_folder()
    system = system or platform.system()
    answers, problems = ask_together(
        {
            "nvidia": lambda: detect_nvidia(run, root),
            "rocm": lambda: detect_rocm(run, root, env),
            "apple": lambda: detect_apple(run) if system == "Darwin" else AppleFindings(),
            "cuda": lambda: detect_cuda(run, root, env),
            "cudnn": lambda: detect_cudnn(root, env),
            "python": lambda: take_inventory(run, env, cwd),
            "memory": lambda: detect_memory(root),
            "cpu": lambda: detect_cpu(root),
            "disk": lambda: detect_disk(cwd),
            "checkpoints": lambda: count_checkpoints(cwd),
            "environment": lambda: detect_environment(root, env, cwd),
        },
        _DEADLINE_S,
    )
    nvidia: NvidiaFindings = answers["nvidia"] or NvidiaFindings()
    rocm: RocmFindings = answers["rocm"] or RocmFindings()
    apple: AppleFindings = answers["apple"] or AppleFindings()
    inventory: Inventory = answers["python"] or Inventory()
    installed = inventory.distributions
    return Machine(
        system="macOS" if system == "Darwin" else system,
        release=apple.release or platform.release(),
        architecture="arm64" if apple.gpus else platform.machine(),
        gpus=(*nvidia.gpus, *rocm.gpus, *apple.gpus),
        nvidia=nvidia.driver,
        cuda=answers["cuda"],
        cudnn=(*(answers["cudnn"] or ()), *cudnn_packages(installed or {})),
        rocm=rocm.rocm,
        mps=apple.mps,
        memory=apple.memory or answers["memory"] or Memory(),
        cpu=apple.cpu or answers["cpu"] or Cpu(),
        disk=answers["disk"],
        python=inventory.interpreter,
        environment=answers["environment"] or Environment(),
        packages=None if installed is None else packages_of(installed),
        torch_build=parse_torch_version_file(inventory.torch_version_file),
        checkpoints=answers["checkpoints"],
        problems=tuple([p for p in (nvidia.problem, rocm.problem) if p] + problems),
    )


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # removed under our feet
        return Path()
