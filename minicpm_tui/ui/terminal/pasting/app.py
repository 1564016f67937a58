"""An app that takes what is pasted and dropped: asks the terminal what it can, and gives what comes to who has a place for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.receiving.transfer import Transfer
from minicpm_tui.ui.terminal import mouse
from minicpm_tui.ui.terminal.answers import Answered
from minicpm_tui.ui.terminal.graphics import iterm2
from minicpm_tui.ui.terminal.graphics.query import speaks_osc
from minicpm_tui.ui.terminal.pasting.arrivals import AllReceived, Arriving, Hovering, NotReceived, Received, Source
from minicpm_tui.ui.terminal.pasting.input import PasteInput
from minicpm_tui.ui.terminal.pasting.ways import PASTE_EVENTS, QUESTION, Way, drops, supported, takes_drops, way_in
from minicpm_tui.ui.terminal.private import driver_of

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object


class Receiver(Protocol):
    """Who has a place for pictures and files."""

    limit: int

    def began(self, transfer: Transfer) -> None:
        """One is arriving."""

    def received(self, data: bytes, source: Source, *, more: bool) -> object:
        """These are its bytes. ``more``: others may follow, up to ``all_received``."""

    def all_received(self, left_out: Sequence[str]) -> None:
        """Nothing more comes; lines about what was not taken."""

    def failed(self, error: MinicpmTuiError) -> None:
        """It will not come."""

    def hovering(self, *, over: bool) -> None:
        """Something that would be taken is dragged over the terminal, or no longer."""


@runtime_checkable
class _PasteDriver(Protocol):
    """Our own driver; Textual's know nothing of the clipboard."""

    pastes: PasteInput

    def take_pastes(self, limit: int, pictures: Callable[[], bool]) -> None: ...

    def switch_on(self, switch: tuple[str, str]) -> None: ...


class Pasting(_Base):
    """Mixin of an app; name it before Textual's class and before others that hear ``Answered``."""

    paste_way: Way = "none"
    _receiver: Receiver | None = None

    def receive_pastes(self, receiver: Receiver) -> None:
        """Have ``receiver`` given what is pasted and dropped, where the terminal can hand it over."""
        self._receiver = receiver
        self.paste_way = way_in(os.environ)
        if self._paste_driver is not None and self.paste_way != "multiplexer" and speaks_osc(os.environ):
            mouse.write(self, QUESTION)

    def ask_for_picture(self) -> bool:
        """Have the terminal asked for the picture on its clipboard; False where it cannot be."""
        if (driver := self._speaking()) is not None:
            driver.pastes.wish()
        return driver is not None

    def ask_for_files(self) -> None:
        """Have the user choose files in a dialog of the terminal, which has to be iTerm2."""
        if (driver := self._paste_driver) is not None and self._receiver is not None:
            driver.take_pastes(self._receiver.limit, self._has_place)
            driver.pastes.wish_files()

    def save_file(self, data: bytes, name: str) -> None:
        """Have the terminal, which has to be iTerm2, save ``data`` on the user's own machine in a file called ``name``."""
        self.run_worker(asyncio.to_thread(mouse.write, self, iterm2.download(data, name)), group="copy")

    def copy_picture(self, data: bytes, kind: str) -> bool:
        """Put ``data`` of the media type ``kind`` on the terminal's clipboard; False where it takes none. ``Copied`` follows."""
        if (driver := self._speaking()) is None:
            return False

        def send() -> None:  # in a thread: it waits for the line
            for each in driver.pastes.writer.packets(data, kind):
                mouse.write(self, each)

        self.run_worker(asyncio.to_thread(send), group="copy")
        return True

    def _speaking(self) -> _PasteDriver | None:
        """The driver, now hearing what the terminal says of its clipboard; None where it says nothing."""
        driver = self._paste_driver
        if driver is None or self._receiver is None or self.paste_way not in {"paste", "ask"}:
            return None
        driver.take_pastes(self._receiver.limit, self._has_place)
        return driver

    @property
    def _paste_driver(self) -> _PasteDriver | None:
        driver: object = driver_of(self)
        return driver if isinstance(driver, _PasteDriver) else None

    def _has_place(self) -> bool:
        """A window over the first screen has fields for text alone (called from another thread)."""
        return len(self.screen_stack) == 1

    def on_answered(self, event: Answered) -> None:
        pastes, dropped = supported(event.text), takes_drops(event.text)
        if not (pastes or dropped) or self._receiver is None or (driver := self._paste_driver) is None:
            return
        driver.take_pastes(self._receiver.limit, self._has_place)
        if pastes:
            self.paste_way = "paste"
            driver.switch_on(PASTE_EVENTS)
        if dropped:
            self.run_worker(self._take_drops(driver), group="drops", exclusive=True)

    async def _take_drops(self, driver: _PasteDriver) -> None:
        driver.switch_on(await asyncio.to_thread(drops))

    def on_arriving(self, event: Arriving) -> None:
        if self._receiver is not None:
            self._receiver.began(event.transfer)

    def on_received(self, event: Received) -> None:
        if self._receiver is not None:
            self._receiver.received(event.data, event.source, more=event.more)

    def on_all_received(self, event: AllReceived) -> None:
        if self._receiver is not None:
            self._receiver.all_received(event.left_out)

    def on_hovering(self, event: Hovering) -> None:
        if self._receiver is not None:
            self._receiver.hovering(over=event.over)

    def on_not_received(self, event: NotReceived) -> None:
        if self._receiver is not None:
            self._receiver.failed(event.error)
