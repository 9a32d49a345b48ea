"""The optimizer, built from its config with the parameters that decay and those that don't."""

import importlib
import inspect
from typing import Any

import torch
from torch import nn

from ..errors import UserError


def build_optimizer(config: dict[str, Any], model: nn.Module) -> torch.optim.Optimizer:
    """Build `optimizer._target_` over the model's trainable parameters.

    Weight decay is for matrices and kernels: biases, norms' gains and other vectors are left alone
    (as in He et al. 2019, "Bag of Tricks for Image Classification").

    Args:
        config: The `optimizer` group: `_target_`, `lr`, and the class's own arguments.
        model: The model, on its device already.

    Raises:
        UserError: The class does not exist or refuses an argument, or nothing is trainable.
    """
    arguments = {key: value for key, value in config.items() if key != "_target_"}
    trainable = [p for p in model.parameters() if p.requires_grad]
    if not trainable:
        raise UserError("the model has no trainable parameter")
    groups: list[dict[str, Any]] = [
        {"params": [p for p in trainable if p.ndim >= 2]},
        {"params": [p for p in trainable if p.ndim < 2], "weight_decay": 0.0},
    ]
    try:
        module, _, name = str(config["_target_"]).rpartition(".")
        optimizer_class = getattr(importlib.import_module(module), name)
        if "fused" in inspect.signature(optimizer_class).parameters and "fused" not in arguments:
            # One kernel for all parameters instead of a dozen for each.
            arguments["fused"] = all(map(_has_fused_kernel, trainable)) or None
        optimizer = optimizer_class([g for g in groups if g["params"]], **arguments)
    except (ImportError, AttributeError, TypeError, ValueError, KeyError) as error:
        raise UserError(f"optimizer: {error}") from error
    assert isinstance(optimizer, torch.optim.Optimizer)
    for group in optimizer.param_groups:
        group["base_lr"] = group["lr"]
    return optimizer


def _has_fused_kernel(parameter: nn.Parameter) -> bool:
    return parameter.is_floating_point() and parameter.device.type in ("cpu", "cuda")


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> float:
    """Set every group's rate to `factor` times its configured one; return the first group's."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * factor
    rate: float = optimizer.param_groups[0]["lr"]
    return rate
