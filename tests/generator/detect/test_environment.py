"""The user's interpreter, what is installed in it, and where it runs."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from ml_template.detect import alerts, detect_machine, detection, process

TORCH_VERSION_FILE = """from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']
__version__ = '2.9.0+cu128'
debug = False
cuda: Optional[str] = '12.8'
git_version = '0fabc3ba44823f257e70ce397d989c8de5e362c1'
hip: Optional[str] = None
rocm: Optional[str] = None
xpu: Optional[str] = None
"""


@pytest.fixture
def user_env(fake, monkeypatch):
    """A real virtual environment, empty but for the metadata that a test puts there."""
    monkeypatch.setattr(process, "TIMEOUT_S", 30.0)  # a real Python, on a machine full of tests
    monkeypatch.setattr(detection, "_DEADLINE_S", 60.0)
    folder = fake.home / ".venv"
    folder.mkdir()
    python = Path(sys.executable).resolve()
    (folder / "pyvenv.cfg").write_text(
        f"home = {python.parent}\ninclude-system-site-packages = false\n"
    )
    (folder / "bin").mkdir()
    (folder / "bin/python3").symlink_to(python)
    site = folder / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    site.mkdir(parents=True)
    return site


def install(site: Path, *names: str) -> None:
    for name in names:
        (site / f"{name}.dist-info").mkdir()


def test_frameworks_of_the_users_environment_and_not_the_tools(fake, user_env):
    install(
        user_env,
        "torch-2.9.0+cu128",
        "hydra_core-1.3.2",
        "wandb-0.22.0",
        "nvidia_cudnn_cu12-9.10.2.21",
        "pytorch_lightning-2.5.0",
        "unrelated-1.0",
    )
    (user_env / "torch").mkdir()
    (user_env / "torch/version.py").write_text(TORCH_VERSION_FILE)
    (user_env / "torch/__init__.py").write_text("raise SystemExit('imported')")
    machine = fake.detect()
    assert machine.python.found_by == ".venv"
    assert machine.python.version == ".".join(map(str, sys.version_info[:3]))
    assert {package.name: package.version for package in machine.packages} == {
        "PyTorch": "2.9.0+cu128",
        "Lightning": "2.5.0",
        "Hydra": "1.3.2",
        "W&B": "0.22.0",
    }
    assert (machine.torch_build.cuda, machine.torch_build.hip) == ("12.8", None)
    assert [(found.version, found.source) for found in machine.cudnn] == [
        ("9.10.2.21", "nvidia-cudnn-cu12")
    ]


def test_rocm_build(fake, user_env):
    (user_env / "torch").mkdir()
    (user_env / "torch/version.py").write_text(
        "__version__ = '2.9.0+rocm6.4'\ncuda: Optional[str] = None\n"
        "hip: Optional[str] = '6.4.43484-123eb5128'\n"
    )
    build = fake.detect().torch_build
    assert (build.cuda, build.hip) == (None, "6.4.43484-123eb5128")


def test_metadata_of_every_age(fake, user_env):
    install(user_env, "tensorflow_cpu-2.16.1")
    (user_env / "numpy-1.24.2.egg-info").write_text("")  # Debian: a file
    (user_env / "scikit_learn-1.4.0-py3.11.egg-info").mkdir()  # conda
    (user_env / "mlflow.egg-info").mkdir()  # setup.py develop: the version stands in PKG-INFO
    (user_env / "mlflow.egg-info/PKG-INFO").write_text("Name: mlflow\nVersion: 2.11.0\n")
    (user_env / "~ax-0.4.0.dist-info").mkdir()  # left by an interrupted uninstall
    found = {package.name: package.version for package in fake.detect().packages}
    assert found == {
        "TensorFlow": "2.16.1",
        "NumPy": "1.24.2",
        "scikit-learn": "1.4.0",
        "MLflow": "2.11.0",
    }


def test_a_library_named_json_in_the_current_folder_is_not_run(fake, user_env, monkeypatch):
    (fake.home / "json.py").write_text("raise SystemExit('shadowed')")
    (fake.home / "re.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(fake.home)
    assert fake.detect().python.version


def test_a_start_up_file_that_prints(fake, user_env):
    (user_env / "sitecustomize.py").write_text("print('welcome to the cluster', end='')")
    assert fake.detect().python.version


def test_order_of_environments(fake, tmp_path):
    def interpreter(name: str) -> Path:
        path = tmp_path / name / "bin/python3"
        path.parent.mkdir(parents=True)
        path.write_text("#!/bin/sh\nexit 0\n")
        path.chmod(0o755)
        return path.parent.parent

    active, conda = interpreter("active"), interpreter("conda")
    interpreter("home/.venv")
    fake.program("python3", "exit 0")

    def found() -> str:
        return fake.detect().python.found_by

    fake.env |= {
        "VIRTUAL_ENV": str(active),
        "CONDA_PREFIX": str(conda),
        "CONDA_DEFAULT_ENV": "train",
    }
    assert found() == "VIRTUAL_ENV"
    fake.env["VIRTUAL_ENV"] = str(tmp_path / "removed")
    assert found() == "CONDA_PREFIX"
    fake.env["CONDA_DEFAULT_ENV"] = "base"  # activated for everything by many shells
    assert found() == ".venv"
    (tmp_path / "home/.venv/bin/python3").unlink()
    assert found() == "CONDA_PREFIX"
    del fake.env["CONDA_PREFIX"]
    assert found() == "PATH"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("exec /bin/sleep 321", "did not answer within 2 s"),
        ("echo 'pyenv: version 3.12 is not installed' >&2; exit 1", "pyenv: version"),
        ("exit 0", "gave no answer"),
        ("echo 'ml-template-inventory:{\"version\"'", "ml-template-inventory"),
    ],
)
def test_a_broken_interpreter(fake, body, problem):
    fake.program("python3", body)
    machine = fake.detect()
    assert machine.packages is None
    assert machine.python.problem.startswith(problem)
    found = alerts(machine)
    assert any("The installed frameworks are not known." in alert for alert in found)
    assert not any("experiment tracking" in alert for alert in found)


def test_inventory_with_wrong_types(fake):
    fake.program(
        "python3",
        'echo \'ml-template-inventory:{"version": 3, "distributions": {"torch": [1]}}\'',
    )
    machine = fake.detect()
    assert machine.python.version is None
    assert machine.torch_build is None
    assert machine.version_of("PyTorch") == "[1]"


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, "venv"),
        ({"POETRY_ACTIVE": "1"}, "poetry"),
    ],
)
def test_kind_of_environment(fake, user_env, env, expected):
    fake.env |= env
    machine = fake.detect()
    assert machine.environment.kind == expected
    assert machine.environment.path == str(fake.home / ".venv")


def test_uv_environment(fake, user_env):
    settings = fake.home / ".venv/pyvenv.cfg"
    settings.write_text(settings.read_text() + "uv = 0.5.1\n")
    assert fake.detect().environment.kind == "uv"


def test_conda_environment(fake, tmp_path):
    (tmp_path / "conda/bin").mkdir(parents=True)
    (tmp_path / "conda/bin/python").symlink_to(sys.executable)
    fake.env |= {"CONDA_PREFIX": str(tmp_path / "conda"), "CONDA_DEFAULT_ENV": "train"}
    assert fake.detect().environment.kind == "conda train"


@pytest.mark.parametrize(
    ("marker", "env", "expected"),
    [
        (".dockerenv", {}, "docker"),
        ("run/.containerenv", {}, "podman"),
        (".singularity.d/env", {}, "apptainer"),
        (None, {"APPTAINER_CONTAINER": "/x.sif"}, "apptainer"),
        (".dockerenv", {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
        (None, {"container": "lxc"}, "lxc"),
        (None, {}, None),
    ],
)
def test_containers(fake, marker, env, expected):
    if marker:
        fake.file(marker, "")
    fake.env |= env
    assert fake.detect().environment.container == expected


def test_wsl(fake):
    fake.file("proc/version", "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@x) (gcc)\n")
    assert fake.detect().environment.container == "WSL"


def test_scheduler_and_hosted_notebooks(fake):
    assert fake.detect().environment.scheduler is None
    fake.program("sbatch", "exit 0")
    assert "login node" in fake.detect().environment.scheduler
    fake.env |= {"SLURM_JOB_ID": "42", "KAGGLE_KERNEL_RUN_TYPE": "Interactive"}
    environment = fake.detect().environment
    assert (environment.scheduler, environment.hosted) == ("Slurm job 42", "Kaggle")
    fake.env |= {"COLAB_RELEASE_TAG": "release-colab_20240501"}
    assert fake.detect().environment.hosted == "Google Colab"


def test_cuda_toolkit_and_cudnn(fake, tmp_path):
    fake.program(
        "nvcc",
        "echo 'nvcc: NVIDIA (R) Cuda compiler driver'; "
        "echo 'Cuda compilation tools, release 12.2, V12.2.140'",
    )
    fake.file(
        "usr/include/cudnn_version.h",
        "#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 1\n#define CUDNN_PATCHLEVEL 0\n",
    )
    machine = fake.detect()
    assert machine.cuda.version == "12.2.140"
    assert machine.cudnn[0].version == "9.1.0"
    fake.env["CUDA_HOME"] = str(tmp_path / "cuda")
    assert fake.detect().cuda.version == "12.2.140"  # a stale CUDA_HOME
    (tmp_path / "cuda").mkdir()
    (tmp_path / "cuda/version.json").write_text(
        '{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}}'
    )
    assert fake.detect().cuda.version == "12.4.1"


def test_old_toolkit_in_the_usual_place(fake):
    fake.file("usr/local/cuda/version.txt", "CUDA Version 10.2.89\n")
    assert fake.detect().cuda.version == "10.2.89"


@pytest.mark.parametrize("path", [{}, {"PATH": ""}])
def test_no_tools_at_all(fake, path):
    fake.env = dict(path)
    machine = fake.detect()
    assert machine.gpus == ()
    assert machine.problems == ()
    assert (machine.nvidia, machine.cuda, machine.cudnn, machine.rocm) == (None, None, (), None)
    assert (machine.python, machine.packages, machine.environment.kind) == (None, None, None)
    assert machine.memory.total_bytes is None
    assert alerts(machine) == [
        "No GPU detected. Training will run on CPU and be significantly slower."
    ]


def test_everything_hangs_and_the_report_still_comes(fake):
    for name in ("nvidia-smi", "nvcc", "rocm-smi", "rocminfo", "python3", "sysctl", "sw_vers"):
        fake.program(name, "exec /bin/sleep 321")
    start = time.monotonic()
    machine = fake.detect(system="Darwin")
    assert time.monotonic() - start < 60
    assert len(alerts(machine)) == 4  # no GPU; python3, nvidia-smi and rocm-smi did not answer


def test_this_machine():
    machine = detect_machine()
    assert machine.memory.total_bytes > 2**28
    assert machine.cpu.usable_cores >= 1
    assert machine.disk.total_bytes >= machine.disk.free_bytes
    assert machine.python is not None
    assert not any("Error" in problem for problem in machine.problems)


def test_a_current_folder_that_is_gone(fake, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    machine = detect_machine(root=fake.root, env=fake.env)
    assert machine.disk is None or machine.disk.total_bytes
