"""Which installed distributions matter for training, and what PyTorch was built for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .machine import Cudnn, Package, TorchBuild

# What people call it, what it does in a training, and the distributions it comes in.
_PACKAGES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("PyTorch", "framework", ("torch",)),
    (
        "TensorFlow",
        "framework",
        (
            "tensorflow",
            "tensorflow-cpu",
            "tensorflow-gpu",
            "tensorflow-macos",
            "tensorflow-rocm",
            "tf-nightly",
        ),
    ),
    ("JAX", "framework", ("jax",)),
    ("Lightning", "library", ("lightning", "pytorch-lightning")),
    ("Keras", "library", ("keras",)),
    ("Flax", "library", ("flax",)),
    ("torchvision", "library", ("torchvision",)),
    ("transformers", "library", ("transformers",)),
    ("accelerate", "library", ("accelerate",)),
    ("peft", "library", ("peft",)),
    ("bitsandbytes", "library", ("bitsandbytes",)),
    ("DeepSpeed", "library", ("deepspeed",)),
    ("scikit-learn", "library", ("scikit-learn",)),
    ("NumPy", "library", ("numpy",)),
    ("Hydra", "library", ("hydra-core",)),
    ("OmegaConf", "library", ("omegaconf",)),
    ("Optuna", "library", ("optuna",)),
    ("W&B", "tracking", ("wandb",)),
    ("MLflow", "tracking", ("mlflow", "mlflow-skinny")),
    ("TensorBoard", "tracking", ("tensorboard", "tensorboardx", "tb-nightly")),
    ("trackio", "tracking", ("trackio",)),
    ("Comet", "tracking", ("comet-ml",)),
    ("Neptune", "tracking", ("neptune", "neptune-client", "neptune-scale")),
    ("ClearML", "tracking", ("clearml",)),
    ("Aim", "tracking", ("aim",)),
    ("DVCLive", "tracking", ("dvclive",)),
    ("SwanLab", "tracking", ("swanlab",)),
)


def packages_of(distributions: Mapping[str, str]) -> tuple[Package, ...]:
    """The packages above that are installed, in the order of the table."""
    found: list[Package] = []
    for name, role, titles in _PACKAGES:
        version = next((distributions[title] for title in titles if title in distributions), None)
        if version:
            found.append(Package(name, version, role))
    return tuple(found)


def cudnn_packages(distributions: Mapping[str, str]) -> tuple[Cudnn, ...]:
    """Find the cuDNN that pip brings beside PyTorch or JAX ("nvidia-cudnn-cu12")."""
    names = sorted(
        name for name in distributions if re.fullmatch(r"nvidia-cudnn(-cu[0-9]+)?", name)
    )
    return tuple(Cudnn(distributions[name], name) for name in names)


def parse_torch_version_file(text: str) -> TorchBuild | None:
    """The `cuda` and `hip` lines of torch/version.py as text; None when there is no such file."""
    if "__version__" not in text:
        return None
    values = dict(
        re.findall(
            r"^(cuda|hip)\s*(?::[^=\n]*)?=\s*['\"]([0-9][\w.+-]{0,40})['\"]", text, re.MULTILINE
        )
    )
    return TorchBuild(values.get("cuda"), values.get("hip"))
