"""What is learnt: the loss and the scores of this project."""

from typing import Any

from ..utils.instantiate import instantiate
from .classification import Classification

__all__ = ["Classification", "build_task"]


def build_task(config: dict[str, Any]) -> Classification:
    """Build the task that the `task` group names.

    Raises:
        UserError: Its class does not exist or refuses an argument.
    """
    task: Classification = instantiate(config, "task")
    return task
