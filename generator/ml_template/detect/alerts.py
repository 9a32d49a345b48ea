"""What the user should know before training on this machine, one sentence or two each.

The wording of the GPU, framework, checkpoint and tracking alerts is fixed: people search for it.
Alerts about a model's memory, seeds, leakage and determinism need a project: its `doctor` has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .machine import Gpu, Machine
from .text import version_tuple

CHECKPOINT_ALERT_BYTES = 5_000_000_000
# A driver runs every CUDA of its own major and older ones, so the first driver of a major decides:
# https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
_FIRST_DRIVER_OF_CUDA = {13: 580, 12: 525, 11: 450, 10: 410}
# The first CUDA that compiles for a compute capability, by its major number (CUDA release notes).
_FIRST_CUDA_OF_COMPUTE = {12: (12, 8), 11: (13, 0), 10: (12, 8), 9: (11, 8), 8: (11, 0), 7: (9, 0)}
_OLDEST_COMPUTE_OF_CUDA_13 = (7, 5)  # Turing: CUDA 13.0 dropped Maxwell, Pascal and Volta

_ADVICE = (
    ("version mismatch", "The driver was updated under the running kernel: reboot."),
    (
        "communicate with the NVIDIA driver",
        "Check that the driver is installed and loaded, then reboot.",
    ),
    (
        "did not answer",
        "Its driver may hang: look for GPU errors in dmesg, reset the GPU or reboot.",
    ),
    ("Unknown Error", "In a container, restart it; on the host, look for Xid messages in dmesg."),
    (
        "GPU is lost",
        "It fell off the bus: reboot, and check power and cooling if it happens again.",
    ),
    ("Driver not initialized", "Load the amdgpu kernel module."),
)


def alerts(machine: Machine) -> list[str]:
    """Everything about this machine that is worth a warning, the gravest first."""
    sources: tuple[Callable[[Machine], Iterator[str]], ...] = (
        _gpu_unavailable,
        _broken_tools,
        _driver_and_cuda,
        _build_and_gpu,
        _toolkit_and_build,
        _framework_conflict,
        _tracking_missing,
        _checkpoints_pile_up,
    )
    return [alert for source in sources for alert in source(machine)]


def _gpu_unavailable(machine: Machine) -> Iterator[str]:
    if not machine.gpus:
        yield "No GPU detected. Training will run on CPU and be significantly slower."
        return
    visible = machine.environment.visible_devices
    if visible is not None and visible.strip() in ("", "-1", "NoDevFiles") and _nvidia(machine):
        yield (
            f'CUDA_VISIBLE_DEVICES="{visible}" hides every GPU, so training will run on CPU and be '
            "significantly slower. Unset it to use the GPU."
        )


def _broken_tools(machine: Machine) -> Iterator[str]:
    if machine.python and machine.python.problem:
        python = f"{machine.python.executable} (found by {machine.python.found_by})"
        yield f"{python}: {machine.python.problem}. The installed frameworks are not known."
    for problem in machine.problems:
        advice = next((advice for part, advice in _ADVICE if part in problem), "")
        yield f"{problem.rstrip('.')}. {advice}".rstrip()


def _driver_and_cuda(machine: Machine) -> Iterator[str]:
    built = version_tuple(machine.torch_build.cuda if machine.torch_build else None)[:2]
    driver = machine.nvidia
    if not built or driver is None:
        return
    supported = version_tuple(driver.cuda)[:2] or _cuda_of_driver(driver.version)
    if not supported:
        return
    limit = (
        f"{_torch(machine)} is built for CUDA {_dotted(built)}, newer than the "
        f"CUDA {_dotted(supported)} that driver {driver.version or '(version unknown)'} supports"
    )
    if built[0] > supported[0]:
        first = _FIRST_DRIVER_OF_CUDA.get(built[0])
        update = f"Update the driver to {first} or newer" if first else "Update the driver"
        yield (
            f"{limit}: it can't use the GPU. {update}, or install a build for CUDA {supported[0]}."
        )
    elif len(supported) == 2 and built > supported:
        yield (
            f"{limit}. Within CUDA {built[0]} most of it runs, but code compiled at run time "
            "can fail. Update the driver, or install a build for "
            f"CUDA {_dotted(supported)} or older."
        )


def _cuda_of_driver(version: str | None) -> tuple[int, ...]:
    """The newest major CUDA of a driver, for when nvidia-smi doesn't tell the exact one."""
    branch = version_tuple(version)[:1]
    if not branch:
        return ()
    return next(
        ((cuda,) for cuda, first in _FIRST_DRIVER_OF_CUDA.items() if branch[0] >= first), ()
    )


