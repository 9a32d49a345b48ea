"""Models: one file for each, chosen by `_target_` in configs/model/."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from ..data.dataset import DataSpec
from ..errors import UserError
from ..utils.instantiate import instantiate

__all__ = ["build_model"]


def build_model(cfg_model: Mapping[str, Any], spec: DataSpec) -> nn.Module:
    """Build the model that the config names, for the shape and the classes of the data.

    Args:
        cfg_model: the group model: a `_target_` and its hyper-parameters.
        spec: gives `input_shape` and `num_classes` to the model.

    Returns:
        A module from inputs (B, *input_shape) to logits (B, num_classes). Its initial weights come
        from PyTorch's global generator: seed that first.

    Raises:
        UserError: the target is unknown, refuses an argument, or can't take this input shape.
    """
    model: Any = instantiate(
        cfg_model, "model", input_shape=spec.input_shape, num_classes=len(spec.class_names)
    )
    if not isinstance(model, nn.Module):
        raise UserError(
            f"model._target_ made a {type(model).__name__}: it must make a torch.nn.Module"
        )
    return model
