"""A multi-layer perceptron, for tables and as a baseline for images."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import nn

from ..errors import UserError


class MLP(nn.Module):
    """Linear layers with layer normalisation, GELU and dropout between them."""

    def __init__(
        self,
        input_shape: Sequence[int],
        num_classes: int,
        hidden: Sequence[int] = (64, 64),
        dropout: float = 0.1,
    ) -> None:
        """Build the network.

        Args:
            input_shape: (F,), or (C, H, W), which is flattened.
            num_classes: of the output.
            hidden: width of each hidden layer; empty makes a linear classifier.
            dropout: after each hidden layer.

        Raises:
            UserError: a width is not positive, or dropout not within [0, 1).
        """
        super().__init__()
        if any(width < 1 for width in hidden):
            raise UserError(f"model.hidden={list(hidden)}: each width must be at least 1")
        if not 0.0 <= dropout < 1.0:
            raise UserError(f"model.dropout={dropout} must lie within [0, 1)")
        width_in = math.prod(input_shape)
        layers: list[nn.Module] = []
        for width in hidden:
            layers.append(
                nn.Sequential(
                    nn.Linear(width_in, width),
                    nn.LayerNorm(width),
                    nn.GELU(),
                    nn.Dropout(dropout),
                )
            )
            width_in = width
        self.layers = nn.ModuleList(layers)
        self.classifier = nn.Linear(width_in, num_classes)
        self._initialise()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map inputs (B, *input_shape) to logits (B, num_classes)."""
        features = inputs.flatten(1)
        for layer in self.layers:
            features = layer(features)
        logits: torch.Tensor = self.classifier(features)
        return logits

    def blocks(self) -> Iterable[nn.Module]:
        """Yield the units whose activations may be recomputed instead of kept."""
        return self.layers.children()

    def _initialise(self) -> None:
        """He et al. (2015); a small last layer, so that the first loss is near log(classes)."""
        for module in self.layers.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)
