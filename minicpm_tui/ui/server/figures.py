"""Live figures of a server, with short histories."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Sparkline, Static

from minicpm_tui.i18n import _
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.servers.live import gpu_text
from minicpm_tui.servers.metrics import Figures, History, Reading

_READINGS = 60
_HISTORIES = ("generation_tokens_per_second", "kv_cache_usage", "running")


class FiguresView(Vertical):
    """Requests, tokens per second, caches and GPUs. ``add`` brings a new reading."""

    DEFAULT_CSS = """
    FiguresView { height: auto; }
    FiguresView Sparkline { height: 1; width: 1fr; margin: 0 0 0 2; }
    FiguresView Static { height: auto; }
    FiguresView #gpus { margin: 1 0 0 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.history = History(_READINGS)

    def compose(self) -> ComposeResult:
        for name in _HISTORIES:
            yield Static("", id=f"text-{name}", markup=False)
            yield Sparkline([0.0], id=name)
        yield Static("", id="rest", markup=False)
        yield Static("", id="gpus", markup=False)

    def add(self, reading: Reading | None, gpus: tuple[Gpu, ...]) -> None:
        """Show a reading; None when the server did not answer."""
        if reading is None:
            self.query_one("#rest", Static).update(_("  /metrics does not answer"))
            return
        now = self.history.add(reading)
        texts = {
            "generation_tokens_per_second": _line(_("tokens/s"), _rates(now)),
            "kv_cache_usage": _line(_("KV cache"), _share(now.kv_cache_usage)),
            "running": _line(_("requests"), _requests(now)),
        }
        for name, text in texts.items():
            self.query_one(f"#text-{name}", Static).update(text)
            series = self.history.series(name)
            self.query_one(f"#{name}", Sparkline).data = [0.0] * (_READINGS - len(series)) + series
        self.query_one("#rest", Static).update(Content("\n").join(_rest(now)))
        self.query_one("#gpus", Static).update("\n".join(f"  GPU {gpu.index}  {gpu.name}\n  {gpu_text(gpu)}" for gpu in gpus))


def _line(label: str, value: str) -> Content:
    return Content.assemble((f"  {label}  ", "$muted"), (value, "bold"))


def _rates(now: Figures) -> str:
    if now.generation_tokens_per_second is None:
        return "—"
    text = _("{generated:.0f} generated, {prompt:.0f} prompt")
    return text.format(generated=now.generation_tokens_per_second, prompt=now.prompt_tokens_per_second or 0.0)


def _requests(now: Figures) -> str:
    return _("{running} running, {waiting} queued").format(running=now.running or 0, waiting=now.waiting or 0)


def _rest(now: Figures) -> list[Content]:
    lines = []
    if now.ttft_p50_seconds is not None:
        lines.append(_line(_("first token"), f"{now.ttft_p50_seconds:.2f} s"))
    if now.prefix_cache_hit_rate is not None:
        lines.append(_line(_("prefix cache hits"), _share(now.prefix_cache_hit_rate)))
    if now.mm_cache_hit_rate is not None:
        lines.append(_line(_("media cache hits"), _share(now.mm_cache_hit_rate)))
    return lines


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"
