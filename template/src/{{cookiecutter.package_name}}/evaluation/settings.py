"""The keys of the config group ``evaluation``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UserError

FIGURE_FORMATS = ("pdf", "png", "svg")


@dataclass(frozen=True)
class EvaluationSettings:
    """How a checkpoint is measured; ``configs/evaluation/default.yaml`` says what each key does."""

    batch_size: int
    baselines: bool
    baseline_max_samples: int
    random_state: int
    figure_formats: tuple[str, ...]


def read_settings(group: Mapping[str, Any]) -> EvaluationSettings:
    """Check the config group and return it with types.

    Raises:
        UserError: A value is out of range.
    """
    for key, least in (("batch_size", 1), ("baseline_max_samples", 1), ("random_state", 0)):
        value = group[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UserError(
                f"config: evaluation.{key}={value} must be a number of at least {least}"
            )
    if not isinstance(group["baselines"], bool):
        raise UserError(f"config: evaluation.baselines={group['baselines']} must be true or false")
    formats = group["figure_formats"]
    unknown = [one for one in formats if one not in FIGURE_FORMATS]
    if isinstance(formats, str) or unknown:
        raise UserError(
            f"config: evaluation.figure_formats={formats} must be a list of "
            f"{', '.join(FIGURE_FORMATS)}"
        )
    return EvaluationSettings(
        batch_size=group["batch_size"],
        baselines=group["baselines"],
        baseline_max_samples=group["baseline_max_samples"],
        random_state=group["random_state"],
        figure_formats=tuple(formats),
    )