def _build_and_gpu(machine: Machine) -> Iterator[str]:
    build = machine.torch_build
    if build is None or not machine.gpus:
        return
    vendors = {gpu.vendor for gpu in machine.gpus}
    gpu = machine.gpus[0].name
    if build.cuda is None and build.hip is None and vendors & {"nvidia", "amd"}:
        yield (
            f"{_torch(machine)} is a CPU build: it won't use {gpu}. "
            "Install the build for your GPU, see https://pytorch.org/get-started/locally."
        )
    elif build.cuda and vendors == {"amd"}:
        yield f"{_torch(machine)} is built for CUDA, but {gpu} needs a ROCm build."
    elif build.hip and vendors == {"nvidia"}:
        yield f"{_torch(machine)} is built for ROCm, but {gpu} needs a CUDA build."
    elif build.cuda:
        for nvidia in _nvidia(machine):
            yield from _compute_capability(machine, nvidia, version_tuple(build.cuda)[:2])
    if machine.mps and machine.python and machine.python.architecture == "x86_64":
        yield (
            f"{machine.python.executable} is an x86_64 Python under Rosetta: "
            "it can't use the GPU (MPS). Install an arm64 Python."
        )


def _compute_capability(machine: Machine, gpu: Gpu, built: tuple[int, ...]) -> Iterator[str]:
    compute = version_tuple(gpu.compute_capability)
    if not compute or not built:
        return
    first = _FIRST_CUDA_OF_COMPUTE.get(compute[0])
    about = f"{_torch(machine)} is built for CUDA {_dotted(built)}, "
    needs = f"{gpu.name} (compute capability {gpu.compute_capability})"
    if first and built < first:
        remedy = f"Install a build for CUDA {_dotted(first)} or newer."
        yield f"{about}which is too old for {needs}. {remedy}"
    elif built[0] >= 13 and compute < _OLDEST_COMPUTE_OF_CUDA_13:
        yield f"{about}which no longer supports {needs}. Install a build for CUDA 12."


def _toolkit_and_build(machine: Machine) -> Iterator[str]:
    toolkit = version_tuple(machine.cuda.version if machine.cuda else None)
    built = version_tuple(machine.torch_build.cuda if machine.torch_build else None)
    if machine.cuda and toolkit and built and toolkit[0] != built[0]:
        yield (
            f"CUDA toolkit {machine.cuda.version} and {_torch(machine)}'s CUDA {_dotted(built)} "
            "differ in their major version: training works, but CUDA extensions won't build."
        )


def _framework_conflict(machine: Machine) -> Iterator[str]:
    names = [package.name for package in machine.packages or () if package.role == "framework"]
    if len(names) < 2:
        return
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    start = "Both " if len(names) == 2 else ""
    yield f"{start}{listed} detected. Which is the primary framework for this project?"


def _tracking_missing(machine: Machine) -> Iterator[str]:
    if machine.packages is None:
        return  # no environment was read, so nothing is known to be missing
    if not any(package.role == "tracking" for package in machine.packages):
        yield "No experiment tracking detected. Set up W&B or MLflow for proper logging?"


def _checkpoints_pile_up(machine: Machine) -> Iterator[str]:
    found = machine.checkpoints
    if found and found.total_bytes >= CHECKPOINT_ALERT_BYTES:
        least = "" if found.complete else "at least "
        size = f"{found.total_bytes / 1e9:.0f}GB"
        yield f"Found {least}{size} of checkpoints in {found.folder}/. Clean up old checkpoints?"


def _nvidia(machine: Machine) -> list[Gpu]:
    return [gpu for gpu in machine.gpus if gpu.vendor == "nvidia"]


def _torch(machine: Machine) -> str:
    return f"PyTorch {machine.version_of('PyTorch') or ''}".rstrip()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
