"""Seeds, determinism, and the state of every random generator."""

import base64
import logging
import os
import random
from typing import Any

import numpy as np
import torch

logger = logging.getLogger(__name__)


def seed_everything(seed: int, *, deterministic: bool = False) -> None:
    """Seed Python's, NumPy's and PyTorch's generators; `torch.manual_seed` covers all devices.

    Args:
        seed: The run's seed; processes of one run pass different ones.
        deterministic: Also insist on deterministic kernels. CPU kernels are so already; on a GPU
            this costs speed, typically some 10 %, and an operation that has no deterministic
            kernel raises instead of running.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = not deterministic
    if deterministic:
        # Read by cuBLAS when its first handle is made, so it works from inside the process.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        logger.warning("deterministic mode: training on a GPU may be some 10 %% slower")


def draw_seed() -> int:
    """Draw a seed for a run that was given none; the caller logs and saves it."""
    return int.from_bytes(os.urandom(4), "big")


def capture_rng(device: torch.device) -> dict[str, Any]:
    """Return the state of every generator that this process may draw from, ready for JSON."""
    version, internal, gauss = random.getstate()
    generator = np.random.get_state(legacy=False)
    assert isinstance(generator, dict)
    state: dict[str, Any] = {
        "python": [version, list(internal), gauss],
        "numpy": {
            "keys": _encode(generator["state"]["key"].tobytes()),
            "position": int(generator["state"]["pos"]),
            "has_gauss": int(generator["has_gauss"]),
            "gauss": float(generator["gauss"]),
        },
        "torch": _encode(torch.get_rng_state().numpy().tobytes()),
    }
    if device.type != "cpu":
        module = torch.get_device_module(device)
        state[device.type] = _encode(module.get_rng_state().numpy().tobytes())
    return state


def restore_rng(state: dict[str, Any], device: torch.device) -> None:
    """Put every generator back to where `capture_rng` saw it."""
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    saved = state["numpy"]
    keys = np.frombuffer(_decode(saved["keys"]), dtype=np.uint32)
    np.random.set_state(("MT19937", keys, saved["position"], saved["has_gauss"], saved["gauss"]))
    torch.set_rng_state(_tensor(state["torch"]))
    if device.type in state:
        torch.get_device_module(device).set_rng_state(_tensor(state[device.type]))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text)


def _tensor(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray(_decode(text)), dtype=torch.uint8)
