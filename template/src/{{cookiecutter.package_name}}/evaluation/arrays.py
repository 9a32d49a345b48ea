"""Samples to predict: read batch by batch, so that a big folder or array needs little memory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.dataset import DataSpec
from ..errors import UserError


@dataclass(frozen=True)
class RawInputs:
    """N samples as the data set's source would give them; ``data.prepare`` normalises them.

    Attributes:
        names: (N,) where each sample comes from.
        read: returns the samples of a slice, (n, H, W, C) or (n, F).
    """

    names: list[str]
    read: Callable[[slice], npt.NDArray[Any]]


def read_array(path: Path, spec: DataSpec) -> RawInputs:
    """Read a ``.npy`` file: (N, H, W, C), (N, H, W) or (N, F), or one sample without the N.

    Images are uint8, or float within [0, 1].

    Args:
        path: the file.
        spec: what the model was trained on.

    Raises:
        UserError: It can't be read, or does not fit the model.
    """
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} can't be read as a NumPy array: {error}") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "uif":
        found = values.dtype if isinstance(values, np.ndarray) else "an archive of several"
        raise UserError(f"{path} must hold one array of numbers, not {found}")
    values = _as_samples(path, values, spec)
    if len(values) == 0:
        raise UserError(f"{path} holds no sample")
    if spec.kind == "vision":
        values = _as_pixels(path, values)
    names = [f"{path}[{row}]" for row in range(len(values))]
    return RawInputs(names=names, read=values.__getitem__)


def _as_samples(path: Path, values: npt.NDArray[Any], spec: DataSpec) -> npt.NDArray[Any]:
    """Add the axes that may be left out: N of a single sample, C of grey images."""
    sample = spec.input_shape
    if len(sample) == 3:
        sample = (*sample[1:], sample[0])  # (H, W, C)
    one, several = (1, *sample), (*values.shape[:1], *sample)
    shapes = {sample: one, several: several}
    if sample[-1] == 1:
        shapes |= {one[1:-1]: one, several[:-1]: several}
    if values.shape not in shapes:
        wanted = "x".join(map(str, ("N", *sample)))
        axes = " (height, width, channels)" if len(sample) == 3 else ""
        found = "x".join(map(str, values.shape)) or "of a single number"
        raise UserError(f"{path} has the shape {found}, but the model needs {wanted}{axes}")
    return values.reshape(shapes[values.shape])


def _as_pixels(path: Path, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return uint8 as it is, other integers as uint8, and floats within [0, 1] as they are."""
    if values.dtype == np.uint8:
        return values
    low, high = values.min(), values.max()
    most = 255 if values.dtype.kind in "ui" else 1
    if not (low >= 0 and high <= most):  # NaN is neither
        raise UserError(
            f"{path} has pixels from {low:g} to {high:g}: integers must lie within 0 to 255, "
            "floats within 0 to 1"
        )
    return values.astype(np.uint8) if most == 255 else values
