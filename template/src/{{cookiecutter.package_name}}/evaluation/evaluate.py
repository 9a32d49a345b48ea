"""``python -m <pkg> evaluate``: measure a checkpoint on one split and write what was found.

Everything lands in ``<run_dir>/evaluation/<split>/``: ``metrics.json`` (the same bytes for the same
checkpoint), ``predictions.csv``, ``confusion_matrix.csv`` and the figures.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from ..config import Config
from ..data.dataset import SplitDataset
from ..errors import UserError
from ..runs import LoadedRun, open_run
from ..utils.files import write_csv, write_json
from ..utils.logging import configure_logging
from .baselines import build_baselines, choose_rows, fit_and_predict
from .figures import save_confusion_matrix, save_roc_curves, save_training_curves
from .history import read_history
from .inference import Predictions, predict_split, split_of, split_samples
from .metrics import Metrics, compute_metrics, confusion
from .settings import EvaluationSettings, read_settings
from .summary import comparison_table, per_class_table

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """What was found on one split, and the files that say so."""

    model: Metrics
    baselines: dict[str, Metrics]
    folder: Path
    files: list[Path]


def main(cfg: Config) -> int | None:
    """Evaluate the run that ``cfg`` names and show the result.

    Raises:
        UserError: The run, its checkpoint or the settings can't be used.
    """
    settings = read_settings(cfg.evaluation)
    configure_logging()
    run = open_run(cfg)
    result = evaluate(run, cfg.split, settings)
    console = Console()
    console.print(comparison_table(cfg.split, result.model, result.baselines))
    console.print(per_class_table(result.model))
    checkpoint = f"Checkpoint {run.checkpoint_dir} (step {run.step})"
    console.print(checkpoint, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Results in {result.folder}", highlight=False, markup=False, soft_wrap=True)
    for path in result.files:
        console.print(f"  {path.name}", highlight=False, markup=False, soft_wrap=True)
    return None


def evaluate(run: LoadedRun, split: str, settings: EvaluationSettings) -> Evaluation:
    """Measure the model and the baselines on one split and write every file.

    Args:
        run: an opened run.
        split: "train", "val" or "test".
        settings: how to measure.

    Raises:
        UserError: The split is empty, or the model's output is not finite.
    """
    if split == "train":
        logger.warning("split=train measures what the model has seen, not how it generalises")
    dataset = split_of(run, split)
    predictions = predict_split(run, dataset, settings.batch_size)
    names = run.spec.class_names
    model = compute_metrics(predictions.targets, predictions.probabilities, names)
    for warning in model.warnings:
        logger.warning("%s: %s", split, warning)
    baselines: dict[str, Metrics] = {}
    fitted_on = 0
    if settings.baselines:
        baselines, fitted_on = _measure_baselines(run, dataset, settings)
    folder = run.run_dir / "evaluation" / split
    report: dict[str, Any] = {
        "split": split,
        "step": run.step,
        "class_names": list(names),
        "data_fingerprint": run.data.spec.fingerprint,
        "model": model.to_dict(),
        "baselines": {name: metrics.to_dict() for name, metrics in baselines.items()},
        "baselines_fitted_on": {"split": "train", "samples": fitted_on} if baselines else None,
    }
    files = [
        write_json(folder / "metrics.json", report),
        _write_predictions(folder / "predictions.csv", predictions, names),
    ]
    files += _write_confusion_and_figures(run, folder, predictions, model, settings)
    return Evaluation(model=model, baselines=baselines, folder=folder, files=files)


def _measure_baselines(
    run: LoadedRun, dataset: SplitDataset, settings: EvaluationSettings
) -> tuple[dict[str, Metrics], int]:
    """Fit each baseline on the training split and nothing else, and measure it on ``dataset``."""
    train = split_of(run, "train")
    rows = choose_rows(len(train), settings.baseline_max_samples, settings.random_state)
    if len(rows) < len(train):
        logger.info("baselines are fitted on %d of %d training rows", len(rows), len(train))
    train_inputs, train_targets = split_samples(train, rows)
    inputs, targets = split_samples(dataset, np.arange(len(dataset)))
    names = run.spec.class_names
    measured = {}
    for name, baseline in build_baselines(run.spec.kind, settings.random_state).items():
        probabilities = fit_and_predict(baseline, train_inputs, train_targets, inputs, len(names))
        if probabilities is not None:
            measured[name] = compute_metrics(targets, probabilities, names)
    return measured, len(rows)


def _write_predictions(path: Path, predictions: Predictions, names: tuple[str, ...]) -> Path:
    """Write one line per sample; ``index`` is its row in the whole data set."""
    rows = zip(
        predictions.index.tolist(),
        (names[target] for target in predictions.targets),
        (names[predicted] for predicted in predictions.predicted),
        predictions.confidence.tolist(),
        strict=True,
    )
    return write_csv(path, ("index", "target", "predicted", "probability"), rows)


def _write_confusion_and_figures(
    run: LoadedRun,
    folder: Path,
    predictions: Predictions,
    model: Metrics,
    settings: EvaluationSettings,
) -> list[Path]:
    names = run.spec.class_names
    counts = confusion(predictions.targets, predictions.predicted, len(names))
    table = ((name, *row) for name, row in zip(names, counts.tolist(), strict=True))
    files = [write_csv(folder / "confusion_matrix.csv", ("target \\ predicted", *names), table)]
    formats = settings.figure_formats
    if not formats:
        return files
    history = read_history(run.run_dir / "metrics.jsonl")
    try:
        files += save_confusion_matrix(counts, names, folder / "confusion_matrix", formats)
        files += save_roc_curves(
            predictions.targets, predictions.probabilities, model, folder / "roc_curves", formats
        )
        files += save_training_curves(history, folder / "training_curves", formats)
    except OSError as error:
        raise UserError(f"{folder}: no figure written: {error.strerror or error}") from error
    return files
