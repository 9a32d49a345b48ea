"""The learning-rate range test's curve: what it says, and how it looks.

Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks"; suggesting the steepest
place and the middle of the valley is fastai's idea (`lr_find`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.ticker import FuncFormatter

from ..errors import UserError
from ..utils.files import write_json
from ..utils.plots import COLORBLIND_SAFE, GREY, new_figure, publication_style, save_figure
from .guards import is_finite

# Weight of the past in the smoothed loss; corrected for its start at zero, as Adam's moments are.
_SMOOTHING = 0.9
_DIVERGED = 4.0  # times the lowest smoothed loss
_LEAST_POINTS = 8
_DESCENT_STARTS = 0.05  # share of the whole fall


@dataclass(frozen=True)
class Curve:
    """The loss at each rate that was tried, and where the sweep stopped.

    Attributes:
        rates: Rising by a constant factor.
        losses: Mean loss of the step at that rate.
        smoothed: Its exponential moving average.
        diverged: Whether the loss blew up before the highest rate.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    diverged: bool


@dataclass(frozen=True)
class Suggestion:
    """Rates to start from.

    Attributes:
        valley: In the middle of the way down, on the logarithmic scale; the safer choice.
        steepest: Where the loss falls fastest.
    """

    valley: float
    steepest: float


def sweep(step: Callable[[float], float], low: float, high: float, steps: int) -> Curve:
    """Raise the rate exponentially from step to step until the loss blows up.

    Args:
        step: Takes one optimizer step at a rate and returns its loss, taken before the update.
        low: First rate.
        high: Last rate.
        steps: How many steps lie between, both included.
    """
    rates, losses, smoothed = list[float](), list[float](), list[float]()
    average, lowest, diverged = 0.0, float("inf"), False
    for rate in np.geomspace(low, high, steps).tolist():
        loss = step(rate)
        if not is_finite(loss):
            diverged = True
            break
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        corrected = average / (1 - _SMOOTHING ** (len(losses) + 1))
        rates.append(rate)
        losses.append(loss)
        smoothed.append(corrected)
        lowest = min(lowest, corrected)
        if len(losses) > _LEAST_POINTS and corrected > _DIVERGED * max(lowest, 1e-12):
            diverged = True
            break
    return Curve(tuple(rates), tuple(losses), tuple(smoothed), diverged)


def suggest(curve: Curve) -> Suggestion:
    """Read a rate off the curve.

    Raises:
        UserError: No rate lowered the loss, or the sweep was too short to say.
    """
    losses = np.asarray(curve.smoothed)
    if len(losses) < _LEAST_POINTS:
        raise UserError(
            f"find-lr: the loss was not finite after {len(losses)} steps, at rates below those "
            "that train anything; run check"
        )
    lowest = int(losses.argmin())
    if losses[lowest] > 0.98 * losses[0]:
        raise UserError(
            f"find-lr: no rate from {curve.rates[0]:.0e} to {curve.rates[-1]:.0e} lowered the loss "
            f"({losses[0]:.3f}); run check and overfit first"
        )
    # Beyond the lowest point the curve says nothing about learning.
    down = losses[: lowest + 1]
    # Over a tenth of the way: from one step to the next it is mostly noise.
    reach = max(1, lowest // 20)
    falls = down[: -2 * reach] - down[2 * reach :]
    steepest = reach + int(falls.argmax()) if len(falls) else lowest
    # Rates too small to train anything belong to no valley, however slowly the loss falls there.
    fallen = (losses[0] - down) / (losses[0] - down[-1])
    start = int(np.flatnonzero(fallen < _DESCENT_STARTS)[-1])
    middle = start + (lowest - start) // 2
    return Suggestion(valley=curve.rates[middle], steepest=curve.rates[steepest])


def save_curve(
    curve: Curve, suggestion: Suggestion | None, folder: Path, formats: Sequence[str]
) -> list[Path]:
    """Write the curve as JSON and as figures; return the files.

    Args:
        curve: Of a sweep.
        suggestion: What is marked in the figure; None where the curve gave none.
        folder: Made if it is not there.
        formats: Endings of the figures.
    """
    values: dict[str, object] = {
        "rates": list(curve.rates),
        "losses": list(curve.losses),
        "smoothed": list(curve.smoothed),
        "diverged": curve.diverged,
        "valley": None if suggestion is None else suggestion.valley,
        "steepest": None if suggestion is None else suggestion.steepest,
    }
    written = [write_json(folder / "curve.json", values)]
    with publication_style():
        figure = new_figure(8.0, 5.0)
        axes = figure.add_subplot()
        axes.plot(curve.rates, curve.losses, color=GREY, linewidth=1.0, label="Each step")
        axes.plot(curve.rates, curve.smoothed, color=COLORBLIND_SAFE[0], label="Smoothed")
        if suggestion is not None:
            for name, rate, color, line in (
                ("Valley", suggestion.valley, COLORBLIND_SAFE[4], "--"),
                ("Steepest", suggestion.steepest, COLORBLIND_SAFE[2], ":"),
            ):
                axes.axvline(rate, color=color, linestyle=line, label=f"{name}: {rate:.1e}")
        axes.set(xlabel="Learning rate", ylabel="Training loss", xscale="log")
        # A loss that blew up would press the valley flat.
        top, bottom = max(curve.smoothed[0], min(curve.smoothed)), min(curve.losses)
        margin = max(0.4 * (top - bottom), 1e-6)
        axes.set_ylim(bottom - margin / 4, top + margin)
        # The style shows text as it is, formulas too: no powers of ten in TeX.
        axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:.0e}"))
        axes.legend(loc="lower left")
        written.extend(save_figure(figure, folder / "curve", formats))
    return written
