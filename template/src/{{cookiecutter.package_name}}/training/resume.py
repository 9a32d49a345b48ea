"""Putting a run back to where a checkpoint found it, unless that would make it another run."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import torch

from ..config import config_hash, load_config, result_config
from ..errors import UserError
from ..utils.reproducibility import capture_rng, draw_seed, restore_rng
from .checkpoint import FORMAT, Checkpoint, load_optimizer, load_weights
from .parts import Parts
from .state import TrainState
from .store import CheckpointStore

logger = logging.getLogger(__name__)


def checkpoint_content(parts: Parts, state: TrainState, git: dict[str, Any]) -> dict[str, Any]:
    """Return what `state.json` holds; called by all processes, since each has generators.

    Args:
        parts: What the run is made of.
        state: Where it is.
        git: The commit that runs, as it was at the start.
    """
    world = parts.world
    state.scheduler = parts.schedule.state_dict()
    state.scaler = parts.precision.scaler.state_dict()
    return {
        "format": FORMAT,
        "train": state.to_dict(),
        "rng": world.gather(capture_rng(world.device)),
        "config": result_config(parts.config),
        "config_hash": config_hash(parts.config),
        "data_hash": parts.data.spec.fingerprint,
        "spec": parts.data.spec.to_dict(),
        "precision": parts.precision.name,
        "git": git,
        "torch": torch.__version__,
    }


def choose_seed(run_dir: Path) -> int:
    """Return a seed for a run that was given none: the one it drew when it started, or a new one.

    Raises:
        UserError: The folder's config can't be read.
    """
    path = run_dir / "config.yaml"
    seed = load_config(path, []).seed if path.exists() else None
    return draw_seed() if seed is None else seed


def find_checkpoint(store: CheckpointStore, resume: str) -> Checkpoint | None:
    """Return the checkpoint to go on from, or None to start; called by the main process.

    Args:
        store: The run's checkpoints.
        resume: "auto" goes on where there is something to go on from, "must" insists on it, and
            "never" insists on an unused folder.

    Raises:
        UserError: The folder and `resume` don't fit, or all checkpoints are damaged.
    """
    found = store.newest_good()
    if resume == "never" and found is not None:
        raise UserError(
            f"{store.root.parent}: holds a run already (step {found.step}), and resume=never; "
            "choose another run_dir, or resume=auto to go on with it"
        )
    if resume == "must" and found is None:
        raise UserError(f"{store.root.parent}: nothing to resume here, and resume=must")
    return found


def refuse_changes(checkpoint: Checkpoint, parts: Parts, *, told_to: bool) -> None:
    """Refuse to go on when config or data are not what the checkpoint was made with.

    Args:
        checkpoint: Where to go on from.
        parts: What the command line and the data amount to now.
        told_to: `resume_with_changes`: warn instead.

    Raises:
        UserError: Something changed; the message names the keys, then and now.
    """
    content = checkpoint.content
    changes = []
    if content["config_hash"] != config_hash(parts.config):
        then, now = content["config"], result_config(parts.config)
        changes += [
            f"{key}: {_shown(then, key)} -> {_shown(now, key)}"
            for key in sorted(then.keys() | now.keys())
            if then.get(key) != now.get(key)
        ]
    if content["data_hash"] != parts.data.spec.fingerprint:
        changes.append("the data set's content or split")
    if content["precision"] != parts.precision.name:
        changes.append(f"precision: {content['precision']} -> {parts.precision.name}")
    if not changes:
        return
    text = "; ".join(changes)
    if not told_to:
        raise UserError(
            f"{checkpoint.path}: this run was started with other settings ({text}); repeat them, "
            "choose another run_dir, or pass resume_with_changes=true"
        )
    logger.warning("going on with other settings than the run was started with: %s", text)


def restore(checkpoint: Checkpoint, parts: Parts) -> TrainState:
    """Load weights, optimizer, schedule, scaler and generators; return the run's state.

    Raises:
        UserError: A file does not fit the model or the optimizer.
    """
    world, content = parts.world, checkpoint.content
    load_weights(checkpoint.path / "model.safetensors", parts.model)
    if parts.ema is not None:
        load_weights(checkpoint.weights, parts.ema.model)  # a new average starts from the weights
    then, now = content["config"].get("optimizer._target_"), parts.config.optimizer["_target_"]
    if then == now:
        configured = {*parts.config.optimizer, "base_lr", "weight_decay"} - {"lr"}
        load_optimizer(checkpoint.path / "optimizer.pt", parts.optimizer, world.device, configured)
    else:
        logger.warning("%s starts with fresh moments: it can't use those of %s", now, then)
    state = TrainState.from_dict(content["train"])
    if state.position >= parts.plan.samples:  # the data set was changed for a smaller one
        state.epoch, state.position = state.epoch + 1, 0
    if parts.config.resume_with_changes and state.step < parts.total_steps:
        state.finished = False  # the run was made longer
    if state.scheduler:
        parts.schedule.load_state_dict(state.scheduler)
    if state.scaler and parts.precision.scaler.is_enabled():
        parts.precision.scaler.load_state_dict(state.scaler)
    if len(content["rng"]) == world.size:
        restore_rng(content["rng"][world.rank], world.device)
    else:
        logger.warning(
            "the run had %d processes and has %d now: the same samples in the same order, but "
            "dropout draws other numbers",
            len(content["rng"]),
            world.size,
        )
        torch.manual_seed(_mixed_seed(parts.config.seed or 0, state.step, world.rank))
    return state


class SplitsNote:
    """A note to the next start of this run, left when memory ran out where it can't be mended.

    A process that runs out of memory while others wait for its gradients can only stop. It leaves
    the number of parts that batches are to be cut into for the gang that the launcher starts next.
    """

    def __init__(self, run_dir: Path) -> None:
        """Look after the note in `run_dir`."""
        self.path = run_dir / "out-of-memory.json"

    def leave(self, splits: int) -> None:
        """Write the note."""
        self.path.write_text(json.dumps({"splits": splits}), encoding="utf-8")

    def take(self) -> int | None:
        """Return the number and remove the note, if there is one that can be read."""
        try:
            splits = int(json.loads(self.path.read_text(encoding="utf-8"))["splits"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self.path.unlink(missing_ok=True)
        return splits


def _shown(config: dict[str, Any], key: str) -> str:
    return str(config[key]) if key in config else "absent"


def _mixed_seed(seed: int, step: int, rank: int) -> int:
    digest = hashlib.sha256(f"{seed}/{step}/{rank}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
