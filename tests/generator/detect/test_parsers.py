"""No parser raises, whatever bytes come; a program's output is decoded before it is parsed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_template.detect import apple, cpu, cuda, frameworks, interpreter, memory, nvidia, rocm, text

PARSERS = {
    "nvidia query": nvidia.parse_gpu_query,
    "nvidia list": nvidia.parse_gpu_list,
    "nvidia summary": nvidia.parse_summary,
    "nvidia kernel": nvidia.kernel_driver,
    "nvcc": cuda.parse_nvcc,
    "toolkit": cuda.parse_toolkit_version,
    "cudnn": cuda.parse_cudnn_header,
    "rocm-smi": rocm.parse_rocm_smi,
    "rocminfo": rocm.parse_rocminfo,
    "rocm release": rocm.parse_release,
    "sysctl": apple.parse_sysctl,
    "meminfo": memory.parse_meminfo,
    "cpuinfo": cpu.parse_cpuinfo,
    "cpu list": cpu.count_cpu_list,
    "inventory": interpreter.parse_inventory,
    "torch version": frameworks.parse_torch_version_file,
    "number": text.whole_number,
    "version": text.version_tuple,
    "one line": text.one_line,
    "first line": text.first_line,
}
RECORDED = sorted(
    path for path in (Path(__file__).parent / "recorded").rglob("*") if path.is_file()
)


@pytest.mark.parametrize("name", PARSERS)
@given(raw=st.binary(max_size=400))
def test_arbitrary_bytes(name, raw):
    PARSERS[name](text.decode(raw))


@given(data=st.data())
def test_recorded_output_damaged(data):
    """Real output with a piece cut out and rubbish in its place: half lines, half numbers."""
    raw = data.draw(st.sampled_from(RECORDED)).read_bytes()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    rubbish = data.draw(st.binary(max_size=8))
    damaged = text.decode(raw[:start] + rubbish + raw[end:])
    for parser in PARSERS.values():
        parser(damaged)
    gpus = (*nvidia.parse_gpu_query(damaged)[0], *rocm.parse_rocm_smi(damaged)[0])
    for gpu in gpus:
        assert gpu.name.isprintable()
        assert gpu.memory_bytes is None or gpu.memory_bytes >= 0
        json.dumps(gpu.name)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=40)
@given(card=json_values, system=json_values, cuda_value=json_values)
def test_json_of_any_shape(card, system, cuda_value):
    rocm.parse_rocm_smi(json.dumps({"card0": card, "system": system}))
    cuda.parse_toolkit_version(json.dumps({"cuda": cuda_value}))
    cuda.parse_toolkit_version(json.dumps({"cuda": {"version": cuda_value}}))
    cuda.parse_toolkit_version(json.dumps(cuda_value))
    interpreter.parse_inventory("ml-template-inventory:" + json.dumps(card))


@pytest.mark.parametrize("deep", ["[" * 100_000, "{" * 100_000, '{"a":' * 50_000])
def test_deep_nesting(deep):
    assert rocm.parse_rocm_smi(deep) == ((), None)
    assert cuda.parse_toolkit_version(deep) is None
    assert interpreter.parse_inventory("ml-template-inventory:" + deep) is None


@given(st.text())
def test_one_line_is_printable_and_short(line):
    shown = text.one_line(line, limit=40)
    assert len(shown) <= 40
    assert "\n" not in shown
    assert "\x1b" not in shown
    shown.encode("utf-8")


def test_utf_16_output_of_windows_tools():
    row = "0, GPU-aa, NVIDIA RTX A4000, 16376, 551.61, 8.6, [N/A]\r\n"
    (gpu,), rubbish = nvidia.parse_gpu_query(text.decode(row.encode("utf-16")))
    assert (gpu.name, rubbish) == ("NVIDIA RTX A4000", "")
