"""The shape of the configuration: every key that the code reads, with its type.

The values, with their comments, are in `configs/`; this file only says which keys exist, so that a
typo or a wrong type in an override is refused before anything runs. Groups whose keys depend on the
class they build (`model`, `optimizer`, …) are dictionaries with a `_target_`.
"""

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from .errors import UserError

PACKAGE = __name__.rpartition(".")[0]
# A checkout keeps configs/ beside src/; an installed wheel carries them inside the package.
_BUNDLED = Path(__file__).parent / "configs"
CONFIG_DIR = _BUNDLED if _BUNDLED.is_dir() else Path(__file__).parents[2] / "configs"


@dataclass
class SplitConfig:
    """How rows are divided; membership depends on `seed` here, never on the training seed."""

    val: float = MISSING
    test: float = MISSING
    seed: int = MISSING
    stratify: bool = MISSING


@dataclass
class DataConfig:
    """One data set: where it comes from, how it is split, augmented and loaded."""

    name: str = MISSING
    source: dict[str, Any] = MISSING
    split: SplitConfig = field(default_factory=SplitConfig)
    augment: dict[str, Any] = MISSING
    num_workers: Any = MISSING  # an integer or "auto"


@dataclass
class CheckpointConfig:
    """When a run is saved and what is kept."""

    every_steps: int | None = MISSING
    keep_last: int = MISSING
    keep_best: int = MISSING
    monitor: str = MISSING
    mode: str = MISSING


@dataclass
class EarlyStoppingConfig:
    """When to give up: after `patience` evaluations without an improvement of `min_delta`."""

    patience: int | None = MISSING
    min_delta: float = MISSING


@dataclass
class DivergenceConfig:
    """What to do about losses and gradients that are not finite."""

    max_bad_steps: int = MISSING
    max_rollbacks: int = MISSING
    lr_factor: float = MISSING


@dataclass
class TrainingConfig:
    """The training loop."""

    max_epochs: int | None = MISSING
    max_steps: int | None = MISSING
    batch_size: int = MISSING
    accumulate: int = MISSING
    precision: str = MISSING
    accelerator: str = MISSING
    strategy: str = MISSING
    deterministic: bool = MISSING
    compile: bool = MISSING
    activation_checkpointing: bool = MISSING
    clip_norm: float | None = MISSING
    ema_decay: float | None = MISSING
    log_every_steps: int = MISSING
    evaluate_every_steps: int | None = MISSING
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    early_stopping: EarlyStoppingConfig = field(default_factory=EarlyStoppingConfig)
    divergence: DivergenceConfig = field(default_factory=DivergenceConfig)


@dataclass
class Config:
    """Everything that one run is made from."""

    seed: int | None = MISSING
    name: str = MISSING
    run_dir: str | None = MISSING
    resume: str = MISSING
    resume_with_changes: bool = MISSING
    checkpoint: str = MISSING
    split: str = MISSING
    input: str | None = MISSING
    output: str | None = MISSING
    data: DataConfig = field(default_factory=DataConfig)
    model: dict[str, Any] = MISSING
    task: dict[str, Any] = MISSING
    optimizer: dict[str, Any] = MISSING
    scheduler: dict[str, Any] = MISSING
    training: TrainingConfig = field(default_factory=TrainingConfig)
    tracking: dict[str, Any] = MISSING
    evaluation: dict[str, Any] = MISSING


ConfigStore.instance().store("schema", Config)

