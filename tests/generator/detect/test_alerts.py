"""The alerts, in the words that they are known by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_template.detect import Machine, alerts
from ml_template.detect.machine import (
    Checkpoints,
    CudaToolkit,
    Environment,
    Gpu,
    Interpreter,
    NvidiaDriver,
    Package,
    TorchBuild,
)

A100 = Gpu("nvidia", "NVIDIA A100", compute_capability="8.0")
TORCH = Package("PyTorch", "2.9.0", "framework")
WANDB = Package("W&B", "0.22.0", "tracking")
QUIET = Machine(
    "Linux",
    "6.1",
    "x86_64",
    gpus=(A100,),
    nvidia=NvidiaDriver("580.65.06", "13.0"),
    packages=(TORCH, WANDB),
    torch_build=TorchBuild(cuda="12.8"),
)


def only(**changes) -> str:
    (alert,) = alerts(replace(QUIET, **changes))
    return alert


def test_a_good_machine_is_quiet():
    assert alerts(QUIET) == []


def test_gpu_unavailable():
    assert only(gpus=()) == "No GPU detected. Training will run on CPU and be significantly slower."


@pytest.mark.parametrize("visible", ["", "-1", " ", "NoDevFiles"])
def test_hidden_gpus(visible):
    assert "CUDA_VISIBLE_DEVICES" in only(environment=Environment(visible_devices=visible))


@pytest.mark.parametrize("visible", [None, "0", "0,1", "MIG-e07a497d-1bb6-5a42-b670-1c33bf55ab6e"])
def test_visible_gpus(visible):
    assert alerts(replace(QUIET, environment=Environment(visible_devices=visible))) == []


def test_framework_conflict():
    tensorflow, jax = (Package(name, "1", "framework") for name in ("TensorFlow", "JAX"))
    assert only(packages=(TORCH, tensorflow, WANDB)) == (
        "Both PyTorch and TensorFlow detected. Which is the primary framework for this project?"
    )
    assert only(packages=(TORCH, tensorflow, jax, WANDB)) == (
        "PyTorch, TensorFlow and JAX detected. Which is the primary framework for this project?"
    )


def test_missing_tracking():
    assert only(packages=(TORCH,)) == (
        "No experiment tracking detected. Set up W&B or MLflow for proper logging?"
    )
    assert alerts(replace(QUIET, packages=None)) == []


def test_checkpoint_accumulation():
    assert only(checkpoints=Checkpoints("outputs", 15_000_000_000, 12, True)) == (
        "Found 15GB of checkpoints in outputs/. Clean up old checkpoints?"
    )
    assert "at least 15GB" in only(checkpoints=Checkpoints("outputs", 15_000_000_000, 12, False))
    assert alerts(replace(QUIET, checkpoints=Checkpoints("outputs", 4_000_000_000, 3, True))) == []


def test_checkpoints_are_found_on_the_disk(fake):
    run = fake.home / "outputs/2024-05-01/checkpoints"
    (run / "last").mkdir(parents=True)
    with (run / "last/model.safetensors").open("wb") as file:
        file.truncate(14_000_000_000)  # sparse: takes no space
    (run / "best.ckpt").hardlink_to(run / "last/model.safetensors")  # the same bytes, counted once
    (run / "linked.pt").symlink_to(run / "best.ckpt")
    with (run / "model.pt").open("wb") as file:
        file.truncate(1_000_000_000)
    with (run / "samples.npy").open("wb") as file:
        file.truncate(9_000_000_000)
    assert "Found 15GB of checkpoints in outputs/. Clean up old checkpoints?" in alerts(
        fake.detect()
    )


@pytest.mark.parametrize(
    ("build", "driver", "cuda", "expected"),
    [
        ("13.0", "535.161.08", "12.2", "it can't use the GPU. Update the driver to 580 or newer"),
        ("12.8", "470.57.02", "11.4", "it can't use the GPU. Update the driver to 525 or newer"),
        ("13.0", "535.161.08", None, "newer than the CUDA 12 that driver 535.161.08 supports"),
        ("12.8", "535.161.08", "12.2", "Within CUDA 12 most of it runs"),
    ],
)
def test_torch_newer_than_the_driver(build, driver, cuda, expected):
    assert expected in only(torch_build=TorchBuild(cuda=build), nvidia=NvidiaDriver(driver, cuda))


@pytest.mark.parametrize(
    ("build", "driver", "cuda"),
    [
        ("11.8", "580.65.06", "13.0"),
        ("12.8", "570.26", "12.8"),
        ("12.8", "535.161.08", None),  # the major alone is known, and it fits
        ("12.8", "not a version", None),
        ("12.8", None, None),
    ],
)
def test_torch_that_the_driver_runs(build, driver, cuda):
    changes = {"torch_build": TorchBuild(cuda=build), "nvidia": NvidiaDriver(driver, cuda)}
    assert alerts(replace(QUIET, **changes)) == []


@pytest.mark.parametrize(
    ("build", "gpu", "expected"),
    [
        (TorchBuild(), A100, "is a CPU build: it won't use NVIDIA A100."),
        (TorchBuild(hip="6.4"), A100, "needs a CUDA build"),
        (TorchBuild(cuda="12.8"), Gpu("amd", "MI210"), "needs a ROCm build"),
        (
            TorchBuild(cuda="12.4"),
            Gpu("nvidia", "RTX 5090", compute_capability="12.0"),
            "12.8 or newer",
        ),
        (
            TorchBuild(cuda="13.0"),
            Gpu("nvidia", "V100", compute_capability="7.0"),
            "build for CUDA 12.",
        ),
    ],
)
def test_torch_built_for_something_else(build, gpu, expected):
    assert expected in only(torch_build=build, gpus=(gpu,))


def test_torch_on_hardware_it_is_built_for():
    turing = Gpu("nvidia", "T4", compute_capability="7.5")
    assert alerts(replace(QUIET, torch_build=TorchBuild(cuda="13.0"), gpus=(turing,))) == []
    assert alerts(replace(QUIET, torch_build=TorchBuild(hip="6.4"), gpus=(Gpu("amd", "x"),))) == []
    assert alerts(replace(QUIET, torch_build=TorchBuild(), gpus=(Gpu("apple", "M2"),))) == []


def test_toolkit_of_another_major():
    assert "extensions won't build" in only(cuda=CudaToolkit("13.0.88", "nvcc"))
    assert alerts(replace(QUIET, cuda=CudaToolkit("12.2.140", "nvcc"))) == []


def test_rosetta():
    python = Interpreter("/usr/local/bin/python3", "PATH", "3.11.9", "x86_64")
    apple = {"gpus": (Gpu("apple", "M2"),), "mps": True, "torch_build": TorchBuild()}
    assert "Rosetta" in only(python=python, **apple)
