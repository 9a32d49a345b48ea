"""Classification: the loss that is minimised and the scores that are watched.

This is the file to change first: another loss, another metric, another way to call the model.
"""

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..data.dataset import Batch


class Classification:
    """Single-label classification with cross-entropy.

    Args:
        label_smoothing: Probability mass that is spread over all classes, in [0, 1)
            (Szegedy et al. 2016, "Rethinking the Inception Architecture").
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        """Keep the settings."""
        self.label_smoothing = label_smoothing

    def count_items(self, batch: Batch) -> int:
        """Return how many items the loss sums over: samples here, tokens for text."""
        return len(batch["targets"])

    def training_step(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the loss *summed* over the batch's items, a scalar.

        The loop divides by the items of the whole optimizer step, so that accumulation, a small
        last batch and several processes give the gradient of one big batch.
        """
        logits = model(batch["inputs"])  # (B, classes)
        return cross_entropy(
            logits, batch["targets"], reduction="sum", label_smoothing=self.label_smoothing
        )

    def evaluation_step(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return sums over the batch; the loop divides them by the items of the whole split."""
        logits = model(batch["inputs"]).float()
        targets = batch["targets"]
        return {
            "loss": cross_entropy(logits, targets, reduction="sum"),
            "accuracy": (logits.argmax(dim=1) == targets).sum(),
        }

    def predict(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return class probabilities, (B, classes), float32."""
        return model(batch["inputs"]).float().softmax(dim=1)
