"""The checkpoints of a run: written so that a kill can't damage one, found again, and thinned out.

Each is written aside, flushed to the disk, and renamed, so that a name `step-…` is either a whole
checkpoint or not there. `last` and `best` are links to two of them, replaced in one step.
"""

import contextlib
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from ..errors import UserError
from ..utils.durable import ASIDE, DOOMED, flush, remove_whole, replace_link
from .checkpoint import (
    Checkpoint,
    DamagedCheckpointError,
    first_line,
    read_checkpoint,
    write_checkpoint,
)

logger = logging.getLogger(__name__)


class CheckpointStore:
    """The checkpoints of one run."""

    def __init__(self, run_dir: Path, keep_last: int = 3, keep_best: int = 1) -> None:
        """Look after `run_dir`/checkpoints; nothing is written yet."""
        self.root = run_dir / "checkpoints"
        self.keep_last, self.keep_best = keep_last, keep_best

    def save(
        self,
        content: dict[str, Any],
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        ema: nn.Module | None = None,
        *,
        is_best: bool = False,
    ) -> Path:
        """Write a checkpoint, point `last` (and `best`) at it, and drop those not kept.

        Args:
            content: For state.json; `content["train"]["step"]` names the directory.
            model: The bare model, neither wrapped nor compiled.
            optimizer: Its optimizer.
            ema: The moving average.
            is_best: Whether `best` is to point here.

        Raises:
            UserError: The disk is full or can't be written to; earlier checkpoints are untouched.
        """
        name = f"step-{content['train']['step']:08d}"
        final, aside = self.root / name, self.root / f"{ASIDE}{name}"
        try:
            shutil.rmtree(aside, ignore_errors=True)
            write_checkpoint(aside, content, model, optimizer, ema)
            if final.exists():  # saved again after the same step, with a lower rate
                remove_whole(final)
            aside.rename(final)
            flush(self.root)
            replace_link(self.root / "last", name)
            if is_best:
                replace_link(self.root / "best", name)
        except (OSError, SafetensorError, RuntimeError) as error:
            shutil.rmtree(aside, ignore_errors=True)
            raise UserError(
                f"{final}: could not be written ({first_line(error)}); earlier checkpoints are "
                "intact: make room, then run the same command again to go on from the last one"
            ) from error
        try:
            self._prune()
        except (
            OSError
        ) as error:  # the checkpoint is safe; an older one that stays is no reason to stop
            logger.warning("an older checkpoint could not be removed: %s", error)
        return final

    def newest_good(self) -> Checkpoint | None:
        """Return the newest checkpoint that is whole, warning of each damaged one passed over.

        Raises:
            UserError: There are checkpoints, and all are damaged.
        """
        damage = []
        for path in reversed(self._all()):
            try:
                return read_checkpoint(path)
            except DamagedCheckpointError as error:
                logger.warning("skipping a damaged checkpoint: %s", error)
                damage.append(error)
        if damage:
            raise UserError(
                f"every checkpoint in {self.root} is damaged (the newest: {damage[0]}); "
                "restore one from a backup, or choose another run_dir to start anew"
            )
        return None

    def clean(self) -> None:
        """Remove what a killed process left half-written or half-deleted.

        A checkpoint that was being replaced when the process was killed may be under neither name;
        then its successor is whole, and takes its place.
        """
        for leftover in [*self.root.glob(f"{ASIDE}*"), *self.root.glob(f"{DOOMED}*")]:
            final = leftover.with_name(leftover.name.removeprefix(ASIDE))
            if leftover.name.startswith(f"{ASIDE}step-") and not final.exists():
                with contextlib.suppress(DamagedCheckpointError, UserError):
                    read_checkpoint(leftover)
                    leftover.rename(final)
                    continue
            if leftover.is_symlink():
                leftover.unlink(missing_ok=True)
            else:
                shutil.rmtree(leftover, ignore_errors=True)

    def forget_after(self, checkpoint: Checkpoint) -> None:
        """Drop checkpoints later than the one that is resumed from, and point `last` at that one.

        They are damaged, or belong to a future that is not going to be repeated.
        """
        for path in self._all():
            if _step(path) > checkpoint.step:
                remove_whole(path)
        replace_link(self.root / "last", checkpoint.path.name)
        best = checkpoint.content["train"]["best_step"]
        if best is not None and (self.root / f"step-{best:08d}").exists():
            replace_link(self.root / "best", f"step-{best:08d}")

    def _all(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return sorted(p for p in self.root.glob("step-*") if p.is_dir())

    def _prune(self) -> None:
        everything = self._all()
        keep = set(everything[-self.keep_last :])
        keep |= {link.resolve() for link in (self.root / "last", self.root / "best")}
        if self.keep_best > 1:
            scored = [(value, path) for path in everything if (value := _score(path)) is not None]
            keep |= {path for _, path in sorted(scored)[: self.keep_best]}
        for path in everything:
            if path not in keep and path.resolve() not in keep:
                remove_whole(path)


def _step(path: Path) -> int:
    return int(path.name.removeprefix("step-"))


def _score(path: Path) -> float | None:
    """Return the monitored value of a checkpoint taken at an evaluation, lower is better."""
    try:
        content = json.loads((path / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    score: float | None = content["train"]["score"]
    return score