CHOICES: dict[str, tuple[str, ...]] = {
    "resume": ("auto", "never", "must"),
    "split": ("train", "val", "test"),
    "training.precision": ("auto", "fp32", "bf16", "fp16"),
    "training.accelerator": ("auto", "cpu", "cuda", "mps"),
    "training.strategy": ("auto", "single", "ddp"),
    "training.checkpoint.mode": ("min", "max"),
}
# The smallest value that makes sense; null is allowed where the type allows it.
MINIMUM: dict[str, float] = {
    "seed": 0,
    "training.max_epochs": 1,
    "training.max_steps": 1,
    "training.batch_size": 1,
    "training.accumulate": 1,
    "training.log_every_steps": 1,
    "training.evaluate_every_steps": 1,
    "training.checkpoint.every_steps": 1,
    "training.checkpoint.keep_last": 1,
    "training.checkpoint.keep_best": 0,
    "training.early_stopping.patience": 1,
    "training.divergence.max_bad_steps": 1,
    "training.divergence.max_rollbacks": 0,
    "optimizer.lr": 0,
}
# Keys that say where, how fast and how visibly a run happens, but not what comes out of it.
_NOT_THE_RESULT = (
    "name",
    "run_dir",
    "resume",
    "resume_with_changes",
    "checkpoint",
    "split",
    "input",
    "output",
    "data.num_workers",
    "tracking",
    "evaluation",
    "training.accelerator",
    "training.strategy",
    "training.activation_checkpointing",
    "training.checkpoint.every_steps",
    "training.checkpoint.keep_last",
    "training.checkpoint.keep_best",
)


def to_config(node: DictConfig) -> Config:
    """Turn a composed node into typed objects.

    Args:
        node: What Hydra composed; its shape is `Config`'s already.

    Raises:
        UserError: A mandatory value is missing, or a value is outside what makes sense.
    """
    try:
        config = OmegaConf.to_object(node)
    except OmegaConfBaseException as error:
        raise UserError(f"config: {str(error).splitlines()[0]}") from error
    assert isinstance(config, Config)
    values = dict(flatten(to_dict(config)))
    for key, allowed in CHOICES.items():
        if values[key] not in allowed:
            raise UserError(f"config: {key}={values[key]} is not one of {', '.join(allowed)}")
    for key, least in MINIMUM.items():
        value = values.get(key)
        if value is not None and (not isinstance(value, int | float) or not value >= least):
            raise UserError(f"config: {key}={value} must be a number of at least {least}")
    if config.training.max_epochs is None and config.training.max_steps is None:
        raise UserError("config: set training.max_epochs or training.max_steps, both are null")
    workers = config.data.num_workers
    if workers != "auto" and (
        isinstance(workers, bool) or not isinstance(workers, int) or workers < 0
    ):
        raise UserError(
            f"config: data.num_workers={workers} must be auto or a number of at least 0"
        )
    return config


def to_dict(config: Config) -> dict[str, Any]:
    """Return the configuration as plain containers."""
    return asdict(config)


def load_config(path: Path, overrides: list[str]) -> Config:
    """Read a run's `config.yaml` and put the dotted `key=value` overrides on top.

    Raises:
        UserError: The file can't be read, or does not have this version's keys.
    """
    try:
        node = OmegaConf.merge(OmegaConf.structured(Config), OmegaConf.load(path))
        node = OmegaConf.merge(node, OmegaConf.from_dotlist(overrides))
    except FileNotFoundError as error:
        raise UserError(f"{path}: not found; is this the folder of a run?") from error
    except (OSError, OmegaConfBaseException, ValueError) as error:
        raise UserError(f"{path}: {str(error).splitlines()[0]}") from error
    assert isinstance(node, DictConfig)
    return to_config(node)


def result_config(config: Config) -> dict[str, Any]:
    """Return the dotted keys that decide a run's numbers, without those that do not."""
    return {
        key: value
        for key, value in flatten(to_dict(config))
        if not any(key == k or key.startswith(f"{k}.") for k in _NOT_THE_RESULT)
    }


def config_hash(config: Config) -> str:
    """Return the SHA-256 of the keys that decide a run's numbers."""
    text = json.dumps(result_config(config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings as (dotted key, value)."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        else:
            yield name, value


def nearest_key(key: str, known: list[str]) -> str | None:
    """Return the known key that a typo most likely meant: by the whole, else by its last part."""
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
    if close:
        return close[0]
    leaves = {name.rpartition(".")[2]: name for name in reversed(known)}
    close = difflib.get_close_matches(key.rpartition(".")[2], list(leaves), n=1, cutoff=0.7)
    return leaves[close[0]] if close else None
