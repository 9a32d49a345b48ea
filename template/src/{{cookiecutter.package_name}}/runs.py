"""A run's folder: where it is, and how it is opened again to evaluate or to predict."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from torch import nn

from .config import Config, load_config
from .data import DataSplits, load_data
from .data.dataset import DataSpec
from .errors import UserError
from .models import build_model
from .tasks import Classification, build_task
from .training.checkpoint import DamagedCheckpointError, load_weights, read_checkpoint
from .training.distributed import find_device
from .training.store import CheckpointStore
from .utils.reproducibility import seed_everything

OUTPUTS = Path("outputs")


@dataclass
class LoadedRun:
    """A trained run, ready to be asked.

    Attributes:
        run_dir: Its folder.
        checkpoint_dir: Where the weights came from.
        config: What it was trained with.
        data: The data set, split as it was for training.
        model: In evaluation mode, on `device`; the moving average where there is one.
        task: What it was trained for.
        spec: What the checkpoint says of its data.
        device: Where the model is.
        step: The optimizer step of the checkpoint.
    """

    run_dir: Path
    checkpoint_dir: Path
    config: Config
    data: DataSplits
    model: nn.Module
    task: Classification
    spec: DataSpec
    device: torch.device
    step: int


def choose_run_dir(config: Config) -> Path:
    """Return where a run lives: as told, or the same place for each restart of the same job.

    Called by the main process; the others are told.
    """
    if config.run_dir is not None:
        return Path(config.run_dir)
    if HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
        return Path(HydraConfig.get().runtime.output_dir)
    if run_id := os.environ.get("TORCHELASTIC_RUN_ID"):
        if run_id != "none":
            return OUTPUTS / f"torchrun-{run_id}"
        # torchrun without --rdzv-id: its agent lives on while it restarts its workers.
        return OUTPUTS / _stamp(psutil.Process(os.getppid()).create_time())
    if job := os.environ.get("SLURM_JOB_ID"):
        return OUTPUTS / f"slurm-{job}"
    return _unused(OUTPUTS / _stamp(datetime.now().timestamp()))


def new_folder(command: str) -> Path:
    """Return a new folder's path for what a command other than train writes."""
    return _unused(OUTPUTS / command / _stamp(datetime.now().timestamp()))


def open_run(config: Config) -> LoadedRun:
    """Load a trained run.

    Args:
        config: `run_dir` (the newest below outputs/ if null) and `checkpoint`
            ("best", "last" or a checkpoint's folder) are read; everything else
            comes from the run's own `config.yaml`, with the command line's overrides on top.

    Raises:
        UserError: There is no such run or checkpoint, it is damaged, or its data changed.
    """
    run_dir = Path(config.run_dir) if config.run_dir else newest_run()
    trained_with = load_config(run_dir / "config.yaml", _value_overrides())
    checkpoint_dir = _find_checkpoint(run_dir, config.checkpoint)
    try:
        checkpoint = read_checkpoint(checkpoint_dir)
    except DamagedCheckpointError as error:
        raise UserError(f"{error}; try checkpoint=last or another of {run_dir}") from error
    seed_everything(trained_with.seed or 0)
    data = load_data(trained_with.data, seed=trained_with.seed or 0)
    spec = DataSpec.from_dict(checkpoint.content["spec"])
    if spec.fingerprint != data.spec.fingerprint and not config.resume_with_changes:
        raise UserError(
            f"{run_dir}: the data set is not the one that the model was trained on (its "
            "fingerprint changed); pass resume_with_changes=true to go on all the same"
        )
    device = find_device(trained_with.training.accelerator)
    model = build_model(trained_with.model, spec).to(device)
    load_weights(checkpoint.weights, model)
    return LoadedRun(
        run_dir=run_dir,
        checkpoint_dir=checkpoint_dir,
        config=trained_with,
        data=data,
        model=model.eval(),
        task=build_task(trained_with.task),
        spec=spec,
        device=device,
        step=checkpoint.step,
    )


def newest_run() -> Path:
    """Return the run below outputs/ that was written to last.

    Raises:
        UserError: There is none.
    """
    runs = [path.parent for path in OUTPUTS.glob("**/checkpoints") if path.is_dir()]
    if not runs:
        raise UserError(f"no run below {OUTPUTS.absolute()}; train one, or pass run_dir=PATH")
    return max(runs, key=lambda run: (run / "checkpoints").stat().st_mtime)


def _find_checkpoint(run_dir: Path, wanted: str) -> Path:
    folder = CheckpointStore(run_dir).root / wanted if wanted in ("best", "last") else Path(wanted)
    if wanted == "best" and not folder.exists():
        folder = folder.with_name("last")  # nothing was evaluated yet
    if not folder.is_dir():
        raise UserError(f"{folder}: no such checkpoint; train first, or pass checkpoint=PATH")
    return folder.resolve()


def _value_overrides() -> list[str]:
    """Return the command line's `key=value` pairs, but not its choices of config groups."""
    if not HydraConfig.initialized():
        return []
    chosen = set(HydraConfig.get().runtime.choices)
    pairs = HydraConfig.get().overrides.task
    return [pair.lstrip("+") for pair in pairs if pair.lstrip("+").split("=")[0] not in chosen]


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%Y-%m-%d_%H-%M-%S")


def _unused(path: Path) -> Path:
    """Return `path`, or with a number behind it when another run took the same second."""
    candidate, number = path, 2
    while candidate.exists():
        candidate = path.with_name(f"{path.name}-{number}")
        number += 1
    return candidate
