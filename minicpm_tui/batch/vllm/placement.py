"""How many workers a batch without a server gets, on which GPUs, and what share of their memory each takes.

Several share a GPU only where they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from minicpm_tui.batch.vllm.options import positive
from minicpm_tui.errors import UsageError
from minicpm_tui.families import Family
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.servers import argv, estimate, gpus
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.servers.memory_share import memory_share
from minicpm_tui.servers.values import tokens
from minicpm_tui.versions import at_least

SHARED_SINCE = "0.10.2"
"""``kv_cache_memory_bytes``: before, a vLLM that starts takes what another on its GPU allocates meanwhile for its own."""
_REQUESTS_PER_GPU = 100
_STEP = "max-num-batched-tokens"
_SHARED_STEP = 4096
_ENCODER_BYTES = (9 << 30) // _SHARED_STEP
"""For each token of a step, beside the estimate: twice what a worker of MiniCPM-V 2.6 took for its pictures, 18 GiB in steps of
16,384 tokens, vLLM's own on a large GPU, at which three of them on an H200 ran out of memory (0.25.1)."""


@dataclass(frozen=True)
class Place:
    """Of one worker: what its environment and the arguments of ``vllm.LLM`` have besides."""

    environ: Mapping[str, str] = field(default_factory=dict)
    engine: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Group:
    """The GPUs of one worker, or of several that share them; none where the driver shows none."""

    gpus: tuple[Gpu, ...]
    form: Form
    folder: Path | None
    family: Family
    version: str

    @property
    def has_room(self) -> bool:
        """Whether the model fits; True where that cannot be known."""
        found = self._estimate(1)
        return found is None or found.fits is not False

    def place(self, sharing: int) -> Place:
        """Of one of so many workers here. Raises UsageError when there is no room for them."""
        environ = argv.gpu_environment([str(gpu.index) for gpu in self.gpus])
        if self.gpus:  # on a CPU, threads are what computes
            environ |= argv.one_thread()
        if sharing == 1:
            return Place(environ)
        step = tokens(self.form.options.get(_STEP)) or _SHARED_STEP
        engine: dict[str, Any] = {"gpu_memory_utilization": self._share(sharing), _STEP.replace("-", "_"): step}
        found = self._estimate(sharing)
        if found is None or found.kv_bytes is None:
            return Place(environ, engine)
        cache = found.kv_bytes // len(self.gpus) - step * _ENCODER_BYTES
        if cache * len(self.gpus) < found.kv_bytes_per_token * (found.max_model_len or 1):
            words = _("no room for {count} workers on one GPU").format(count=sharing)
            raise UsageError(words, hint=_("ask for fewer: --workers {count}").format(count=sharing - 1))
        return Place(environ, {**engine, "kv_cache_memory_bytes": cache})

    def _share(self, count: int) -> float:
        share = memory_share(self.form.options.get("gpu-memory-utilization"), self.version)
        return math.floor(share / count * 1000) / 1000

    def _estimate(self, count: int) -> estimate.Estimate | None:
        if self.folder is None or not self.gpus:
            return None
        form = self.form.with_options({"gpu-memory-utilization": self._share(count)}) if count > 1 else self.form
        try:
            return estimate.estimate(form, self.folder, self.family, estimate.devices(self.gpus, None), self.version)
        except ValueError:
            return None


def places(
    asked: int, folder: Path | None, family: Family, engine: Mapping[str, Any], requests: int, version: str
) -> list[Place]:
    """Where ``asked`` workers go; 0 for one on each GPU that has room for the model, if there are ``requests`` for so many.

    ``folder`` is the model's, where it is on this disk. Raises UsageError when GPUs cannot be shared by so many. Blocks.
    """
    form = Form(options={name.replace("_", "-"): value for name, value in engine.items()})
    groups = [_Group(found, form, folder, family, version) for found in _groups(engine)]
    if not asked:
        wanted = max(1, math.ceil(requests / _REQUESTS_PER_GPU))
        groups = [group for group in groups if group.has_room][:wanted] or groups[:1]  # vLLM says what is missing
        asked = len(groups)
    if asked > len(groups) and groups[0].gpus and not at_least(version, SHARED_SINCE):
        raise UsageError(
            ngettext(
                "vLLM {version} cannot share a GPU: {count} worker at most",
                "vLLM {version} cannot share a GPU: {count} workers at most",
                len(groups),
            ).format(version=version, count=len(groups)),
            hint=_("vLLM {version} can").format(version=SHARED_SINCE),
        )
    counts = [len(range(number, asked, len(groups))) for number in range(len(groups))]
    return [group.place(count) for group, count in zip(groups, counts, strict=True) for _worker in range(count)]


def _groups(engine: Mapping[str, Any]) -> list[tuple[Gpu, ...]]:
    """The GPUs that may be used, as many together as ``engine`` splits the model over; those with the most free memory first."""
    found = gpus.gpus(with_processes=False)
    try:
        found = gpus.select(found, argv.visible_gpus())
    except LookupError:
        found = []
    size = positive(engine, "tensor_parallel_size", 1) * positive(engine, "pipeline_parallel_size", 1)
    free = iter(sorted(found, key=lambda gpu: (-gpu.memory_free, gpu.index)))
    groups = list(iter(lambda: tuple(sorted(islice(free, size), key=lambda gpu: gpu.index)), ()))
    return [group for group in groups if len(group) == size] or [()]
