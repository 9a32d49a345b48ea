"""How much memory a run will take, found out before it starts.

One optimizer step is rehearsed on fake tensors, which have shapes and storages but no data: the
model itself, its precision, its recomputed blocks and its optimizer say what they allocate.
"""

import logging
import weakref
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from ..data.dataset import Batch
from ..errors import UserError
from ..utils.hardware import memory_report
from .optimizer import build_optimizer
from .parts import Parts
from .precision import Precision

logger = logging.getLogger(__name__)

# Kernels' workspaces, fragments between blocks and libraries are not in the estimate.
HEADROOM = 0.1


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes that one process's tensors take on its device.

    Attributes:
        micro_batch: Samples that were on the device at once.
        parameters: Weights and buffers.
        gradients: Of the trainable parameters.
        optimizer_state: Moments and the like, after the first step.
        moving_average: The second copy of the weights, where one is kept.
        activations: What the forward pass keeps for the backward pass, with the batch itself.
        peak: The most that is alive at one moment of a step; not all of the above is at once.
    """

    micro_batch: int
    parameters: int
    gradients: int
    optimizer_state: int
    moving_average: int
    activations: int
    peak: int


def estimate_memory(parts: Parts, micro_batch: int | None = None) -> MemoryEstimate:
    """Rehearse one optimizer step on fake tensors and count what is alive.

    No memory of the size is taken, no weight changes and no random number is drawn.

    Args:
        parts: The run.
        micro_batch: Samples at once; this process's share of `training.batch_size` by default.

    Raises:
        UserError: The model or the optimizer needs values, which fake tensors don't have.
    """
    # Loading it takes two seconds, which only those wait for who want an estimate.
    from torch._subclasses.fake_tensor import FakeTensorMode

    samples = micro_batch or -(-parts.config.training.batch_size // parts.world.size)
    model, device = parts.model, parts.world.device
    compiled = parts.config.training.compile
    was_training = model.training
    model.train()
    try:
        sample = parts.data.train.__getitems__([(0, 0)])
        with FakeTensorMode(allow_non_fake_inputs=True), _eager(compiled):
            weights = {
                name: nn.Parameter(torch.empty_like(p, device=device), p.requires_grad)
                for name, p in model.named_parameters()
            }
            buffers = {name: torch.empty_like(b) for name, b in model.named_buffers()}
            return _rehearse(parts, weights, buffers, sample, samples)
    except RuntimeError as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"memory can't be estimated, fake tensors do not suffice: {reason}"
        ) from error
    finally:
        model.train(was_training)


def memory_alert(estimate: MemoryEstimate, device: torch.device) -> str | None:
    """Return the warning that a run will probably run out of memory, None where it fits.

    Args:
        estimate: What one process takes.
        device: A GPU is asked for its free memory; else the machine's RAM counts.
    """
    available = available_memory(device)
    if available is None or estimate.peak <= (1 - HEADROOM) * available:
        return None
    place = "GPU" if device.type == "cuda" else "RAM"
    return (
        f"Model (~{estimate.peak / 1e9:.1f} GB) may not fit in {place} "
        f"(~{available / 1e9:.1f} GB). "
        "Consider reducing batch size or enabling gradient checkpointing."
    )


def available_memory(device: torch.device) -> int | None:
    """Return the bytes that this process's tensors may take, those it has included, if known."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device)
    return memory_report()["available"]


