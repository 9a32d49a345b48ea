"""The series that a run wrote to ``metrics.jsonl``."""

import json
import logging
import math
from pathlib import Path

import numpy as np

from ..errors import UserError
from .metrics import FloatArray

logger = logging.getLogger(__name__)

# By metric name: the steps and the finite values at them, both (T,).
History = dict[str, tuple[FloatArray, FloatArray]]


def read_history(path: Path) -> History:
    """Read every metric's series by step.

    The last value counts where a step was written twice; a line that is no JSON (the tail of a
    killed run) and values that are not finite are left out.

    Returns:
        An empty history where there is no such file.

    Raises:
        UserError: The file is there but can't be read.
    """
    if not path.is_file():
        return {}
    series: dict[str, dict[int, float]] = {}
    broken = 0
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}") from error
    for line in lines:
        try:
            row = json.loads(line)
            step = int(row["step"])
        except (ValueError, TypeError, KeyError):
            broken += bool(line.strip())
            continue
        for name, value in row.items():
            if isinstance(value, int | float) and math.isfinite(value):
                series.setdefault(name, {})[step] = float(value)
    if broken:
        logger.warning("%s: %d unreadable lines left out", path, broken)
    return {name: _by_step(points) for name, points in series.items() if name != "step"}


def smooth(values: FloatArray, share: float = 0.04) -> FloatArray:
    """Return a centred moving mean over ``share`` of the series, (T,) like the input.

    Near the ends the window shrinks, so that the first and last values are not dragged along.
    """
    half = max(1, int(len(values) * share / 2))
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    place = np.arange(len(values))
    reach = np.minimum(half, np.minimum(place, len(values) - 1 - place))
    mean: FloatArray = (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)
    return mean


def _by_step(points: dict[int, float]) -> tuple[FloatArray, FloatArray]:
    steps = sorted(points)
    values = [points[step] for step in steps]
    return np.asarray(steps, dtype=np.float64), np.asarray(values, dtype=np.float64)
