"""nvidia-smi in every condition that it is met in."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ml_template.detect import alerts

NO_GPU = "No GPU detected. Training will run on CPU and be significantly slower."


def test_one_gpu(fake):
    fake.nvidia_smi("one")
    machine = fake.detect()
    (gpu,) = machine.gpus
    assert (gpu.vendor, gpu.index, gpu.name) == ("nvidia", 0, "NVIDIA A100-SXM4-40GB")
    assert gpu.memory_bytes == 40 * 2**30
    assert (gpu.driver, gpu.compute_capability) == ("535.161.08", "8.0")
    assert gpu.mig_enabled is False
    assert machine.nvidia.version == "535.161.08"
    assert machine.nvidia.cuda == "12.2"
    assert machine.problems == ()
    assert NO_GPU not in alerts(machine)


def test_several_gpus_with_values_that_are_not_known(fake):
    fake.nvidia_smi("several")
    machine = fake.detect()
    assert [gpu.name for gpu in machine.gpus] == [
        "NVIDIA GeForce RTX 5090",
        "Tesla V100-PCIE-16GB",
        "NVIDIA GH200 480GB",
    ]
    assert [gpu.memory_bytes for gpu in machine.gpus] == [32607 << 20, 16384 << 20, None]
    assert [gpu.mig_enabled for gpu in machine.gpus] == [None, None, False]
    assert machine.nvidia.cuda == "13.0"


def test_mig(fake):
    fake.nvidia_smi("mig")
    first, second = fake.detect().gpus
    assert first.mig_enabled is True
    assert [device.profile for device in first.mig_devices] == [
        "3g.20gb",
        "1g.5gb+me",
        "1c.2g.10gb",
    ]
    assert first.mig_devices[0].uuid == "MIG-e07a497d-1bb6-5a42-b670-1c33bf55ab6e"
    assert first.mig_devices[2].uuid == "MIG-GPU-fcf41002-68b6-5900-d7d1-74026173bb44/5/0"
    assert second.mig_devices == ()


def test_mig_slice_in_a_container_that_may_not_see_the_cards_memory(fake):
    fake.nvidia_smi("mig-container", summary="mig")
    (gpu,) = fake.detect().gpus
    assert gpu.memory_bytes is None
    assert len(gpu.mig_devices) == 3


def test_a_driver_that_does_not_know_compute_cap_is_asked_again(fake):
    old = Path(__file__).parent / "recorded/nvidia-smi/old-driver.csv"
    fake.program(
        "nvidia-smi",
        'case "$*" in *compute_cap*) echo \'Field "compute_cap" is not a valid field to query.\';'
        f" echo; exit 2;; --query-gpu=*) /bin/cat '{old}';; esac",
    )
    machine = fake.detect()
    assert machine.gpus[0].name == "Tesla K80"
    assert machine.gpus[0].compute_capability is None
    assert machine.nvidia.version == "440.33.01"
    assert machine.problems == ()


@pytest.mark.parametrize(
    ("said", "code", "advice"),
    [
        ("No devices were found", 6, ""),
        (
            "Failed to initialize NVML: Driver/library version mismatch\n"
            "NVML library version: 535.161",
            18,
            "reboot",
        ),
        ("Failed to initialize NVML: Unknown Error", 255, "container"),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
            "Make sure that the latest NVIDIA driver is installed and running.\n",
            9,
            "installed and loaded",
        ),
        ("", 1, "ended with code 1"),
        ("", 0, "printed nothing"),
    ],
)
def test_no_gpu_and_a_reason(fake, said, code, advice):
    fake.program("nvidia-smi", f"/bin/cat <<'END'\n{said}\nEND\nexit {code}")
    machine = fake.detect()
    assert machine.gpus == ()
    found = alerts(machine)
    assert found[0] == NO_GPU
    assert found[1].startswith(
        "nvidia-smi: " + said.splitlines()[0].strip(".") if said else "nvidia-smi: "
    )
    assert advice in found[1]


def test_one_lost_gpu_does_not_hide_the_others(fake):
    fake.program(
        "nvidia-smi",
        "echo 'Unable to determine the device handle for GPU0000:3B:00.0: GPU is lost.  "
        "Reboot the system to recover this GPU';"
        "echo '1, GPU-aa-bb, NVIDIA A100-SXM4-40GB, 40960, 535.161.08, 8.0, Disabled'",
    )
    machine = fake.detect()
    assert [gpu.index for gpu in machine.gpus] == [1]
    assert "GPU is lost" in machine.problems[0]


def test_hung_nvidia_smi_is_killed_with_its_children(fake, tmp_path):
    # A script with a child of its own, both deaf to SIGTERM, as a hung driver makes them.
    fake.program(
        "nvidia-smi",
        f"trap '' TERM; /bin/sleep 321 & echo $! $$ >> {tmp_path}/children; wait",
    )
    start = time.monotonic()
    machine = fake.detect()
    assert time.monotonic() - start < 60
    assert machine.gpus == ()
    assert machine.problems == ("nvidia-smi: did not answer within 2 s",)
    pids = [int(pid) for pid in (tmp_path / "children").read_text().split()]
    assert len(pids) == 6  # the query, the list and the summary, each with its child
    deadline = time.monotonic() + 2
    while any(map(_runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def test_hung_nvidia_smi_with_a_loaded_driver(fake):
    fake.program("nvidia-smi", "exec /bin/sleep 321")
    fake.file(
        "proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  555.58.02  Release Build  "
        "(dvs-builder@U16-I3-B03-4-3)  Tue Jun 25 01:26:03 UTC 2024\n"
        "GCC version:  gcc version 14.2.1 20240801 (Red Hat 14.2.1-1) (GCC)\n",
    )
    information = (
        "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 77\n"
        "GPU UUID: \t GPU-aa-bb\nDevice Minor: \t {}\n"
    )
    fake.file("proc/driver/nvidia/gpus/0000:07:00.0/information", information.format(0))
    fake.file("proc/driver/nvidia/gpus/0000:0f:00.0/information", information.format(1))
    fake.file("dev/nvidia1", "")  # the first card is the host's: not handed to this container
    machine = fake.detect()
    assert [gpu.name for gpu in machine.gpus] == ["NVIDIA H100 80GB HBM3"]
    assert machine.nvidia.version == "555.58.02"
    assert "did not answer" in machine.problems[0]


@pytest.mark.parametrize(
    "body",
    [
        r"printf '\377\376\000\001\200garbage\0\0'",
        r"printf '0, GPU-5c4a8f6e-7f6b, NVIDIA A1'",
        r"printf '\033[31m\033]0;title\007<html>, , , , , ,\n,,,,,,\n'; exit 3",
        "/bin/cat /dev/urandom | /usr/bin/head -c 3000000",
        "printf '9999999999999999999999, GPU-x, y, 1e999, nan, 8.0, Enabled'",
    ],
)
def test_garbage(fake, body):
    fake.program("nvidia-smi", body)
    machine = fake.detect()
    assert machine.gpus == ()
    assert len(machine.problems) == 1
    assert machine.problems[0].isprintable()
    assert alerts(machine)[0] == NO_GPU


def test_a_flood_is_cut_off(fake):
    fake.program(
        "nvidia-smi", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"
    )
    start = time.monotonic()
    assert fake.detect().gpus == ()
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("content", [b"\x7fELF\x01broken", b"#!/no/such/interpreter\n", b""])
def test_a_program_that_can_not_be_run(fake, content):
    path = fake.program("nvidia-smi", "")
    path.write_bytes(content)
    machine = fake.detect()
    assert machine.gpus == ()
    assert len(machine.problems) == 1
