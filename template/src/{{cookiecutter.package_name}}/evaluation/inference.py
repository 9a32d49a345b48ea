"""The model's probabilities for a split or for new inputs, in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..data.dataset import SplitDataset
from ..data.loaders import evaluation_batches
from ..errors import UserError
from ..runs import LoadedRun
from .metrics import FloatArray, IntArray, normalise_probabilities


@dataclass(frozen=True)
class Predictions:
    """What a model says of N samples, in the order of the split.

    ``index`` (N,) are rows of the whole data set, ``targets`` (N,) class numbers,
    ``probabilities`` (N, classes) float64 rows that sum to one.
    """

    index: IntArray
    targets: IntArray
    probabilities: FloatArray

    @property
    def predicted(self) -> IntArray:
        """The most probable class of each sample, (N,)."""
        classes: IntArray = self.probabilities.argmax(axis=1)
        return classes

    @property
    def confidence(self) -> FloatArray:
        """The probability of the predicted class, (N,)."""
        best: FloatArray = self.probabilities.max(axis=1)
        return best


def predict_split(run: LoadedRun, split: SplitDataset, batch_size: int) -> Predictions:
    """Predict a whole split without augmentation, in its own order, every sample once.

    Raises:
        UserError: The split is empty, memory runs out, or the model's output is not finite.
    """
    if len(split) == 0:
        raise UserError("this split has no sample: give it a share in data.split")
    index, targets, outputs = [], [], []
    for batch in evaluation_batches(unaugmented(split), batch_size):
        index.append(batch["index"])
        targets.append(batch["targets"])
        outputs.append(_forward(run, batch["inputs"]))
    return Predictions(
        index=torch.cat(index).numpy().astype(np.int64),
        targets=torch.cat(targets).numpy().astype(np.int64),
        probabilities=_to_float64(run, torch.cat(outputs)),
    )


def predict_inputs(run: LoadedRun, inputs: torch.Tensor, batch_size: int) -> FloatArray:
    """Return the probabilities (N, classes) of prepared inputs (N, …).

    Raises:
        UserError: Memory runs out, or the model's output is not finite.
    """
    outputs = [_forward(run, chunk) for chunk in torch.split(inputs, batch_size)]
    return _to_float64(run, torch.cat(outputs))


def _forward(run: LoadedRun, inputs: torch.Tensor) -> torch.Tensor:
    """Return the probabilities of one batch, still on the device."""
    run.model.eval()
    try:
        with torch.inference_mode():
            outputs: torch.Tensor = run.task.predict(run.model, {"inputs": inputs.to(run.device)})
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"{run.device} has no memory left for a batch of {len(inputs)}: "
            "set evaluation.batch_size lower"
        ) from error
    return outputs


def _to_float64(run: LoadedRun, outputs: torch.Tensor) -> FloatArray:
    """Bring the outputs over once, at the end: a transfer per batch would stall the device."""
    # To the CPU first: Apple's GPUs know no float64.
    values = outputs.cpu().double().numpy()
    broken = int((~np.isfinite(values)).any(axis=1).sum())
    if broken:
        raise UserError(
            f"the model of {run.checkpoint_dir} gives NaN or infinity for {broken} of "
            f"{len(values)} samples: choose another one with checkpoint=PATH"
        )
    return normalise_probabilities(values)
