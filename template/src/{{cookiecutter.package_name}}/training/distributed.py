"""One process or many: who takes part, and the few things that they agree on.

Started plainly, a run is one process. Under `torchrun` (or any launcher that sets RANK, WORLD_SIZE
and MASTER_ADDR) it is data-parallel, with NCCL between GPUs and gloo between CPUs.
"""

import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ..errors import UserError

T = TypeVar("T")

_TIMEOUT = timedelta(minutes=30)
# Running statistics are shared when they are saved or evaluated, not at each forward pass: a
# collective there would hang when one process runs out of memory. PyTorch 2.13 renamed the switch.
_NO_BUFFER_EXCHANGE: dict[str, Any] = {
    "forward_sync_buffers"
    if "forward_sync_buffers" in inspect.signature(DistributedDataParallel).parameters
    else "broadcast_buffers": False
}


@dataclass(frozen=True)
class World:
    """This process's place among the processes of the run.

    Attributes:
        device: Where this process computes.
        rank: Number of this process over all machines.
        size: Number of processes over all machines.
        local_rank: Number of this process on its machine.
        local_size: Number of processes on this machine.
    """

    device: torch.device
    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes files, shows progress and talks to trackers."""
        return self.rank == 0

    def sum(self, values: Sequence[float]) -> list[float]:
        """Add each value over all processes, in float64."""
        if self.size == 1:
            return list(values)
        # MPS has no float64, but is never one of several processes.
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor)
        return tensor.tolist()

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any process."""
        return flag if self.size == 1 else self.sum([float(flag)])[0] > 0

    def average_gradients(self, model: nn.Module) -> None:
        """Average the gradients over all processes after a backward pass that did not.

        A parameter that took no part here still takes part in the exchange, with zeros.
        """
        for parameter in model.parameters():
            if not parameter.requires_grad:
                continue
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            dist.all_reduce(parameter.grad)
            parameter.grad.div_(self.size)

    def gather(self, value: Any) -> list[Any]:
        """Return every process's value, in order of rank; plain containers only."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def from_main(self, value: Any) -> Any:
        """Return the main process's value on every process."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def on_main(self, work: Callable[[], T]) -> T:
        """Let the main process do something, and return what came of it on every process.

        Args:
            work: Returns plain containers or None.

        Raises:
            UserError: The work raised it: then every process stops, and none waits for another.
        """
        result: Any = None
        mistake: str | None = None
        if self.is_main:
            try:
                result = work()
            except UserError as error:
                mistake = str(error)
        result, mistake = self.from_main((result, mistake))
        if mistake is not None:
            raise UserError(mistake)
        return cast("T", result)

    def share_buffers(self, model: nn.Module) -> None:
        """Give every process the main process's buffers (running statistics): files hold those."""
        if self.size > 1:
            for buffer in model.buffers():
                dist.broadcast(buffer, src=0)

    def barrier(self) -> None:
        """Wait for all processes."""
        if self.size > 1:
            dist.barrier()


class Replica(nn.Module):
    """The model as this process runs it: itself, or one of several kept equal by DDP.

    Calling it calls the model. `exchange=False` keeps a backward pass's gradients at home, for all
    micro-batches of an optimizer step but the last.
    """

    def __init__(self, model: nn.Module, world: World) -> None:
        """Wrap `model`, which is on the world's device already."""
        super().__init__()
        self.module: nn.Module | DistributedDataParallel = model
        if world.size > 1:
            self.module = DistributedDataParallel(
                model,
                device_ids=[world.device.index] if world.device.type == "cuda" else None,
                gradient_as_bucket_view=True,
                **_NO_BUFFER_EXCHANGE,
            )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model."""
        return self.module(*args, **kwargs)

    def exchange(self, wanted: bool) -> AbstractContextManager[None]:
        """Whether the passes inside average their gradients over all processes."""
        if isinstance(self.module, DistributedDataParallel) and not wanted:
            context: AbstractContextManager[None] = self.module.no_sync()
            return context
        return nullcontext()


def find_device(accelerator: str, local_rank: int = 0) -> torch.device:
    """Resolve `training.accelerator`; "auto" is CUDA (ROCm answers to that name), MPS, then CPU.

    Raises:
        UserError: The accelerator that was asked for is not there.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if accelerator == "auto":
        accelerator = next(name for name, there in available.items() if there)
    if not available[accelerator]:
        raise UserError(
            f"training.accelerator={accelerator}: this machine's PyTorch sees none; "
            "use auto, or see what `doctor` says"
        )
    if accelerator == "cuda":
        if local_rank >= torch.cuda.device_count():
            raise UserError(
                f"process {local_rank} has no GPU of its own: this machine has "
                f"{torch.cuda.device_count()}; start fewer processes (--nproc-per-node)"
            )
        return torch.device("cuda", local_rank)
    return torch.device(accelerator)


@contextmanager
def join_world(accelerator: str = "auto", strategy: str = "auto") -> Iterator[World]:
    """Join the processes that the launcher started, and leave them at the end.

    Args:
        accelerator: `training.accelerator`.
        strategy: `training.strategy`: "auto" and "ddp" use all processes that were started,
            "single" insists on one.

    Raises:
        UserError: The strategy does not fit how the run was started, or a device is missing.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if strategy == "single" and size > 1:
        raise UserError(f"training.strategy=single, but {size} processes were started")
    if strategy == "ddp" and "WORLD_SIZE" not in os.environ:
        raise UserError("training.strategy=ddp: start it with torchrun, see the README")
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    device = find_device(accelerator, local_rank)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if size == 1:
        yield World(device)
        return
    if device.type == "mps":
        raise UserError("MPS works with one process only; use training.accelerator=cpu")
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_TIMEOUT)
    world = World(
        device,
        rank=dist.get_rank(),
        size=size,
        local_rank=local_rank,
        local_size=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
    )
    try:
        yield world
        world.barrier()  # none leaves while another still needs it
    finally:
        dist.destroy_process_group()
