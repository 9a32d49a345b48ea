"""Confusion matrix, ROC curves and training curves, each as PDF and PNG.

Every function draws for 2, 10 and 100 classes: labels are thinned, shortened or moved into a legend
before they would run into each other.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator, PercentFormatter
from sklearn.metrics import roc_curve

from ..utils.plots import (
    GREY,
    SEQUENTIAL,
    curve_look,
    new_figure,
    publication_style,
    save_figure,
    shorten,
    tick_positions,
)
from .history import History, smooth
from .metrics import FloatArray, IntArray, Metrics

# Counts are written into the cells up to here; beyond, a cell is smaller than its number.
_MOST_COUNTED = 20
# Each class has its own curve up to here; beyond, only the hardest ones are named.
_MOST_CURVES = 10
_HARDEST = 5


def save_confusion_matrix(
    counts: IntArray, class_names: Sequence[str], path_stem: Path, formats: Sequence[str]
) -> list[Path]:
    """Draw the confusion matrix, coloured by the share of each true class.

    Args:
        counts: (classes, classes), row = target, column = predicted.
        class_names: one per row.
        path_stem: the files' path without ending.
        formats: endings, e.g. ("pdf", "png").

    Returns:
        The files written.
    """
    classes = len(class_names)
    rows = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, rows, out=np.zeros(counts.shape, dtype=np.float64), where=rows > 0)
    side_in = float(np.clip(2.6 + 0.55 * classes, 4.2, 9.0))
    with publication_style():
        figure = new_figure(side_in + 1.2, side_in)
        axes = figure.add_subplot()
        image = axes.imshow(share, cmap=SEQUENTIAL, vmin=0.0, vmax=1.0, interpolation="nearest")
        ticks = tick_positions(classes)
        labels = [shorten(str(class_names[index])) for index in ticks]
        longest = max(len(label) for label in labels)
        # Side by side, labels fit while each is narrower than its column.
        upright = longest > 3 if len(ticks) > 4 else longest > 12
        size = 12 if len(ticks) <= 12 else 9
        axes.set_xticks(ticks, labels, rotation=90 if upright else 0, fontsize=size)
        axes.set_yticks(ticks, labels, fontsize=size)
        axes.set(xlabel="Predicted class", ylabel="True class")
        axes.spines[:].set_visible(True)
        if classes <= _MOST_COUNTED:
            _write_counts(axes, counts, share)
        if classes <= 30:
            edges = np.arange(classes - 1) + 0.5
            axes.hlines(edges, -0.5, classes - 0.5, color=GREY, linewidth=0.4)
            axes.vlines(edges, -0.5, classes - 0.5, color=GREY, linewidth=0.4)
        # An inset is exactly as high as the matrix, whatever its labels take away.
        bar = figure.colorbar(image, cax=axes.inset_axes((1.03, 0.0, 0.045, 1.0)))
        bar.set_label("Share of the true class")
        bar.ax.yaxis.set_major_formatter(PercentFormatter(xmax=1.0))
        bar.outline.set_visible(False)
        return save_figure(figure, path_stem, formats)


def save_roc_curves(
    targets: IntArray,
    probabilities: FloatArray,
    metrics: Metrics,
    path_stem: Path,
    formats: Sequence[str],
) -> list[Path]:
    """Draw the ROC curve of each class against the rest (of the second class, if there are two).

    Args:
        targets: (N,) class numbers.
        probabilities: (N, classes).
        metrics: those of the same split: its AUROCs go into the legend.
        path_stem: the files' path without ending.
        formats: endings, e.g. ("pdf", "png").

    Returns:
        The files written; none where no class has a ROC curve.
    """
    defined = [i for i, one in enumerate(metrics.per_class) if one.auroc is not None]
    if not defined:
        return []
    binary = len(metrics.per_class) == 2
    shown = [1] if binary else defined
    hardest = sorted(shown, key=lambda i: metrics.per_class[i].auroc or 0.0)[:_HARDEST]
    named = shown if len(shown) <= _MOST_CURVES else sorted(hardest)
    curves = {i: roc_curve(targets == i, probabilities[:, i])[:2] for i in shown}
    with publication_style():
        figure = new_figure(6.2 if binary else 8.6, 5.6)
        axes = figure.add_subplot()
        # Nearly perfect curves all lie on the frame's corner: enlarge it.
        enlarged = all((metrics.per_class[i].auroc or 0.0) >= 0.97 for i in shown)
        panels = [axes, _corner(axes, list(curves.values()))] if enlarged else [axes]
        for panel in panels:
            panel.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1.2, zorder=1)
            for index in shown:
                if index not in named:
                    panel.plot(*curves[index], color=GREY, linewidth=0.6, alpha=0.6, zorder=1)
            for place, index in enumerate(named):
                one = metrics.per_class[index]
                color, style = curve_look(place)
                label = f"{shorten(one.name)} ({one.auroc:.3f})"
                panel.plot(*curves[index], color=color, linestyle=style, label=label, linewidth=1.8)
            if not binary:
                grid, mean = _macro_curve([curves[i] for i in shown])
                label = f"mean of {len(shown)} ({metrics.auroc:.3f})"
                panel.plot(grid, mean, color="black", linewidth=2.2, label=label, zorder=3)
        axes.set(xlabel="False positive rate", ylabel="True positive rate")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        title = "Class (AUROC)" if len(named) == len(shown) else f"{len(named)} hardest (AUROC)"
        legend = {"title": title, "title_fontsize": 11, "alignment": "left"}
        if binary:
            axes.legend(loc="lower right", **legend)
        else:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), **legend)
        return save_figure(figure, path_stem, formats)


def save_training_curves(history: History, path_stem: Path, formats: Sequence[str]) -> list[Path]:
    """Draw loss and validation accuracy by step.

    Args:
        history: series by metric name, as read from ``metrics.jsonl``.
        path_stem: the files' path without ending.
        formats: endings, e.g. ("pdf", "png").

    Returns:
        The files written; none where nothing was logged.
    """
    losses = [name for name in ("train/loss", "val/loss") if name in history]
    panels = [names for names in (losses, ["val/accuracy"]) if names and names[0] in history]
    if not panels:
        return []
    with publication_style():
        figure = new_figure(5.8 * len(panels) + 0.6, 4.6)
        figure.set_layout_engine("constrained", wspace=0.06)
        for axes, names in zip(
            figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
        ):
            for place, name in enumerate(names):
                _draw_series(axes, history, name, color=curve_look(3 * place)[0])
            axes.set_xlabel("Optimizer step")
            axes.set_ylabel("Validation accuracy" if names == ["val/accuracy"] else "Loss")
            # A single evaluation would give tick labels at fractions of a step.
            axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
            axes.set_xlim(left=0)
            if names == ["val/accuracy"]:
                axes.set_ylim(top=min(axes.get_ylim()[1], 1.01))
            else:
                _scale_loss(axes, [history[name][1] for name in names])
            axes.grid(axis="y", color=GREY, linewidth=0.5, alpha=0.5)
            if len(names) > 1:
                axes.legend()
        return save_figure(figure, path_stem, formats)


def _write_counts(axes: Axes, counts: IntArray, share: FloatArray) -> None:
    classes = len(counts)
    size = 13 if classes <= 4 else 11 if classes <= 12 else 7
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column] == 0 and classes > 4:
            continue  # zeros would hide the mistakes that are there
        text = f"{counts[row, column]}"
        if classes <= 4:
            text += f"\n{share[row, column]:.1%}"
        color = "white" if share[row, column] > 0.45 else "black"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=size)


def _corner(axes: Axes, curves: Sequence[tuple[FloatArray, FloatArray]]) -> Axes:
    """Return an inset that enlarges the upper left corner, as far as the curves leave it."""
    gap = max(np.maximum(fpr, 1.0 - tpr).min() for fpr, tpr in curves)
    side = next((side for side in (0.02, 0.05, 0.1) if 2.5 * gap <= side), 0.2)
    inset = axes.inset_axes((0.42, 0.3, 0.53, 0.53))
    inset.set(xlim=(-0.02 * side, side), ylim=(1.0 - side, 1.0 + 0.02 * side))
    inset.set_xticks([0.0, side / 2, side])
    inset.set_yticks([1.0 - side, 1.0 - side / 2, 1.0])
    for axis in (inset.xaxis, inset.yaxis):
        axis.set_major_formatter(FuncFormatter(_plain))
    inset.tick_params(labelsize=9)
    inset.spines[:].set_visible(True)
    axes.indicate_inset_zoom(inset, edgecolor="#666666", alpha=0.6)
    return inset


def _macro_curve(curves: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Return the mean true positive rate over the classes, by false positive rate.

    Interpolated on a grid; it starts at (0, 0) like every ROC curve.
    """
    grid = np.linspace(0.0, 1.0, 1001)
    mean = np.mean([np.interp(grid, fpr, tpr) for fpr, tpr in curves], axis=0)
    return np.concatenate([[0.0], grid]), np.concatenate([[0.0], mean])


def _draw_series(axes: Axes, history: History, name: str, color: str) -> None:
    steps, values = history[name]
    label = {"train/loss": "training", "val/loss": "validation", "val/accuracy": "validation"}[name]
    if name == "train/loss" and len(steps) >= 40:
        axes.plot(steps, values, color=color, alpha=0.25, linewidth=0.8)
        axes.plot(steps, smooth(values), color=color, linewidth=2.0, label=f"{label} (smoothed)")
        return
    marker = "o" if len(steps) <= 40 else None
    axes.plot(steps, values, color=color, linewidth=2.0, marker=marker, markersize=4, label=label)


def _scale_loss(axes: Axes, series: Sequence[FloatArray]) -> None:
    """Use a logarithmic axis where the loss falls by more than a factor of twenty."""
    values = np.concatenate(series)
    if len(values) and values.min() > 0 and values.max() > 20 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_locator(NullLocator())
        # The usual powers of ten are formulas, which this style does not draw.
        axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    else:
        axes.set_ylim(bottom=min(0.0, float(values.min())))


def _plain(value: float, _: int | None = None) -> str:
    return f"{value:g}"
