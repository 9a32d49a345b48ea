"""Reading what the user wants predicted: images, an array or a table.

Every function returns raw samples as the data set's source would give them; normalisation is left
to ``data.transforms.prepare``, the same code as training's.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from ..data.dataset import DataSpec
from ..errors import UserError

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
_COLOR_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class RawInputs:
    """N samples to predict: their names, and raw values (N, H, W, C) or (N, F)."""

    names: list[str]
    values: npt.NDArray[np.generic]


def read_inputs(path: Path, spec: DataSpec) -> RawInputs:
    """Read an image, a folder of images, a ``.npy`` array or a ``.csv`` table.

    Args:
        path: the file or folder.
        spec: what the model was trained on.

    Raises:
        UserError: It's not there, can't be read, or does not fit the model.
    """
    if not path.exists():
        raise UserError(f"input={path} does not exist")
    if path.suffix.lower() == ".npy":
        return _read_array(path, spec)
    if spec.kind == "tabular":
        if path.suffix.lower() != ".csv":
            raise UserError(f"input={path}: this model reads a .csv table or a .npy array")
        return _read_table(path, spec)
    if path.is_dir():
        # Sorted: the order of a listing depends on the file system.
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_ENDINGS)
        if not files:
            raise UserError(f"input={path}: no image in this folder ({' '.join(IMAGE_ENDINGS)})")
    elif path.suffix.lower() in IMAGE_ENDINGS:
        files = [path]
    else:
        raise UserError(
            f"input={path}: this model reads an image, a folder of images or a .npy array"
        )
    images = [_read_image(file, spec) for file in files]
    return RawInputs(names=[str(file) for file in files], values=np.stack(images))


def _read_image(path: Path, spec: DataSpec) -> npt.NDArray[np.uint8]:
    """Return one image, (H, W, C)."""
    channels, height, width = spec.input_shape
    if channels not in _COLOR_MODES:
        raise UserError(f"{path}: images have 1, 3 or 4 channels, this model {channels}: use a .npy")
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert(_COLOR_MODES[channels]))
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} can't be read as an image: {error}") from error
    if pixels.shape[:2] != (height, width):
        raise UserError(
            f"{path} is {pixels.shape[1]}x{pixels.shape[0]} pixels, but the model was trained on "
            f"{width}x{height}: resize it first"
        )
    return pixels.reshape(height, width, channels)


def _read_array(path: Path, spec: DataSpec) -> RawInputs:
    """Read (N, H, W, C), (N, H, W) or (N, F), or one such sample without the first axis."""
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} can't be read as a NumPy array: {error}") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "uif":
        raise UserError(f"{path} must hold one array of numbers, not {_kind_of(values)}")
    sample = _raw_shape(spec)
    found = values.shape
    if values.shape == sample or (len(sample) == 3 and (*values.shape, 1) == sample):
        values = values[None]
    if len(sample) == 3 and sample[2] == 1 and values.ndim == 3:
        values = values[..., None]
    if values.shape[1:] != sample:
        expected = "x".join(map(str, ("N", *sample)))
        raise UserError(
            f"{path} has the shape {'x'.join(map(str, found))}, but the model needs {expected}"
            + (" (height, width, channels)" if len(sample) == 3 else "")
        )
    if len(values) == 0:
        raise UserError(f"{path} holds no sample")
    if not np.isfinite(values).all():
        raise UserError(f"{path} holds NaN or infinity: fill or drop those values first")
    return RawInputs(names=[f"{path}[{row}]" for row in range(len(values))], values=values)


def _read_table(path: Path, spec: DataSpec) -> RawInputs:
    """Read the feature columns of a table, in the model's order; other columns are ignored."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            columns = _columns(path, header, spec.feature_names)
            rows, names = [], []
            for cells in reader:
                if not cells:
                    continue
                rows.append(_numbers(path, reader.line_num, cells, columns, header))
                names.append(f"{path}:{reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} can't be read as a CSV table: {error}") from error
    if not rows:
        raise UserError(f"{path} has a header but no row")
    return RawInputs(names=names, values=np.asarray(rows, dtype=np.float64))


def _columns(path: Path, header: list[str], features: Sequence[str]) -> list[int]:
    """Return where each feature stands in the header."""
    place = {name: index for index, name in enumerate(header)}
    missing = [name for name in features if name not in place]
    if missing:
        close = difflib.get_close_matches(missing[0], header, n=1)
        hint = f" (is '{close[0]}' meant for '{missing[0]}'?)" if close else ""
        named = ", ".join(f"'{name}'" for name in missing[:5]) + (", …" if len(missing) > 5 else "")
        raise UserError(
            f"{path} lacks {len(missing)} of the model's {len(features)} columns: {named}{hint}"
        )
    twice = [name for name in features if header.count(name) > 1]
    if twice:
        raise UserError(f"{path} has the column '{twice[0]}' more than once: keep one")
    return [place[name] for name in features]


def _numbers(
    path: Path, line: int, cells: list[str], columns: list[int], header: list[str]
) -> list[float]:
    values = []
    for column in columns:
        cell = cells[column] if column < len(cells) else ""
        try:
            value = float(cell)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise UserError(f"{path}:{line}: '{cell}' in column '{header[column]}' is no number")
        values.append(value)
    return values


def _raw_shape(spec: DataSpec) -> tuple[int, ...]:
    """Return the shape of one raw sample: (H, W, C) or (F,)."""
    if len(spec.input_shape) == 3:
        channels, height, width = spec.input_shape
        return height, width, channels
    return spec.input_shape


def _kind_of(values: object) -> str:
    if isinstance(values, np.ndarray):
        return f"values of type {values.dtype}"
    return "an archive of several"