def format_bytes(size: float) -> str:
    """Return a size for people, in GB or MB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.2f} MB"


def warn_about_memory(parts: Parts) -> None:
    """Log the alert before a run on a GPU; nothing that goes wrong here stops the run."""
    if parts.world.device.type != "cuda":
        return
    try:
        alert = memory_alert(estimate_memory(parts), parts.world.device)
    except UserError as error:
        logger.info("%s", error)
        return
    if alert is not None:
        logger.warning("%s", alert)


class LiveStorages(TorchDispatchMode):
    """Counts the bytes of storages that operations made and that are still alive.

    Args:
        known: Tensors that were there before and do not count.
    """

    def __init__(self, known: Iterable[Tensor]) -> None:
        """Start at nothing."""
        super().__init__()
        self.bytes = self.peak = 0
        self._alive: dict[int, Any] = {id(t.untyped_storage()): t for t in known}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run the operation and take note of its results' storages."""
        results = func(*args, **(kwargs or {}))
        for result in pytree.tree_leaves(results):
            if isinstance(result, Tensor):
                self._add(result.untyped_storage())
        return results

    def _add(self, storage: torch.UntypedStorage) -> None:
        # Views and operations in place return a storage that is counted already. The Python object
        # lives as long as the memory: autograd's references from C++ keep it, too.
        key, size = id(storage), storage.nbytes()
        if key in self._alive:
            return

        def released(_: Any) -> None:
            self.bytes -= size
            del self._alive[key]

        self._alive[key] = weakref.ref(storage, released)
        self.bytes += size
        self.peak = max(self.peak, self.bytes)


class _ForwardBackward(nn.Module):
    """The loop's forward and backward pass as one call, for `functional_call`."""

    def __init__(self, parts: Parts, precision: Precision) -> None:
        super().__init__()
        self.model, self.task, self.precision = parts.model, parts.task, precision

    def forward(self, batch: Batch, live: LiveStorages) -> int:
        """Leave gradients; return the bytes that were kept between the passes."""
        with self.precision.autocast():
            loss = self.task.training_step(self.model, batch)
        kept = live.bytes
        loss.backward()
        return kept


def _rehearse(
    parts: Parts,
    weights: dict[str, nn.Parameter],
    buffers: dict[str, Tensor],
    sample: Batch,
    samples: int,
) -> MemoryEstimate:
    """Run the step inside a fake mode."""
    call = _ForwardBackward(parts, parts.precision)
    state = {f"model.{name}": tensor for name, tensor in {**weights, **buffers}.items()}
    live = LiveStorages(state.values())
    trained = [p for p in weights.values() if p.requires_grad]
    gradients = _size(trained)
    with live:
        kept = 0
        # With accumulation the gradients of the first batch are there while the second is on.
        for _ in range(min(2, parts.config.training.accumulate)):
            batch = {
                name: torch.empty((samples, *t.shape[1:]), dtype=t.dtype, device=parts.world.device)
                for name, t in sample.items()
            }
            held = live.bytes - sum(t.untyped_storage().nbytes() for t in batch.values())
            kept = functional_call(call, state, (batch, live)) - held
        del batch
        passes, live.peak = live.peak, live.bytes
        optimizer = build_optimizer(parts.config.optimizer, nn.ParameterList(weights.values()))
        optimizer.step()
        step = live.peak
    moments = _size(v for v in pytree.tree_leaves(dict(optimizer.state)) if isinstance(v, Tensor))
    parameters = _size(state.values())
    average = 0
    if parts.ema is not None:
        average = _size([*parts.ema.model.parameters(), *parts.ema.model.buffers()])
    return MemoryEstimate(
        micro_batch=samples,
        parameters=parameters,
        gradients=gradients,
        optimizer_state=moments,
        moving_average=average,
        activations=kept,
        # From the second step on, the optimizer's state is there during the passes.
        peak=parameters + average + max(passes + moments, step),
    )


def _size(tensors: Iterable[Tensor]) -> int:
    """Return the bytes of tensors, each storage once."""
    storages = {id(s): s for s in (t.untyped_storage() for t in tensors)}
    return sum(storage.nbytes() for storage in storages.values())


def _eager(compiled: bool) -> AbstractContextManager[Any]:
    """Keep a compiled model from being compiled for fake tensors."""
    return torch.compiler.set_stance("force_eager") if compiled else nullcontext()
