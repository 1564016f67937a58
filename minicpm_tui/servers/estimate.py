"""Whether a model fits before it is started: weights, activations and KV cache against the GPU's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.families import Family
from minicpm_tui.families.recognise import read_config
from minicpm_tui.i18n import _
from minicpm_tui.servers import numa, remedy
from minicpm_tui.servers.discovery import Vllm
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.servers.memory_share import memory_share
from minicpm_tui.servers.remedy import Remedy
from minicpm_tui.servers.shape import Shape, measure
from minicpm_tui.servers.values import tokens, write
from minicpm_tui.text import format_bytes

_BASE = 600 << 20  # CUDA context, NCCL and allocator slack beside what is counted
_CPU_BASE = 700 << 20
_CPU_PROCESSES = 1536 << 20  # what vLLM's own processes hold by the time that it looks how much is free
_GRAPHS = 300 << 20  # vLLM takes the graphs' memory from the same share since 0.20
_DEFAULT_SEQS = 256


@dataclass(frozen=True)
class Estimate:
    """Bytes for each GPU, lengths in tokens. ``fits`` is None when there is no device.

    ``kv_bytes`` is what stays for the KV cache of one GPU, ``missing`` how much too little memory there is.
    ``rough`` marks hybrid models, whose state is not a plain KV cache.
    """

    fits: bool | None
    weights_bytes: int
    kv_bytes_per_token: int
    kv_bytes: int | None
    kv_tokens: int | None
    gpu_free_bytes: int | None
    largest_max_model_len: int | None
    max_model_len: int | None
    missing: int
    rough: bool
    message: str
    remedies: tuple[Remedy, ...]

    def to_dict(self) -> dict[str, object]:
        """As ``serve --check --json`` prints it."""
        return {
            "fits": self.fits,
            "weights_bytes": self.weights_bytes,
            "kv_bytes_per_token": self.kv_bytes_per_token,
            "kv_bytes": self.kv_bytes,
            "kv_tokens": self.kv_tokens,
            "gpu_free_bytes": self.gpu_free_bytes,
            "largest_max_model_len": self.largest_max_model_len,
            "max_model_len": self.max_model_len,
            "missing_bytes": self.missing,
            "rough": self.rough,
            "message": self.message,
            "remedies": [found.to_dict() for found in self.remedies],
        }


@dataclass(frozen=True)
class Device:
    """What the model must fit on: ``count`` equal devices, the smallest one's bytes."""

    total: int
    free: int
    count: int = 1
    cpu: bool = False


def devices(gpus: Sequence[Gpu], vllm: Vllm | None, count: int = 0) -> Device | None:
    """The GPUs together, or the memory for a vLLM of the processor; None when there is neither.

    ``count`` is how many GPUs the machine has, where ``gpus`` are only some of them.
    """
    if vllm and vllm.cpu:
        total, available = numa.memory()
        return Device(total, max(0, available - _CPU_PROCESSES), cpu=True)
    if not gpus:
        return None
    return Device(min(gpu.memory_total for gpu in gpus), min(gpu.memory_free for gpu in gpus), max(count, len(gpus)))


def estimate(form: Form, folder: Path, family: Family, device: Device | None, version: str = "") -> Estimate:
    """What ``form`` (with its preset applied) needs on ``device``. Raises ValueError without a usable config."""
    options = form.options
    dtype, kv_dtype = write(options.get("dtype", "auto")), write(options.get("kv-cache-dtype", "auto"))
    shape = measure(read_config(folder), folder, kv_dtype=kv_dtype, dtype=dtype)
    wanted = tokens(options.get("max-model-len"))
    wanted = wanted if wanted is not None or "max-model-len" in options else shape.context or family.context
    if device is None:
        message = _("no GPU here to compare with: the weights take {weights}").format(weights=format_bytes(shape.weights))
        return Estimate(None, shape.weights, shape.kv_per_token, None, None, None, None, wanted, 0, shape.rough, message, ())
    return _against(form, shape, family, device, wanted, version)


