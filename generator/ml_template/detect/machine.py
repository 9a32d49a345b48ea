"""The facts that detection finds, as plain frozen dataclasses. None means "not known"."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class MigDevice:
    """One slice of a partitioned NVIDIA GPU."""

    profile: str  # "3g.20gb": 3 of 7 compute slices, 20 GB
    uuid: str  # what CUDA_VISIBLE_DEVICES takes


@dataclass(frozen=True)
class Gpu:
    """One accelerator."""

    vendor: str  # "nvidia", "amd" or "apple"
    name: str
    index: int = 0
    memory_bytes: int | None = None  # on Apple silicon: shared with the CPU
    driver: str | None = None
    compute_capability: str | None = None  # "8.0" for NVIDIA, "gfx90a" for AMD
    uuid: str | None = None
    mig_enabled: bool | None = None
    mig_devices: tuple[MigDevice, ...] = ()


@dataclass(frozen=True)
class NvidiaDriver:
    """The kernel driver, and the newest CUDA that it can run."""

    version: str | None
    cuda: str | None


@dataclass(frozen=True)
class CudaToolkit:
    """An installed CUDA compiler and its libraries."""

    version: str
    source: str  # the file or command that told


@dataclass(frozen=True)
class Cudnn:
    """One cuDNN: a header of the system, or a package of the user's environment."""

    version: str
    source: str


@dataclass(frozen=True)
class Rocm:
    """AMD's stack: its release and the kernel driver's version."""

    version: str | None
    driver: str | None


@dataclass(frozen=True)
class Memory:
    """RAM of the machine, and what a container or a job leaves of it."""

    total_bytes: int | None = None
    available_bytes: int | None = None
    limit_bytes: int | None = None  # of the tightest control group, if it is below the total
    limit_source: str | None = None

    @property
    def usable_bytes(self) -> int | None:
        """What the process may use before it is killed."""
        known = [amount for amount in (self.total_bytes, self.limit_bytes) if amount is not None]
        return min(known, default=None)


@dataclass(frozen=True)
class Cpu:
    """Processor, and the share of it that this process may use."""

    model: str | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    affinity: int | None = None  # logical cores that the scheduler may use for this process
    quota: float | None = None  # cores' worth of time by the control group
    quota_source: str | None = None

    @property
    def usable_cores(self) -> int | None:
        """Whole cores that threads and data workers can count on, at least 1."""
        known = [n for n in (self.logical_cores, self.affinity, self.quota) if n is not None]
        return max(1, int(min(known))) if known else None


@dataclass(frozen=True)
class Disk:
    """The file system of the current folder."""

    path: str
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Interpreter:
    """The Python that would run the user's training."""

    executable: str
    found_by: str  # "VIRTUAL_ENV", "CONDA_PREFIX", ".venv", "PATH"
    version: str | None = None
    architecture: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Environment:
    """Where a training would run: package environment, container, scheduler, hosted notebook."""

    kind: str | None = None  # "venv", "uv", "poetry", "conda", …
    path: str | None = None
    container: str | None = None
    scheduler: str | None = None
    hosted: str | None = None
    visible_devices: str | None = None  # CUDA_VISIBLE_DEVICES, when set; "" and "-1" hide every GPU


@dataclass(frozen=True)
class Package:
    """A library of the user's environment that matters for training."""

    name: str  # as people say it: "PyTorch"
    version: str
    role: str  # "framework", "tracking" or "library"


@dataclass(frozen=True)
class TorchBuild:
    """What PyTorch was compiled for; both None in a CPU build."""

    cuda: str | None = None
    hip: str | None = None


@dataclass(frozen=True)
class Checkpoints:
    """Checkpoint files below one folder."""

    folder: str
    total_bytes: int
    files: int
    complete: bool  # False: the folder is so large that counting stopped early


@dataclass(frozen=True)
class Machine:
    """Everything that one detection found."""

    system: str
    release: str
    architecture: str
    gpus: tuple[Gpu, ...] = ()
    nvidia: NvidiaDriver | None = None
    cuda: CudaToolkit | None = None
    cudnn: tuple[Cudnn, ...] = ()
    rocm: Rocm | None = None
    mps: bool = False
    memory: Memory = field(default_factory=Memory)
    cpu: Cpu = field(default_factory=Cpu)
    disk: Disk | None = None
    python: Interpreter | None = None
    environment: Environment = field(default_factory=Environment)
    packages: tuple[Package, ...] | None = None  # None: the environment could not be read
    torch_build: TorchBuild | None = None
    checkpoints: Checkpoints | None = None
    problems: tuple[str, ...] = ()  # tools that are there but failed, one sentence each

    def version_of(self, name: str) -> str | None:
        """The version of a package, None when it is not installed or not known."""
        return next((p.version for p in self.packages or () if p.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, with the derived amounts beside those they come from."""
        facts = asdict(self)
        facts["memory"]["usable_bytes"] = self.memory.usable_bytes
        facts["cpu"]["usable_cores"] = self.cpu.usable_cores
        return facts
