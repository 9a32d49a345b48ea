"""What a researcher must be told before training: eight alerts, and what makes it impossible."""

import importlib.util
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GB = 10**9
CHECKPOINT_ALERT_BYTES = 10 * GB
SCAN_TIMEOUT_S = 2.0
DISK_FULL_BYTES = 200 * 10**6  # too little for one checkpoint and its logs

REQUIRED = (
    "torch", "numpy", "hydra-core", "omegaconf", "safetensors", "rich", "matplotlib",
    "scikit-learn", "psutil",
)  # fmt: skip
# Module that a tracker of this project imports, and the extra that installs it.
TRACKER_MODULES = {"tracking.wandb.": "wandb", "tracking.tensorboard.": "tensorboard"}


def alerts(
    report: Mapping[str, Any],
    cfg: Any = None,
    *,
    memory_estimate: int | None = None,
    shared_samples: int | None = None,
    outputs: Path = Path("outputs"),
) -> list[str]:
    """Says what will cost the user results, time or disk.

    Args:
        report: From ``system_report``.
        cfg: The configuration, when there is one.
        memory_estimate: Bytes that training needs, when estimated.
        shared_samples: Test samples that also are in the training split, when checked.
        outputs: Directory of all runs.

    Returns:
        One sentence or two per alert, in order of the list above.
    """
    gpu = report["gpu"]
    found = []
    if not (gpu["cuda_available"] or gpu["mps"]):
        found.append(_no_gpu(report))
    if memory_estimate is not None:
        found += _memory(report, memory_estimate)
    if cfg is not None and _get(cfg, "seed") is None:
        found.append(
            "No random seeds set. Results will not be reproducible. Add seed setting? (seed=0)"
        )
    if shared_samples:
        found.append(
            "WARNING: Test data IDs found in training set. This will invalidate your results. "
            f"({shared_samples} samples; see validate-data)"
        )
    packages = report["packages"]
    for name, package in (("TensorFlow", "tensorflow"), ("JAX", "jax")):
        if packages.get("torch") and packages.get(package):
            found.append(
                f"Both PyTorch and {name} detected. "
                "Which is the primary framework for this project? (here: PyTorch)"
            )
    if cfg is not None and _get(cfg, "training.deterministic"):
        found.append(
            "Enabling deterministic mode for reproducibility. Note: This may slow training by ~10%."
        )
    stored = checkpoint_bytes(outputs)
    if stored > CHECKPOINT_ALERT_BYTES:
        found.append(
            f"Found {stored / GB:.0f}GB of checkpoints in {outputs}/. Clean up old checkpoints?"
        )
    if not _tracked(report, cfg):
        found.append(
            "No experiment tracking detected. Set up W&B or MLflow for proper logging? "
            "(metrics.jsonl is written all the same)"
        )
    return found


def obstacles(report: Mapping[str, Any], cfg: Any = None) -> list[str]:
    """Says what makes training impossible.

    Args:
        report: From ``system_report``.
        cfg: The configuration, when there is one.

    Returns:
        One line per obstacle, with what to do; empty when training can start.
    """
    found = [
        f"package {name} not found: install the project (pip install -e .)"
        for name in REQUIRED
        if not report["packages"].get(name)
    ]
    for module in _tracker_modules(cfg):
        if not _importable(module):
            found.append(
                f"package {module} not found, and tracking needs it: "
                f"pip install -e '.[{module}]' or tracking=none"
            )
    disk = report["disk"]
    if disk["writable"] is False:
        found.append(f"{disk['path']} cannot be written: choose another place with run_dir=PATH")
    if disk["free"] is not None and disk["free"] < DISK_FULL_BYTES:
        found.append(
            f"the disk of {disk['path']} is full ({disk['free'] / 1e6:.0f} MB free): "
            "delete old runs, or choose another place with run_dir=PATH"
        )
    return found


def checkpoint_bytes(outputs: Path) -> int:
    """Adds up the files below every folder ``checkpoints`` in a directory.

    Args:
        outputs: Directory of all runs.

    Returns:
        Bytes; a lower bound where the disk is too slow for a full count within 2 s.
    """
    total = 0
    deadline = time.monotonic() + SCAN_TIMEOUT_S
    for folder, _, names in os.walk(outputs):
        if "checkpoints" not in Path(folder).parts:
            continue
        for name in names:
            try:
                total += (Path(folder) / name).lstat().st_size
            except OSError:
                continue  # rotated away meanwhile
        if time.monotonic() > deadline:
            break
    return total


def _no_gpu(report: Mapping[str, Any]) -> str:
    gpu = report["gpu"]
    alert = "No GPU detected. Training will run on CPU and be significantly slower."
    if gpu["note"]:
        alert += f" ({gpu['note']})"
    elif gpu["seen_by_driver"]:
        torch = report["packages"].get("torch")
        alert += (
            f" (The driver sees {gpu['seen_by_driver']}, PyTorch {torch} does not: install a "
            "CUDA build, or check CUDA_VISIBLE_DEVICES)"
        )
    return alert


def _memory(report: Mapping[str, Any], needed: int) -> list[str]:
    devices = report["gpu"]["devices"]
    # The same model goes on every GPU, so the smallest decides.
    place, size = "GPU", min((d["memory"] for d in devices), default=None)
    if size is None:
        place, size = "memory", report["memory"]["available"] or report["memory"]["usable"]
    if size is None or needed <= size:
        return []
    return [
        f"Model (~{needed / GB:.1f} GB) may not fit in {place} (~{size / GB:.1f} GB). "
        "Consider reducing batch size or enabling gradient checkpointing."
    ]


def _tracked(report: Mapping[str, Any], cfg: Any) -> bool:
    if cfg is None:
        packages = report["packages"]
        return any(packages.get(n) for n in ("wandb", "mlflow", "tensorboard", "trackio"))
    return bool(_get(cfg, "tracking.trackers"))


def _tracker_modules(cfg: Any) -> list[str]:
    targets = [str(_get(entry, "_target_")) for entry in _get(cfg, "tracking.trackers") or []]
    return [m for part, m in TRACKER_MODULES.items() if any(part in t for t in targets)]


def _importable(module: str) -> bool:
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin is not None  # a bare folder wandb/ has no origin


def _get(values: Any, path: str) -> Any:
    """Reads a dotted key from mappings and objects; None where any part is missing."""
    for key in path.split("."):
        is_mapping = isinstance(values, Mapping)
        values = values.get(key) if is_mapping else getattr(values, key, None)
    return values
