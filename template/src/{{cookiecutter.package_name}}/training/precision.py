"""Numbers of which width: fp32, bf16, or fp16 with a loss scaler."""

from contextlib import AbstractContextManager

import torch

from ..errors import UserError

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_precision(requested: str, device: torch.device) -> str:
    """Choose the precision that the device computes fast and safely.

    Args:
        requested: "fp32", "bf16", "fp16", or "auto": bf16 where the GPU has it in hardware (NVIDIA
            Ampere and later), fp16 on older GPUs, fp32 elsewhere.
        device: Where training runs.

    Raises:
        UserError: bf16 was asked for on a GPU that would only emulate it.
    """
    native_bf16 = device.type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    if requested == "auto":
        if device.type != "cuda":
            return "fp32"
        return "bf16" if native_bf16 else "fp16"
    if requested == "bf16" and not native_bf16:
        raise UserError(
            f"training.precision=bf16: {torch.cuda.get_device_name(device)} has no bf16; use fp16"
        )
    return requested


class Precision:
    """Autocast and the loss scaler of one run.

    Parameters and optimizer state stay in fp32; autocast chooses the width per operation
    (Micikevicius et al. 2018, "Mixed Precision Training").
    """

    def __init__(self, requested: str, device: torch.device) -> None:
        """Resolve the request for the device."""
        self.name = resolve_precision(requested, device)
        self.device = device
        # fp16 underflows below 6e-8: gradients are scaled up before backward, down before the step.
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.name == "fp16")

    def autocast(self) -> AbstractContextManager[None]:
        """Run the enclosed forward pass in this precision."""
        return torch.autocast(
            self.device.type, dtype=_DTYPES[self.name], enabled=self.name != "fp32"
        )

    @property
    def searching_scale(self) -> bool:
        """Whether a gradient that is not finite may be the scaler's doing, not the model's."""
        return self.scaler.is_enabled() and self.scaler.get_scale() > 1.0
