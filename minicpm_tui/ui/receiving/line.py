"""Says above the composer what is arriving, how far it is, and how to stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from textual import work
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.receiving import archive, store
from minicpm_tui.receiving.reception import Reception
from minicpm_tui.receiving.transfer import Transfer
from minicpm_tui.text import format_bytes, format_duration, one_line
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.terminal.pasting.app import Pasting
from minicpm_tui.ui.terminal.pasting.arrivals import Source

LOOK_SECONDS = 0.25
"""So often the figures are brought up to date; what has arrived before is not shown arriving."""


class ReceivingLine(Static):
    """Hidden while nothing arrives; from its mounting on it takes what does.

    Args:
        folder: where it is to be put.
        attach: is given the paths of what has arrived.
        limit: bytes that are taken of one file.

    It is told by other threads (``receiving.reception.Listener``).
    """

    DEFAULT_CSS = "ReceivingLine { height: 1; padding: 0 1; color: $text-accent; display: none; text-wrap: nowrap; }"

    class Arrived(Message):
        """A file or folder is here, at ``path``; ``more`` may be arriving."""

        def __init__(self, path: Path, *, more: bool = False) -> None:
            super().__init__()
            self.path = path
            self.more = more

    class Failed(Message):
        """It did not arrive; ``line`` says why, and ``more`` may be arriving."""

        def __init__(self, line: str, *, more: bool = False) -> None:
            super().__init__()
            self.line = line
            self.more = more

    class _Began(Message):
        def __init__(self, transfer: Transfer) -> None:
            super().__init__()
            self.transfer = transfer

    class _Ended(Message):
        def __init__(self, left_out: Sequence[str]) -> None:
            super().__init__()
            self.left_out = left_out

    def __init__(self, folder: Callable[[], Path], attach: Callable[[Sequence[str]], object], limit: int) -> None:
        super().__init__(markup=False, id="receiving")
        self._take = attach
        self._folder = folder
        self.limit = limit
        self._reception = Reception(folder, self, limit)
        self.transfer: Transfer | None = None
        self._timer: Timer | None = None
        self._hovers = False

    def on_mount(self) -> None:
        self._reception.start()
        if isinstance(self.app, Pasting):
            self.app.receive_pastes(self)

    def on_unmount(self) -> None:
        self._reception.close()

    def used(self) -> None:
        """The user is in front of this program: what is sent from elsewhere is meant for it."""
        self._reception.used()

    def began(self, transfer: Transfer) -> None:
        """``transfer`` has begun."""
        self.post_message(self._Began(transfer))

    def received(self, data: bytes, source: Source, *, more: bool) -> None:
        """These are the bytes of what was arriving. ``more``: others may follow, and ``all_received`` ends them."""
        if source == "uploaded":
            self._unpack(data)
        else:
            self._keep(data, source, more=more)

    def all_received(self, left_out: Sequence[str]) -> None:
        """Nothing more is arriving; ``left_out`` are lines about what was not taken."""
        self.post_message(self._Ended(left_out))

    def hovering(self, *, over: bool) -> None:
        """Say that what is dragged ``over`` the terminal would be taken."""
        self._hovers = over
        self._show()

    @work(group="receive")
    async def _unpack(self, data: bytes) -> None:
        """Take the files out of an archive."""
        try:
            files = await asyncio.to_thread(archive.unpack, data, self._folder(), self.limit)
        except MinicpmTuiError as error:
            self.failed(error)
            return
        for path in files.paths:
            self.post_message(self.Arrived(path, more=True))
        line = ngettext("{count} file is none that can be sent", "{count} files are none that can be sent", files.left_out)
        self.post_message(self._Ended([line.format(count=files.left_out)] if files.left_out else []))

    @work(group="receive")
    async def _keep(self, data: bytes, source: Source, *, more: bool) -> None:
        try:
            path = await asyncio.to_thread(store.keep, data, self._folder(), store.stem_now(source))
        except MinicpmTuiError as error:
            self.post_message(self.Failed(error_line(error.info), more=more))
        else:
            self.post_message(self.Arrived(path, more=more))

    def arrived(self, path: Path) -> None:
        """A file or folder lies at ``path`` now."""
        self.post_message(self.Arrived(path))

    def failed(self, error: MinicpmTuiError) -> None:
        """What was arriving will not come."""
        self.post_message(self.Failed(error_line(error.info)))

    def stop(self) -> None:
        """Take no more of what is arriving."""
        if self.transfer is not None:
            self.transfer.stop()

    def on_receiving_line__began(self, event: _Began) -> None:
        event.stop()
        self.transfer = event.transfer
        if self._timer is None:
            self._timer = self.set_interval(LOOK_SECONDS, self._show)

    def on_receiving_line_arrived(self, event: Arrived) -> None:
        event.stop()
        self._take((str(event.path),))
        if not event.more:
            self._end()
            self.notify(_("{name} has arrived").format(name=one_line(event.path.name, 60)), timeout=4, markup=False)

    def on_receiving_line__ended(self, event: _Ended) -> None:
        event.stop()
        self._end()
        if event.left_out:
            self.notify(one_line("; ".join(event.left_out)), severity="warning", timeout=10, markup=False)

    def on_receiving_line_failed(self, event: Failed) -> None:
        event.stop()
        if not event.more:
            self._end()
        self.notify(one_line(event.line), severity="warning", timeout=10, markup=False)

    @property
    def arriving(self) -> bool:
        """Something is shown arriving."""
        return self.display and self.transfer is not None

    def _show(self) -> None:
        if self.transfer is not None:
            self.update(said(self.transfer))
        elif self._hovers:
            self.update(_("Let go: it is attached to the message"))
        self.display = self._hovers or self.transfer is not None
        self.screen.refresh_bindings()

    def _end(self) -> None:
        self.transfer = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._show()


def said(transfer: Transfer) -> str:
    """How far it is, in one line."""
    figures = [format_bytes(transfer.received)]
    if transfer.total is not None:
        figures = [_("{part} of {whole}").format(part=figures[0], whole=format_bytes(transfer.total))]
    if (rate := transfer.rate) is not None:
        figures.append(f"{format_bytes(rate)}/s")
    if (left := transfer.seconds_left) is not None:
        figures.append(_("{time} left").format(time=format_duration(left)))
    return _("Receiving a file: {figures} · Esc stops").format(figures=" · ".join(figures))
