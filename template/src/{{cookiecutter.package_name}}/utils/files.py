"""Writing results so that a full disk or a kill leaves the old file or the new one, never half."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError


def write_text(path: Path, text: str) -> Path:
    """Write a file beside its place, then rename it; folders are made.

    Raises:
        UserError: The place can't be written.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror or error}") from error
    return path


def write_json(path: Path, value: dict[str, Any]) -> Path:
    """Write sorted, indented JSON; NaN is refused (ValueError), since JSON has none."""
    return write_text(path, json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n")


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write one JSON object per line."""
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    return write_text(path, "".join(f"{line}\n" for line in lines))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a table with a header, quoted where a value needs it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return write_text(path, text.getvalue())
