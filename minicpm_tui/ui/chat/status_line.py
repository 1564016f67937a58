"""The status line: model, server, context, speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from minicpm_tui.i18n import N_, _
from minicpm_tui.text import one_line

State = Literal["connecting", "ready", "waiting", "streaming", "failed"]

_SIGNS: dict[State, tuple[str, str, str]] = {
    "connecting": ("◌", "$text-warning", N_("connecting")),
    "ready": ("●", "$text-success", N_("ready")),
    "waiting": ("◔", "$text-warning", N_("waiting for the first token")),
    "streaming": ("◉", "$text-accent", N_("replying")),
    "failed": ("✗", "$text-error", N_("not connected")),
}


@dataclass(frozen=True)
class Status:
    """What the line says. ``used`` and ``context`` are tokens, ``rate`` tokens/s, ``first_token`` seconds; None: not known."""

    state: State = "connecting"
    model: str = ""
    where: str = ""
    used: int | None = None
    context: int | None = None
    rate: float | None = None
    first_token: float | None = None
    detail: str = ""


class StatusLine(Widget):
    """Leaves out the least important facts where they do not fit."""

    DEFAULT_CSS = "StatusLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }"

    status: reactive[Status] = reactive(Status())

    def render(self) -> RenderResult:
        return line(self.status, self.content_size.width)


def line(status: Status, width: int) -> Content:
    """``status`` in at most ``width`` cells: what matters least is left out first."""
    sign, colour, word = _SIGNS[status.state]
    # text, style, rank: the highest rank goes first when room is short
    pieces: list[tuple[str, str, int]] = [(one_line(status.detail) or _(word), colour, 0 if status.detail else 2)]
    if status.model:
        pieces.append((_model_name(status.model), "bold", 1))
    if status.where:
        pieces.append((one_line(status.where), "$muted", 6))
    if context := _context(status):
        pieces.append((context, _context_style(status), 3))
    if status.rate is not None:
        pieces.append((_("{rate:.0f} tokens/s").format(rate=status.rate), "", 4))
    if status.first_token is not None:
        pieces.append((_("first token {seconds:.2f} s").format(seconds=status.first_token), "$muted", 5))
    while len(pieces) > 1 and sum(cell_len(text) + 3 for text, _style, _rank in pieces) - 1 > width:
        pieces.remove(max(pieces, key=lambda piece: piece[2]))
    parts: list[tuple[str, str]] = [(f"{sign} ", colour)]
    for index, (text, style, _rank) in enumerate(pieces):
        parts += [(" │ ", "$muted")] * bool(index) + [(text, style)]
    return Content.assemble(*parts)


def _model_name(model: str) -> str:
    return one_line(model.rstrip("/").rpartition("/")[2], 40)


def _context(status: Status) -> str:
    if status.used is None and status.context is None:
        return ""
    if status.context is None:
        return _("{used:,} tokens").format(used=status.used)
    used = status.used or 0
    return _("{used:,} of {context:,} tokens ({percent}%)").format(
        used=used, context=status.context, percent=round(100 * used / max(status.context, 1))
    )


def _context_style(status: Status) -> str:
    part = (status.used or 0) / max(status.context or 1, 1) if status.context else 0.0
    if part >= 0.95:
        return "$text-error"
    return "$text-warning" if part >= 0.8 else ""
