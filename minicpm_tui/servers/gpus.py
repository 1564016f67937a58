"""GPUs as NVML shows them: name, memory, use, and who uses them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from minicpm_tui.servers import processes


@dataclass(frozen=True)
class GpuProcess:
    """A process on a GPU; ``memory`` is in bytes, None where the driver does not tell."""

    pid: int
    name: str
    memory: int | None


@dataclass(frozen=True)
class Gpu:
    """One GPU. Memory in bytes, ``utilization`` in percent, ``temperature`` in °C; None where the driver does not tell."""

    index: int
    uuid: str
    name: str
    memory_used: int
    memory_total: int
    utilization: int | None = None
    temperature: int | None = None
    compute: tuple[int, int] | None = None
    processes: tuple[GpuProcess, ...] = ()

    @property
    def memory_free(self) -> int:
        """Bytes that no process holds."""
        return self.memory_total - self.memory_used

    def to_dict(self) -> dict[str, object]:
        """As the contract's JSON has it."""
        return {
            "index": self.index,
            "name": self.name,
            "memory_used": self.memory_used,
            "memory_total": self.memory_total,
            "utilization": self.utilization,
            "temperature": self.temperature,
            "uuid": self.uuid,
            "processes": [asdict(process) for process in self.processes],
        }


def gpus(*, with_processes: bool = True) -> list[Gpu]:
    """The GPUs that the driver shows; empty when there is none or no driver. Takes some milliseconds: not on the event loop."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [_read(pynvml, index, with_processes) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def _read(nvml: Any, index: int, with_processes: bool) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)

    def ask(function: Any, *arguments: Any) -> Any:
        try:
            return function(handle, *arguments)
        except nvml.NVMLError:
            return None

    rates = ask(nvml.nvmlDeviceGetUtilizationRates)
    return Gpu(
        index=index,
        uuid=_text(ask(nvml.nvmlDeviceGetUUID)),
        name=_text(nvml.nvmlDeviceGetName(handle)),
        memory_used=int(memory.used),
        memory_total=int(memory.total),
        utilization=rates.gpu if rates else None,
        temperature=ask(nvml.nvmlDeviceGetTemperature, nvml.NVML_TEMPERATURE_GPU),
        compute=ask(nvml.nvmlDeviceGetCudaComputeCapability),
        processes=tuple(_processes(ask(nvml.nvmlDeviceGetComputeRunningProcesses) or ())) if with_processes else (),
    )


def _processes(found: Any) -> list[GpuProcess]:
    return [GpuProcess(entry.pid, processes.name(entry.pid), entry.usedGpuMemory) for entry in found]


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")


def select(found: list[Gpu], wanted: tuple[str, ...] | None) -> list[Gpu]:
    """The GPUs that indices or (beginnings of) UUIDs name, in that order; all of them when ``wanted`` is None.

    Raises LookupError with the name that means nothing here.
    """
    if wanted is None:
        return found
    chosen = []
    for name in wanted:
        match = next((gpu for gpu in found if str(gpu.index) == name or (len(name) > 3 and gpu.uuid.startswith(name))), None)
        if match is None:
            raise LookupError(name)
        chosen.append(match)
    return chosen


def freest(found: list[Gpu], count: int = 1) -> list[Gpu]:
    """The ``count`` GPUs with the most free memory, in the order of their indices."""
    chosen = sorted(found, key=lambda gpu: (-gpu.memory_free, gpu.index))[:count]
    return sorted(chosen, key=lambda gpu: gpu.index)
