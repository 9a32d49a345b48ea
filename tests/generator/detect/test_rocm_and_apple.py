"""AMD GPUs by rocm-smi and rocminfo, and Apple silicon by sysctl."""

from __future__ import annotations

import pytest

from ml_template.detect import alerts


def test_rocm_smi(fake):
    fake.prints("rocm-smi", "rocm/mi210.json")
    fake.file("opt/rocm/.info/version", "6.2.0-66\n")
    machine = fake.detect()
    assert [gpu.index for gpu in machine.gpus] == [0, 1]
    gpu = machine.gpus[0]
    assert (gpu.vendor, gpu.name) == ("amd", "AMD Instinct MI210")
    assert gpu.compute_capability == "gfx90a"
    assert gpu.memory_bytes == 68_702_699_520
    assert gpu.driver == "6.7.0"
    assert (machine.rocm.version, machine.rocm.driver) == ("6.2.0", "6.7.0")
    assert machine.problems == ()


def test_old_rocm_smi_with_a_warning_before_the_json_is_completed_by_rocminfo(fake):
    fake.prints("rocm-smi", "rocm/old.json")
    fake.prints("rocminfo", "rocm/rocminfo.txt")
    (gpu,) = fake.detect().gpus
    assert gpu.name == "Arcturus GL-XL [AMD Instinct MI100]"
    assert gpu.compute_capability == "gfx908"
    assert gpu.memory_bytes == 34_342_961_152


def test_rocminfo_alone(fake):
    fake.prints("rocminfo", "rocm/rocminfo.txt")
    (gpu,) = fake.detect().gpus
    assert gpu.name == "AMD Instinct MI100"
    assert gpu.memory_bytes == 33_538_048 * 1024
    assert gpu.uuid == "GPU-21e4cb94e63377ab"


def test_rocm_tools_off_the_path(fake):
    fake.program("rocm-smi", f"/bin/cat {fake.prints('rocm-smi-recorded', 'rocm/mi210.json')}")
    target = fake.root / "opt/rocm/bin/rocm-smi"
    target.parent.mkdir(parents=True)
    (fake.programs / "rocm-smi-recorded").rename(target)
    (fake.programs / "rocm-smi").unlink()
    assert len(fake.detect().gpus) == 2


@pytest.mark.parametrize(
    "body",
    [
        "echo 'cat: /sys/module/amdgpu/initstate: No such file or directory' >&2;"
        "echo 'ERROR:root:Driver not initialized (amdgpu not found in modules)' >&2; exit 2",
        'echo \'{"card0": [1, 2], "card1\'',
        "echo '{\"system\": 3}'",
        "printf '\\377\\000{{{{'",
        "exec /bin/sleep 321",
    ],
)
def test_broken_rocm_smi(fake, body):
    fake.program("rocm-smi", body)
    machine = fake.detect()
    assert machine.gpus == ()
    assert machine.problems[0].startswith("rocm-smi: ")


def test_apple_silicon(fake):
    fake.prints("sysctl", "apple/m2-max.sysctl")
    fake.program("sw_vers", "echo 14.5")
    machine = fake.detect(system="Darwin")
    assert (machine.system, machine.release, machine.architecture) == ("macOS", "14.5", "arm64")
    assert machine.mps is True
    assert machine.memory.total_bytes == 64 * 2**30
    assert machine.cpu.model == "Apple M2 Max"
    assert machine.cpu.usable_cores == 12
    (gpu,) = machine.gpus
    assert (gpu.vendor, gpu.name, gpu.memory_bytes) == ("apple", "Apple M2 Max GPU", 64 * 2**30)
    assert not any("No GPU" in alert for alert in alerts(machine))


def test_apple_silicon_before_mps(fake):
    fake.prints("sysctl", "apple/m2-max.sysctl")
    fake.program("sw_vers", "echo 12.2.1")
    assert fake.detect(system="Darwin").mps is False


def test_intel_mac(fake):
    # sysctl leaves out the line of a name that it doesn't know, complains of it and fails.
    recorded = fake.prints("sysctl-recorded", "apple/intel.sysctl")
    fake.program(
        "sysctl", f"{recorded}; echo \"sysctl: unknown oid 'hw.optional.arm64'\" >&2; exit 1"
    )
    machine = fake.detect(system="Darwin")
    assert machine.gpus == ()
    assert machine.mps is False
    assert machine.cpu.physical_cores == 6
    assert alerts(machine)[0].startswith("No GPU detected.")


def test_a_mac_without_any_tool(fake):
    machine = fake.detect(system="Darwin")
    assert machine.memory.total_bytes is None
    assert machine.cpu.usable_cores is None
