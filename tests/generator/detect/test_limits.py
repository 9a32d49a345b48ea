"""What control groups leave of memory and processor, in trees like those of real containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_template.detect.cgroups import control_groups
from ml_template.detect.cpu import count_cpu_list, detect_cpu
from ml_template.detect.memory import detect_memory

GIB = 2**30
TOTAL = 65805536 * 1024
NO_LIMIT = "9223372036854771712\n"
V2_MOUNT = (
    "31 23 0:26 {shown} /sys/fs/cgroup ro,nosuid,nodev,noexec - cgroup2 cgroup rw,nsdelegate\n"
)
V1_MOUNT = (
    "35 31 0:32 {shown} /sys/fs/cgroup/{name} ro,nosuid,nodev - cgroup cgroup rw,{controllers}\n"
)


@pytest.fixture
def tree(fake):
    fake.file("proc/meminfo", (Path(__file__).parent / "recorded/cgroup/meminfo").read_text())
    fake.file(
        "proc/cpuinfo",
        "".join(
            f"processor\t: {n}\nmodel name\t: AMD EPYC 7543\n"
            f"physical id\t: {n // 4}\ncore id\t\t: {n % 2}\n\n"
            for n in range(8)
        ),
    )
    fake.file("proc/self/status", "Name:\tpython\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n")
    return fake


def v2(tree, group="/", shown="/"):
    tree.file("proc/self/cgroup", f"0::{group}\n")
    tree.file("proc/self/mountinfo", V2_MOUNT.format(shown=shown))


def v1(tree, group, shown="/"):
    tree.file(
        "proc/self/cgroup",
        f"9:memory:{group}\n4:cpu,cpuacct:{group}\n1:name=systemd:{group}\n0::/\n",
    )
    tree.file(
        "proc/self/mountinfo",
        V1_MOUNT.format(shown=shown, name="memory", controllers="memory")
        + V1_MOUNT.format(shown=shown, name="cpu,cpuacct", controllers="cpu,cpuacct"),
    )


def test_no_control_groups(tree):
    memory = detect_memory(tree.root)
    assert memory.total_bytes == memory.usable_bytes == TOTAL
    assert memory.available_bytes == 60123456 * 1024
    assert memory.limit_bytes is None
    cpu = detect_cpu(tree.root)
    assert (cpu.model, cpu.physical_cores, cpu.logical_cores) == ("AMD EPYC 7543", 4, 8)
    assert (cpu.affinity, cpu.quota, cpu.usable_cores) == (8, None, 8)


def test_v2_container(tree):
    v2(tree)
    tree.file("sys/fs/cgroup/memory.max", f"{8 * GIB}\n")
    tree.file("sys/fs/cgroup/memory.current", f"{3 * GIB}\n")
    tree.file("sys/fs/cgroup/memory.stat", f"anon 12\ninactive_file {GIB}\n")
    tree.file("sys/fs/cgroup/cpu.max", "250000 100000\n")
    memory = detect_memory(tree.root)
    assert (memory.limit_bytes, memory.usable_bytes) == (8 * GIB, 8 * GIB)
    assert memory.available_bytes == 6 * GIB  # cached files are given back before anybody is killed
    assert memory.limit_source == "cgroup v2"
    cpu = detect_cpu(tree.root)
    assert (cpu.quota, cpu.usable_cores) == (2.5, 2)


def test_v2_the_tightest_of_nested_groups_counts(tree):
    v2(tree, "/system.slice/slurmstepd.scope/job_42/step_0")
    base = "sys/fs/cgroup/system.slice"
    tree.file(f"{base}/memory.max", f"{40 * GIB}\n")
    tree.file(f"{base}/slurmstepd.scope/memory.max", "max\n")
    tree.file(f"{base}/slurmstepd.scope/job_42/memory.max", f"{16 * GIB}\n")
    tree.file(f"{base}/slurmstepd.scope/job_42/step_0/memory.max", "max\n")
    tree.file(f"{base}/slurmstepd.scope/job_42/cpu.max", "max 100000\n")
    tree.file(f"{base}/cpu.max", "50000 100000\n")
    assert detect_memory(tree.root).limit_bytes == 16 * GIB
    cpu = detect_cpu(tree.root)
    assert (cpu.quota, cpu.usable_cores) == (0.5, 1)


def test_v2_limits_above_the_machines_memory_are_none(tree):
    v2(tree)
    tree.file("sys/fs/cgroup/memory.max", f"{1024 * GIB}\n")
    assert detect_memory(tree.root).limit_bytes is None


def test_v2_host_path_in_a_container_without_a_namespace(tree):
    v2(tree, "/docker/0123abc", shown="/docker/0123abc")
    tree.file("sys/fs/cgroup/memory.max", f"{2 * GIB}\n")
    memory = detect_memory(tree.root)
    assert memory.limit_bytes == 2 * GIB
    assert memory.available_bytes == 2 * GIB  # the group's usage is not told, the limit still holds


def test_v2_group_outside_the_namespace(tree):
    v2(tree, "/../../user.slice", shown="/../..")
    tree.file("sys/fs/cgroup/memory.max", f"{2 * GIB}\n")
    assert detect_memory(tree.root).limit_bytes == 2 * GIB


def test_v1_container_sees_only_its_own_group(tree):
    v1(tree, "/docker/0123abc", shown="/docker/0123abc")
    tree.file("sys/fs/cgroup/memory/memory.limit_in_bytes", f"{4 * GIB}\n")
    tree.file("sys/fs/cgroup/memory/memory.usage_in_bytes", f"{GIB}\n")
    tree.file("sys/fs/cgroup/memory/memory.stat", f"cache 1\ntotal_inactive_file {GIB // 2}\n")
    tree.file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n")
    tree.file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n")
    memory = detect_memory(tree.root)
    assert (memory.limit_bytes, memory.limit_source) == (4 * GIB, "cgroup v1")
    assert memory.available_bytes == 3 * GIB + GIB // 2
    cpu = detect_cpu(tree.root)
    assert (cpu.quota, cpu.quota_source, cpu.usable_cores) == (3.0, "cgroup v1", 3)


def test_v1_nested_and_unlimited(tree):
    v1(tree, "/slurm/uid_1000/job_42")
    base = "sys/fs/cgroup/memory"
    tree.file(f"{base}/memory.limit_in_bytes", NO_LIMIT)
    tree.file(f"{base}/slurm/memory.limit_in_bytes", NO_LIMIT)
    tree.file(f"{base}/slurm/uid_1000/memory.limit_in_bytes", f"{12 * GIB}\n")
    tree.file(f"{base}/slurm/uid_1000/job_42/memory.limit_in_bytes", NO_LIMIT)
    tree.file("sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us", "-1\n")
    tree.file("sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_period_us", "100000\n")
    assert detect_memory(tree.root).limit_bytes == 12 * GIB
    assert detect_cpu(tree.root).quota is None


def test_v1_limit_of_a_parent_that_is_not_mounted(tree):
    v1(tree, "/docker/0123abc", shown="/docker/0123abc")
    tree.file("sys/fs/cgroup/memory/memory.limit_in_bytes", NO_LIMIT)
    tree.file("sys/fs/cgroup/memory/memory.stat", f"cache 1\nhierarchical_memory_limit {5 * GIB}\n")
    assert detect_memory(tree.root).limit_bytes == 5 * GIB


def test_hybrid_takes_the_tighter_hierarchy(tree):
    tree.file("proc/self/cgroup", "4:memory:/job\n0::/\n")
    tree.file(
        "proc/self/mountinfo",
        V1_MOUNT.format(shown="/", name="memory", controllers="memory")
        + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
    )
    tree.file("sys/fs/cgroup/memory/job/memory.limit_in_bytes", f"{GIB}\n")
    tree.file("sys/fs/cgroup/unified/memory.max", f"{3 * GIB}\n")
    assert detect_memory(tree.root).limit_bytes == GIB


def test_masked_mountinfo(tree):
    tree.file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
    tree.file("sys/fs/cgroup/memory.max", f"{GIB}\n")
    assert detect_memory(tree.root).limit_bytes == GIB


def test_affinity(tree):
    tree.file("proc/self/status", "Cpus_allowed_list:\t0-1,6\n")
    cpu = detect_cpu(tree.root)
    assert (cpu.affinity, cpu.usable_cores) == (3, 3)


@pytest.mark.parametrize("text", ["", "x", "3-1", "1,,2", "1-2-3", "-1"])
def test_cpu_lists_that_are_none(text):
    assert count_cpu_list(text) is None


@pytest.mark.parametrize("text", ["", "-5", "0x10", "1e9", "\x00\xff", "12 34"])
def test_broken_limit_files(tree, text):
    v2(tree)
    tree.file("sys/fs/cgroup/memory.max", text)
    tree.file("sys/fs/cgroup/cpu.max", text if text != "12 34" else "0 0")
    tree.file("proc/meminfo", text)
    assert detect_memory(tree.root).limit_bytes is None
    assert detect_memory(tree.root).total_bytes is None
    assert detect_cpu(tree.root).quota is None


def test_escaped_mount_point(tree):
    tree.file("proc/self/cgroup", "0::/\n")
    tree.file(
        "proc/self/mountinfo", r"31 23 0:26 / /sys/my\040cgroup rw - cgroup2 cgroup rw" + "\n"
    )
    (group,) = control_groups(tree.root, "memory")
    assert group.folders == (tree.root / "sys/my cgroup",)
