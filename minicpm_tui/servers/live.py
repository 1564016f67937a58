"""What a running server does now: figures between two readings, GPUs, how long it is up."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from minicpm_tui.i18n import _
from minicpm_tui.servers import endpoints, gpus, metrics, registry
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.servers.local import STATE_TITLES, LocalServer
from minicpm_tui.servers.metrics import Figures, Reading
from minicpm_tui.text import format_bytes, format_duration

_BETWEEN = 1.0


@dataclass(frozen=True)
class Status:
    """``gpus`` are those that the server was given."""

    server: LocalServer
    uptime_seconds: float | None
    figures: Figures
    gpus: tuple[Gpu, ...]

    @property
    def answers(self) -> bool:
        """True when the server takes requests."""
        return self.server.state == "ready"

    def to_dict(self) -> dict[str, object]:
        """As ``servers status --json`` prints it."""
        server = self.server
        return {
            "id": server.id,
            "url": server.url,
            "model": server.model,
            "state": server.state,
            "uptime_seconds": self.uptime_seconds,
            **asdict(self.figures),
            "gpus": [gpu.to_dict() for gpu in self.gpus],
        }

    def lines(self) -> list[tuple[str, str]]:
        """Name and text of each figure that is known, for people."""
        figures = self.figures
        found = [
            (_("server"), f"{self.server.id}  {self.server.url}  {self.server.model}"),
            (_("state"), _(STATE_TITLES[self.server.state])),
            (_("uptime"), format_duration(self.uptime_seconds) if self.uptime_seconds is not None else ""),
            (_("running requests"), _number(figures.running)),
            (_("queued requests"), _number(figures.waiting)),
            (_("KV cache in use"), _share(figures.kv_cache_usage)),
            (_("prompt tokens/s"), _rate(figures.prompt_tokens_per_second)),
            (_("generated tokens/s"), _rate(figures.generation_tokens_per_second)),
            (_("time to first token"), f"{figures.ttft_p50_seconds:.2f} s" if figures.ttft_p50_seconds is not None else ""),
            (_("prefix cache hits"), _share(figures.prefix_cache_hit_rate)),
            (_("media cache hits"), _share(figures.mm_cache_hit_rate)),
        ]
        found += [(f"GPU {gpu.index}", f"{gpu.name}  {gpu_text(gpu)}") for gpu in self.gpus]
        return [(name, text) for name, text in found if text]


def gpu_text(gpu: Gpu) -> str:
    """``60.1 GB of 85.5 GB  97 %  61 °C``"""
    memory = _("{used} of {total}").format(used=format_bytes(gpu.memory_used), total=format_bytes(gpu.memory_total))
    load = f"{gpu.utilization} %" if gpu.utilization is not None else ""
    heat = f"{gpu.temperature} °C" if gpu.temperature is not None else ""
    return "  ".join(part for part in (memory, load, heat) if part)


def read(url: str, key: str = "", seconds: float = 2.0) -> Reading | None:
    """One reading of ``/metrics`` below ``url``; None when it does not answer in time. Blocking."""
    answer = endpoints.get(url, "/metrics", key, seconds)
    if answer is None or answer[0] != 200:
        return None
    return metrics.parse(answer[1].decode("utf-8", "replace"))


def gpus_of(server: LocalServer) -> tuple[Gpu, ...]:
    """The GPUs that the server was given; all of them when it was not restricted."""
    record = registry.load(server.id)
    visible = record.environment.get("CUDA_VISIBLE_DEVICES") if record else None
    found = gpus.gpus(with_processes=False)
    try:
        return tuple(gpus.select(found, tuple(visible.split(",")) if visible else None))
    except LookupError:
        return tuple(found)


def status(server: LocalServer, between: float = _BETWEEN) -> Status:
    """Figures of a server; rates need two readings ``between`` seconds apart. Blocking."""
    first = read(server.url, server.key) if server.state == "ready" else None
    second = None
    if first:
        time.sleep(between)
        second = read(server.url, server.key)
    figures = metrics.figures(second, first) if second else Figures()
    uptime = round(time.time() - server.started, 1) if server.live else None
    return Status(server, uptime, figures, gpus_of(server))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
