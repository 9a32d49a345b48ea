"""The tables that ``evaluate`` shows in the terminal."""

from rich.table import Table
from rich.text import Text

from .metrics import Metrics

# More classes than this would scroll the comparison off the screen: show the hardest.
_MOST_CLASSES = 12


def comparison_table(split: str, model: Metrics, baselines: dict[str, Metrics]) -> Table:
    """Return the model beside its baselines, one metric a row, the best of each row in bold."""
    columns = {"model": model, **baselines}
    table = Table(title=f"{split} split, {model.samples:,} samples")
    table.add_column("metric", no_wrap=True)
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right")
    everyone = list(columns.values())
    # Macro recall is left out: it is the balanced accuracy.
    rows: list[tuple[str, list[float | None], bool]] = [
        ("accuracy", [one.accuracy for one in everyone], True),
        ("balanced accuracy", [one.balanced_accuracy for one in everyone], True),
        (f"AUROC ({model.auroc_kind})", [one.auroc for one in everyone], True),
        ("precision (macro)", [one.macro.precision for one in everyone], True),
        ("F1 (macro)", [one.macro.f1 for one in everyone], True),
        ("F1 (weighted)", [one.weighted.f1 for one in everyone], True),
        ("log loss (less is better)", [one.log_loss for one in everyone], False),
    ]
    for label, values, more_is_better in rows:
        defined = [value for value in values if value is not None]
        best = (max if more_is_better else min)(defined) if defined else None
        table.add_row(label, *(_number(value, bold=value == best) for value in values))
    return table


def per_class_table(model: Metrics) -> Table:
    """Return precision, recall, F1, AUROC and support by class; the hardest, if there are many."""
    chosen = list(model.per_class)
    title = "By class"
    if len(chosen) > _MOST_CLASSES:
        title = f"The {_MOST_CLASSES} hardest of {len(chosen)} classes (all in metrics.json)"
        present = [one for one in chosen if one.f1 is not None]
        chosen = sorted(present, key=lambda one: one.f1 or 0.0)[:_MOST_CLASSES]
    table = Table(title=title)
    table.add_column("class")
    for name in ("precision", "recall", "F1", "AUROC", "support"):
        table.add_column(name, justify="right")
    for one in chosen:
        numbers = (_number(value) for value in (one.precision, one.recall, one.f1, one.auroc))
        table.add_row(Text(one.name), *numbers, Text(f"{one.support:,}"))
    return table


def _number(value: float | None, bold: bool = False) -> Text:
    if value is None:
        return Text("n/a", style="dim")
    return Text(f"{value:.4f}", style="bold" if bold else "")
