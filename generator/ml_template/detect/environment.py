"""Where a training would run: package environment, container, scheduler, hosted notebook."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from .interpreter import find_interpreter
from .machine import Environment
from .text import is_file, is_folder, one_line, read_text

# What each service sets in every session of its own.
_HOSTED = (
    ("COLAB_RELEASE_TAG", "Google Colab"),
    ("COLAB_GPU", "Google Colab"),
    ("KAGGLE_KERNEL_RUN_TYPE", "Kaggle"),
    ("SM_TRAINING_ENV", "Amazon SageMaker"),
    ("SAGEMAKER_INTERNAL_IMAGE_URI", "Amazon SageMaker"),
    ("DATABRICKS_RUNTIME_VERSION", "Databricks"),
)
_SCHEDULERS = (("SLURM_JOB_ID", "Slurm"), ("PBS_JOBID", "PBS"), ("LSB_JOBID", "LSF"))


def detect_environment(root: Path, env: Mapping[str, str], cwd: Path) -> Environment:
    """Everything that environment variables and marker files tell."""
    kind, path = package_environment(env, cwd)
    visible = env.get("CUDA_VISIBLE_DEVICES")
    return Environment(
        kind=kind,
        path=one_line(str(path), limit=4096) if path else None,
        container=container(root, env),
        scheduler=scheduler(env),
        hosted=next((name for variable, name in _HOSTED if variable in env), None),
        visible_devices=one_line(visible) if visible is not None else None,
    )


def package_environment(env: Mapping[str, str], cwd: Path) -> tuple[str | None, Path | None]:
    """What kind of environment the user's Python belongs to, and its folder."""
    interpreter = find_interpreter(env, cwd)
    if interpreter is None:
        return None, None
    if interpreter.found_by == "CONDA_PREFIX":
        name = env.get("CONDA_DEFAULT_ENV", "")
        pixi = "PIXI_PROJECT_NAME" in env or "/.pixi/" in env["CONDA_PREFIX"]
        kind = "pixi" if pixi else one_line(f"conda {name}" if "/" not in name else "conda")
        return kind, Path(env["CONDA_PREFIX"])
    folder = Path(interpreter.executable).parent.parent
    settings = read_text(folder / "pyvenv.cfg")
    if settings is None:
        return ("conda" if is_folder(folder / "conda-meta") else "system"), None
    if "pypoetry" in folder.parts or env.get("POETRY_ACTIVE") == "1":
        return "poetry", folder
    keys = {line.partition("=")[0].strip() for line in settings.splitlines()}
    if "uv" in keys:  # uv signs the environments that it makes: "uv = 0.5.1"
        return "uv", folder
    return "venv", folder


def container(root: Path, env: Mapping[str, str]) -> str | None:
    """The container runtime around this process, by the marks that each leaves."""
    singularity = env.keys() & {"APPTAINER_CONTAINER", "SINGULARITY_CONTAINER"}
    if singularity or is_folder(root / ".singularity.d"):
        return "apptainer"
    if "KUBERNETES_SERVICE_HOST" in env:
        return "kubernetes"
    if is_file(root / "run/.containerenv"):
        return "podman"
    if is_file(root / ".dockerenv"):
        return "docker"
    marked = env.get("container")  # systemd's convention, set by podman, lxc, nspawn
    if marked:
        return one_line(marked)
    if "microsoft" in (read_text(root / "proc/version") or "").lower():
        return "WSL"
    return None


def scheduler(env: Mapping[str, str]) -> str | None:
    """The batch job that this is, or the cluster on whose login node it runs."""
    for variable, name in _SCHEDULERS:
        if env.get(variable):
            return one_line(f"{name} job {env[variable]}")
    if shutil.which("sbatch", path=env.get("PATH") or os.devnull):
        return "Slurm (no job here: a login node?)"
    return None
