"""From raw samples to what the model gets: normalisation, and the augmentation's bookkeeping."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from ..errors import UserError
from . import randomness

if TYPE_CHECKING:
    from .dataset import DataSpec, Indices, Source

# Decoding every training file before the first step would take minutes; this many files give the
# mean of a channel to within 1 % of its standard deviation.
MAX_FILES_TO_FIT = 2_000
_CHUNK = 4_096


def fit_normalisation(
    source: "Source", train_rows: "Indices"
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Fit mean and standard deviation per channel or feature on the training rows alone.

    Of files, at most MAX_FILES_TO_FIT training files chosen by their row number are read. Missing
    values of a table are left out.

    Args:
        source: the whole data set.
        train_rows: rows of its training split; no other row is read.

    Returns:
        mean and std, (C,) or (F,); the std of a constant is 1, so that it normalises to 0.

    Raises:
        UserError: a feature has no value at all in the training split.
    """
    rows = np.sort(train_rows)
    if source.inputs is None and len(rows) > MAX_FILES_TO_FIT:
        order = np.argsort(randomness.random_bits(0, 0, rows)[:, 0], kind="stable")
        rows = np.sort(rows[order[:MAX_FILES_TO_FIT]])
    width = source.sample_shape[0]
    count, total, squares = (np.zeros(width) for _ in range(3))
    shift: npt.NDArray[np.float64] | None = None
    for start in range(0, len(rows), _CHUNK):
        values = _as_float(source.read(rows[start : start + _CHUNK])).astype(np.float64)
        values = values.reshape(-1, width)
        if (
            shift is None
        ):  # keeps the sum of squares small: no cancellation for features like 1e6 + x
            shift = np.nan_to_num(values[0])
        values -= shift
        count += np.isfinite(values).sum(axis=0)
        total += np.nansum(values, axis=0)
        squares += np.nansum(values**2, axis=0)
    if shift is None or (count == 0).any():
        empty = int(np.argmin(count))
        name = source.feature_names[empty] if source.feature_names else f"channel {empty}"
        raise UserError(f"'{name}' has no value in the training split: drop it, or fill it in")
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    # A constant leaves rounding noise of about 1e-16 of its distance from the shift.
    std[std <= 1e-8 * np.maximum(1.0, np.abs(mean))] = 1.0
    return tuple(float(m) for m in mean + shift), tuple(float(s) for s in std)


def prepare(spec: "DataSpec", raw: npt.NDArray[Any]) -> torch.Tensor:
    """Turn raw samples into the model's input; training, prediction and serving all call this.

    Args:
        spec: gives the shape and the normalisation.
        raw: (B, H, W, C) uint8, or float within [0, 1]; or (B, F) numbers.

    Returns:
        (B, C, H, W) or (B, F) float32, normalised.

    Raises:
        UserError: the shape does not fit the spec, or a value is missing or not finite.
    """
    shape = spec.input_shape
    expected = (shape[1], shape[2], shape[0]) if len(shape) == 3 else shape
    if raw.shape[1:] != expected:
        raise UserError(
            f"a sample has shape {raw.shape[1:]}, but the model was made for {expected}"
        )
    mean = np.asarray(spec.mean, dtype=np.float64)
    std = np.asarray(spec.std, dtype=np.float64)
    if raw.dtype == np.uint8:
        # One float32 multiplication and addition for each value, whatever the batch.
        scale = (1.0 / (255.0 * std)).astype(np.float32)
        normalised = raw.astype(np.float32) * scale + (-mean / std).astype(np.float32)
    else:
        normalised = ((raw - mean) / std).astype(np.float32)
        finite = np.isfinite(normalised)
        if not finite.all():
            normalised = _fill_missing(spec, raw, normalised)
    if len(shape) == 3:
        normalised = normalised.transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(normalised))


class AugmentationOp(Protocol):
    """One random change of a batch; what a `_target_` below data.augment returns."""

    def __call__(self, inputs: torch.Tensor, draws: "Draws") -> torch.Tensor:
        """Return (B, ...) changed; sample b may depend on inputs[b] and its own draws only."""
        ...


@dataclass(frozen=True)
class Draws:
    """The random numbers of a batch: each sample's own, whatever batch or worker it is in.

    Attributes:
        seed: of the run.
        epochs: (B,)
        rows: (B,) in the whole data set.
        stream: of the operation that draws.
    """

    seed: int
    epochs: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    stream: int

    def uniform(self, size: int = 1) -> torch.Tensor:
        """Draw (B, size) float64 numbers from [0, 1)."""
        return torch.from_numpy(
            randomness.uniform(self.seed, self.epochs, self.rows, self.stream, size)
        )

    def normal(self, size: int = 1) -> torch.Tensor:
        """Draw (B, size) standard normal float64 numbers."""
        return torch.from_numpy(
            randomness.normal(self.seed, self.epochs, self.rows, self.stream, size)
        )

    def integers(self, low: int, high: int, size: int = 1) -> torch.Tensor:
        """Draw (B, size) int64 numbers from low to high - 1."""
        return torch.from_numpy(
            randomness.integers(self.seed, self.epochs, self.rows, low, high, self.stream, size)
        )


class Augmentation:
    """The operations below data.augment, in their order."""

    def __init__(self, ops: Mapping[str, AugmentationOp], seed: int) -> None:
        """Give each operation a stream of its own.

        Args:
            ops: by the name that the config gives them. The stream follows from the name, so that
                adding or removing one operation leaves the others' draws alone.
            seed: of the run.
        """
        self.seed = seed
        self._ops = [
            (int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little"), op)
            for name, op in ops.items()
        ]

    def __call__(
        self,
        inputs: torch.Tensor,
        epochs: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
    ) -> torch.Tensor:
        """Apply every operation to normalised inputs (B, ...); epochs and rows are (B,)."""
        for stream, op in self._ops:
            inputs = op(inputs, Draws(self.seed, epochs, rows, stream))
        return inputs


def _as_float(raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bring uint8 images to [0, 1]; leave everything else."""
    return raw / 255.0 if raw.dtype == np.uint8 else raw


def _fill_missing(
    spec: "DataSpec", raw: npt.NDArray[Any], normalised: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Replace NaN by the training mean, which normalises to 0, where the spec says so."""
    bad = ~np.isfinite(normalised)
    if spec.missing == "mean" and not np.isinf(raw).any():
        return np.where(bad, np.float32(0.0), normalised)
    first = np.argwhere(bad)[0]
    feature = f", feature '{spec.feature_names[first[1]]}'" if spec.feature_names else ""
    raise UserError(
        f"a value is missing or not finite (row {first[0]} of the batch{feature}): "
        "run validate-data, then repair or drop the sample"
    )
