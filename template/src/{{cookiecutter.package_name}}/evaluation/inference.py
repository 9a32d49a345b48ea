"""The model's probabilities for a split or for new inputs, in a fixed order."""

import copy
from dataclasses import dataclass

import numpy as np
import torch

from ..data.dataset import SplitDataset
from ..data.loaders import evaluation_batches, worker_count
from ..data.transforms import prepare
from ..errors import UserError
from ..runs import LoadedRun
from .arrays import RawInputs
from .metrics import FloatArray, IntArray, normalise_probabilities

_CHUNK = 1024


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


def split_of(run: LoadedRun, name: str) -> SplitDataset:
    """Return a split without augmentation, whichever it is.

    Args:
        run: an opened run.
        name: "train", "val" or "test".

    Raises:
        UserError: The split is empty, or its classes are not those of the checkpoint.
    """
    split: SplitDataset = getattr(run.data, name)
    if len(split) == 0:
        raise UserError(f"the {name} split of {run.config.data.name} is empty: see data.split")
    if run.data.spec.class_names != run.spec.class_names:
        raise UserError(
            f"the model of {run.checkpoint_dir} knows {len(run.spec.class_names)} classes, and the "
            f"data set has other ones ({len(run.data.spec.class_names)}): train on it first"
        )
    plain = copy.copy(split)  # shares the samples
    plain.augmentation = None
    return plain


def split_samples(split: SplitDataset, rows: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the model's inputs (n, …) and the targets (n,) of some rows of a split, in order."""
    keys = [(0, int(row)) for row in rows]
    chunks = [split.__getitems__(keys[at : at + _CHUNK]) for at in range(0, len(keys), _CHUNK)]
    inputs = torch.cat([chunk["inputs"] for chunk in chunks])
    targets = torch.cat([chunk["targets"] for chunk in chunks])
    return inputs.numpy().astype(np.float64), targets.numpy().astype(np.int64)


def predict_split(run: LoadedRun, split: SplitDataset, batch_size: int) -> Predictions:
    """Predict a whole split in its own order, every sample once.

    Raises:
        UserError: Memory runs out, or the model's output is not finite.
    """
    workers = worker_count(run.config.data.num_workers, run.data)
    index, targets, outputs = [], [], []
    for batch in evaluation_batches(split, batch_size, workers=workers):
        index.append(batch["index"])
        targets.append(batch["targets"])
        outputs.append(_forward(run, batch["inputs"]))
    return Predictions(
        index=torch.cat(index).numpy().astype(np.int64),
        targets=torch.cat(targets).numpy().astype(np.int64),
        probabilities=_to_float64(run, torch.cat(outputs)),
    )


def predict_inputs(run: LoadedRun, raw: RawInputs, batch_size: int) -> FloatArray:
    """Return the probabilities (N, classes) of raw samples, prepared as for training.

    Raises:
        UserError: A sample can't be read or does not fit, or as for `predict_split`.
    """
    outputs = [
        _forward(run, prepare(run.spec, raw.read(slice(at, at + batch_size))))
        for at in range(0, len(raw.names), batch_size)
    ]
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
