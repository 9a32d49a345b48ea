"""Publication-quality figures without touching matplotlib's global state.

Figures are made with ``matplotlib.figure.Figure``, never with pyplot: no window, no figure that
stays in memory, and the caller's rcParams and backend are left alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import rcsetup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

# Paul Tol's "vibrant" scheme, distinguishable with every common colour blindness.
COLORBLIND_SAFE = ("#0077BB", "#33BBEE", "#009988", "#EE7733", "#CC3311", "#EE3377")
# Beside colour, so that curves can be told apart in a black-and-white print too.
LINE_STYLES = ("-", "--", "-.", ":")
GREY = "#BBBBBB"
SEQUENTIAL = LinearSegmentedColormap.from_list("white_to_blue", ["#FFFFFF", "#0077BB", "#00334F"])

STYLE: dict[Any, Any] = {
    "font.size": 12,
    "font.family": "serif",
    "axes.labelsize": 14,
    "axes.titlesize": 16,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 11,
    "figure.figsize": (8, 6),
    "figure.dpi": 150,
    "savefig.dpi": 300,
    "savefig.bbox": "tight",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "axes.prop_cycle": rcsetup.cycler("color", COLORBLIND_SAFE),
    # Text stays text in the PDF (TrueType), as journals ask.
    "pdf.fonttype": 42,
    # A class may be named "$5" or "a_$b$": names are text, never formulas.
    "text.parse_math": False,
}


@contextmanager
def publication_style() -> Iterator[None]:
    """Apply the publication settings inside the ``with`` block, and only there."""
    with matplotlib.rc_context(STYLE):
        yield


def new_figure(width_in: float = 8.0, height_in: float = 6.0) -> Figure:
    """Return an empty figure that draws through Agg.

    Args:
        width_in: width in inches.
        height_in: height in inches.
    """
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path_stem: Path, formats: Sequence[str]) -> list[Path]:
    """Write one file per format, e.g. ``stem.pdf`` and ``stem.png``, without a time stamp in them.

    Returns:
        The files written.
    """
    path_stem.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for file_format in formats:
        path = path_stem.with_name(f"{path_stem.name}.{file_format}")
        timeless = {"CreationDate": None} if file_format == "pdf" else None
        figure.savefig(path, format=file_format, metadata=timeless)
        written.append(path)
    return written


def shorten(label: str, characters: int = 18) -> str:
    """Return the label on one line, its middle cut where it is longer than ``characters``."""
    line = " ".join(label.split())
    if len(line) <= characters:
        return line
    tail = (characters - 1) // 3
    return f"{line[: characters - 1 - tail]}…{line[len(line) - tail :]}"


def tick_positions(count: int, most: int = 25) -> list[int]:
    """Return evenly spaced positions below ``count``, at most ``most`` of them.

    >>> tick_positions(3)
    [0, 1, 2]
    >>> tick_positions(100)[:3]
    [0, 5, 10]
    """
    if count <= most:
        return list(range(count))
    rounds = (digit * 10**power for power in range(count) for digit in (1, 2, 5))
    step = next(step for step in rounds if -(-count // step) <= most)
    return list(range(0, count, step))


def curve_look(index: int) -> tuple[str, str]:
    """Return colour and line style of the curve ``index``; 24 combinations before one repeats."""
    colors = len(COLORBLIND_SAFE)
    return COLORBLIND_SAFE[index % colors], LINE_STYLES[index // colors % len(LINE_STYLES)]
