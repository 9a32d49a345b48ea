"""``python -m <pkg> predict``: what a trained model says of new samples.

``input=`` names an image, a folder of images or a ``.npy`` array (vision), or a ``.csv`` table with
the feature columns (tabular); without it, the held-out split is predicted.
"""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config import Config
from ..errors import UserError
from ..runs import LoadedRun, open_run
from ..utils.files import write_json_lines
from ..utils.logging import configure_logging
from .inference import predict_inputs, predict_split, split_of
from .inputs import read_inputs
from .metrics import FloatArray
from .settings import read_settings

_SHOWN = 10


def main(cfg: Config) -> int | None:
    """Predict, write one JSON object per sample, and show the first ones.

    Raises:
        UserError: The run or the input can't be used, or the output can't be written.
    """
    batch_size = read_settings(cfg.evaluation).batch_size
    configure_logging()
    run = open_run(cfg)
    output = Path(cfg.output).expanduser() if cfg.output else run.run_dir / "predictions.jsonl"
    if output.is_dir():
        raise UserError(
            f"output={output} is a folder: name a file, e.g. {output}/predictions.jsonl"
        )
    if cfg.input:
        records = predict_files(run, Path(cfg.input).expanduser(), batch_size)
    else:
        records = predict_held_out(run, cfg.split, batch_size)
    write_json_lines(output, records)
    console = Console()
    console.print(_table(records))
    checkpoint = f"Checkpoint {run.checkpoint_dir} (step {run.step})"
    console.print(checkpoint, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{len(records):,} predictions in {output}", highlight=False, markup=False, soft_wrap=True
    )
    return None


def predict_files(run: LoadedRun, path: Path, batch_size: int) -> list[dict[str, Any]]:
    """Return one record per sample of the user's file or folder.

    Raises:
        UserError: The input can't be read or does not fit the model.
    """
    raw = read_inputs(path, run.spec)
    return _records(run, raw.names, predict_inputs(run, raw, batch_size))


def predict_held_out(run: LoadedRun, split: str, batch_size: int) -> list[dict[str, Any]]:
    """Return one record per sample of a split, with the true class beside the predicted one.

    Raises:
        UserError: The split is empty.
    """
    predictions = predict_split(run, split_of(run, split), batch_size)
    names = [f"row {index}" for index in predictions.index]  # of the whole data set
    records = _records(run, names, predictions.probabilities)
    for record, target in zip(records, predictions.targets, strict=True):
        record["target"] = run.spec.class_names[target]
    return records


def _records(run: LoadedRun, names: list[str], probabilities: FloatArray) -> list[dict[str, Any]]:
    return [
        {
            "input": name,
            "predicted": run.spec.class_names[row.argmax()],
            "probability": row.max().item(),
        }
        for name, row in zip(names, probabilities, strict=True)
    ]


def _table(records: list[dict[str, Any]]) -> Table:
    """Return the first records as a table."""
    more = f", the first {_SHOWN} of {len(records):,}" if len(records) > _SHOWN else ""
    table = Table(title=f"Predictions{more}")
    keys = list(records[0])
    for key in keys:
        table.add_column(key, justify="right" if key == "probability" else "left")
    for record in records[:_SHOWN]:
        cells = (record[key] for key in keys)
        table.add_row(*(Text(f"{c:.4f}" if isinstance(c, float) else str(c)) for c in cells))
    return table