def _against(form: Form, shape: Shape, family: Family, device: Device, wanted: int | None, version: str) -> Estimate:
    split = max(1, _int(form, "tensor-parallel-size", 1) * _int(form, "pipeline-parallel-size", 1))
    share = _share(form, version)
    budget = int(device.total * share)
    used = shape.weights // split + _overhead(form, shape, device)
    per_token = max(1, shape.kv_per_token // split)
    kv_bytes = max(0, budget - used)
    fixed = "kv-cache-memory-bytes" in form.options
    if fixed:
        kv_bytes = min(_int(form, "kv-cache-memory-bytes", 0), max(0, device.total - used))
    largest = kv_bytes // per_token // 16 * 16
    if context := shape.context or family.context:
        largest = min(largest, context)
    needed = used + (wanted or 1) * per_token
    busy = 0 if device.cpu and fixed else max(0, budget - device.free)  # vLLM does not look then (v1/worker/cpu_worker.py)
    missing = max(0, needed - budget)
    fits = not missing and not busy and largest > 0
    return Estimate(
        fits=fits,
        weights_bytes=shape.weights,
        kv_bytes_per_token=shape.kv_per_token,
        kv_bytes=kv_bytes * split,
        kv_tokens=kv_bytes // per_token,
        gpu_free_bytes=device.free,
        largest_max_model_len=largest,
        max_model_len=wanted,
        missing=missing or busy,
        rough=shape.rough,
        message=_message(fits, missing, busy, largest, device, share),
        remedies=() if fits else tuple(_remedies(form, shape, family, device, used, largest, missing, busy)),
    )


def _message(fits: bool, missing: int, busy: int, largest: int, device: Device, share: float) -> str:
    if fits:
        return _("it fits: conversations of up to {tokens} tokens").format(tokens=largest)
    if missing:
        return _("too big by {bytes} for {share:.0%} of {total}").format(
            bytes=format_bytes(missing), share=share, total=format_bytes(device.total)
        )
    return _("other programs hold too much memory: {bytes} too little is free").format(bytes=format_bytes(busy))


def _remedies(
    form: Form, shape: Shape, family: Family, device: Device, used: int, largest: int, missing: int, busy: int
) -> list[Remedy]:
    found = []
    if missing and largest >= 1024:
        found.append(remedy.longer(largest // 256 * 256))
    if busy and (share := int((device.free - (256 << 20)) / device.total * 100) / 100) > 0 and share * device.total > used:
        found.append(remedy.utilization(share))
    if missing and not busy and used < device.total * 0.95 and _share(form, "") < 0.95 and device.free > device.total * 0.96:
        found.append(remedy.utilization(0.95))
    if missing and (visible := device.count) > _int(form, "tensor-parallel-size", 1):
        found.append(remedy.several_gpus(2 if visible < 4 else 4))
    if missing and not shape.quantised and shape.weights > 2 << 30:
        found.extend(remedy.quantised(family, device.free))
    return found


def _overhead(form: Form, shape: Shape, device: Device) -> int:
    """Peak activations of the profiling run: the feed-forward layer's two halves for a full step, and the logits in 32 bits."""
    if device.cpu:
        return _CPU_BASE
    default = 8192 if device.total >= 70 << 30 else 2048
    batched = _int(form, "max-num-batched-tokens", default)
    sequences = _int(form, "max-num-seqs", _DEFAULT_SEQS)
    graphs = 0 if form.options.get("enforce-eager") is True else _GRAPHS
    return _BASE + graphs + batched * shape.intermediate * 4 + sequences * shape.vocabulary * 4


def _share(form: Form, version: str) -> float:
    return memory_share(form.options.get("gpu-memory-utilization"), version)


def _int(form: Form, name: str, default: int) -> int:
    value = tokens(form.options.get(name))
    return default if value is None else value
