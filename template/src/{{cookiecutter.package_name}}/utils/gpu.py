"""Which GPUs there are, and how busy they are, through PyTorch and NVML.

Source: NVIDIA Management Library, `nvmlDeviceGetUtilizationRates`, `nvmlDeviceGetMemoryInfo`; the
package is nvidia-ml-py, which imports as ``pynvml`` and is optional.
"""

import logging
from typing import Any

import torch

from .hardware import TOOL_TIMEOUT_S, answer_within

log = logging.getLogger(__name__)

CUDA_TIMEOUT_S = 10.0  # the first CUDA call on a node with eight cold GPUs takes seconds
GIB = 2**30


class GpuSampler:
    """Reads one GPU's load; a sampler without NVML or GPU returns nothing and costs nothing.

    Args:
        device: The device that training runs on.
    """

    def __init__(self, device: torch.device) -> None:
        self._nvml: Any = None
        self._handle: Any = None
        if device.type != "cuda":
            return
        try:
            import pynvml

            pynvml.nvmlInit()
            # By UUID: NVML counts all GPUs, torch those in CUDA_VISIBLE_DEVICES.
            uuid = torch.cuda.get_device_properties(device).uuid
            self._handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
            self._nvml = pynvml
        except Exception as error:  # no package, no driver, MIG, ROCm: all mean no samples
            log.debug("no GPU samples: %s", error)

    def sample(self) -> dict[str, float]:
        """Reads the GPU once.

        Returns:
            ``perf/gpu_utilization`` (percent of the last sampling period in which a kernel ran) and
            ``perf/gpu_memory_used_gib`` (of all processes on the GPU); empty without NVML.
        """
        if self._nvml is None:
            return {}
        try:
            utilization = self._nvml.nvmlDeviceGetUtilizationRates(self._handle)
            memory = self._nvml.nvmlDeviceGetMemoryInfo(self._handle)
        except Exception as error:  # a driver that was reset stays silent from here on
            log.warning("NVML stopped answering (%s): no more GPU samples", error)
            self._nvml = None
            return {}
        return {
            "perf/gpu_utilization": float(utilization.gpu),
            "perf/gpu_memory_used_gib": memory.used / GIB,
        }


def gpu_report() -> dict[str, Any]:
    """Reports the GPUs that PyTorch can use, and those that only the driver sees.

    Returns:
        ``cuda_available``, ``mps``, ``cuda``, ``cudnn`` and ``hip`` (versions PyTorch was built
        with), ``driver``, ``devices`` (``name``, ``memory`` in bytes, ``capability``),
        ``seen_by_driver`` (a count), and ``note`` when CUDA did not answer in time.
    """
    hung: dict[str, Any] = {"note": f"CUDA did not answer within {CUDA_TIMEOUT_S:.0f} s"}
    report: dict[str, Any] = {
        "cuda_available": False, "cuda": None, "cudnn": None, "hip": None, "mps": False,
        "devices": [], "note": None,
    }  # fmt: skip
    report.update(answer_within(CUDA_TIMEOUT_S, _ask_torch, hung))
    nvml = answer_within(TOOL_TIMEOUT_S, _ask_nvml, {"driver": None, "count": 0})
    report.update(driver=nvml["driver"], seen_by_driver=nvml["count"])
    return report


def _ask_torch() -> dict[str, Any]:
    devices = []
    available = torch.cuda.is_available()
    for index in range(torch.cuda.device_count() if available else 0):
        properties = torch.cuda.get_device_properties(index)
        devices.append(
            {
                "name": properties.name,
                "memory": int(properties.total_memory),
                "capability": f"{properties.major}.{properties.minor}",
            }
        )
    return {
        "cuda_available": available,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if available else None,
        "hip": torch.version.hip,
        "mps": torch.backends.mps.is_available(),
        "devices": devices,
    }


def _ask_nvml() -> dict[str, Any]:
    import pynvml

    pynvml.nvmlInit()
    version = pynvml.nvmlSystemGetDriverVersion()
    driver = version.decode() if isinstance(version, bytes) else str(version)
    return {"driver": driver, "count": int(pynvml.nvmlDeviceGetCount())}
