"""The status line: model, server, context, speed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from minicpm_tui.i18n import N_, _, ngettext
from minicpm_tui.text import model_name, one_line
from minicpm_tui.ui.kit.fitting import fitted

State = Literal["connecting", "ready", "waiting", "streaming", "failed"]

_SIGNS: dict[State, tuple[str, str, str]] = {
    "connecting": ("◌", "$text-warning", N_("connecting")),
    "ready": ("●", "$text-success", N_("ready")),
    "waiting": ("◔", "$text-warning", N_("waiting for the first token")),
    "streaming": ("◉", "$text-accent", N_("replying")),
    "failed": ("✗", "$text-error", N_("not connected")),
}

_TITLE_RANK = 5
_LEAST_TITLE = 16
"""Cells; a title with less room is left out."""


class Status(msgspec.Struct, frozen=True):
    """What the line says. ``used`` and ``context`` are tokens, ``rate`` tokens/s, ``first_token`` seconds; None: not known.

    ``settings`` are those that are not the model's own, ``title`` is the conversation's, ``batch`` tells of
    batches that run.
    """

    state: State = "connecting"
    model: str = ""
    where: str = ""
    used: int | None = None
    context: int | None = None
    rate: float | None = None
    first_token: float | None = None
    detail: str = ""
    settings: tuple[str, ...] = ()
    title: str = ""
    slow_line: bool = False
    batch: str = ""


class _Piece(msgspec.Struct):
    """``rank``: the highest goes first when room is short. ``least`` is what the piece can be shortened to before that."""

    text: str
    style: str
    rank: int
    least: str = ""


class StatusLine(Widget):
    """Leaves out the least important facts where they do not fit."""

    DEFAULT_CSS = "StatusLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }"

    status: reactive[Status] = reactive(Status())

    def render(self) -> RenderResult:
        return line(self.status, self.content_size.width)


def line(status: Status, width: int) -> Content:
    """``status`` in at most ``width`` cells: what matters least is left out first."""
    sign, colour, _word = _SIGNS[status.state]
    pieces = list(_pieces(status))
    while len(pieces) > 1 and _width(pieces) > width:
        last = max(pieces, key=lambda piece: piece.rank)
        if last.least:
            last.text, last.least = last.least, ""
        else:
            pieces.remove(last)
    for piece in pieces:
        if piece.rank == _TITLE_RANK:  # as much of it as there is room for
            room = cell_len(piece.text) + width - _width(pieces)
            piece.text = fitted(one_line(status.title), min(room, cell_len(one_line(status.title))))
    parts: list[tuple[str, str]] = [(f"{sign} ", colour)]
    for index, piece in enumerate(pieces):
        parts += [(" │ ", "$muted")] * bool(index) + [(piece.text, piece.style)]
    return Content.assemble(*parts)


def _pieces(status: Status) -> Iterator[_Piece]:
    """Everything there is to say, from left to right."""
    _sign, colour, word = _SIGNS[status.state]
    yield _Piece(one_line(status.detail) or _(word), colour, 0 if status.detail else 2)
    if status.model:
        yield _Piece(model_name(status.model, 40), "bold", 1)
    if status.batch:
        yield _Piece(one_line(status.batch), "$text-accent", 2)
    if status.settings:
        count = len(status.settings)
        short = ngettext("{count} setting changed", "{count} settings changed", count).format(count=count)
        yield _Piece(one_line(" · ".join(status.settings)), "$text-accent", 3, short)
    if status.where:
        yield _Piece(one_line(status.where), "$muted", 7)
    if context := _context(status):
        yield _Piece(context, _context_style(status), 4)
    if status.slow_line:
        yield _Piece(_("slow line"), "$text-warning", 9)
    if status.rate is not None:
        yield _Piece(_("{rate:.0f} tokens/s").format(rate=status.rate), "", 6)
    if status.first_token is not None:
        yield _Piece(_("first token {seconds:.2f} s").format(seconds=status.first_token), "$muted", 8)
    if status.title:
        title = one_line(status.title)
        yield _Piece(title, "italic", _TITLE_RANK, fitted(title, min(_LEAST_TITLE, cell_len(title))))


def _width(pieces: list[_Piece]) -> int:
    """Cells that the line takes with ``pieces``."""
    return 2 + sum(cell_len(piece.text) for piece in pieces) + 3 * (len(pieces) - 1)


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
