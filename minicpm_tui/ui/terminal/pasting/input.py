"""What the terminal sends, with its clipboard taken out and what is typed behind a paste kept behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from textual.message import Message

from minicpm_tui.ui.terminal.pasting.packets import Packets
from minicpm_tui.ui.terminal.pasting.reader import ClipboardReader
from minicpm_tui.ui.terminal.pasting.writer import ClipboardWriter

PASTE_EVENTS_ON = "\x1b[?5522h"
PASTE_EVENTS_OFF = "\x1b[?5522l"


class PasteInput:
    """Belongs to the thread that reads the terminal; ``begin`` and ``wish`` may be called from any.

    Nothing is changed before ``begin``: without it, all that the terminal sends is handed on as it is.
    """

    def __init__(self) -> None:
        self.writer = ClipboardWriter()
        self._tell: Callable[[Message], object] = id
        self._packets = Packets()
        self._reader: ClipboardReader | None = None
        self._typed = ""
        self._wished = False

    def begin(
        self, write: Callable[[str], object], tell: Callable[[Message], object], limit: int, pictures: Callable[[], bool]
    ) -> None:
        """From now on the terminal may hand over its clipboard; see ``ClipboardReader``."""
        if self._reader is None:
            self._tell = tell
            self._reader = ClipboardReader(write, tell, limit, pictures)

    def wish(self) -> None:
        """The user asks for the picture on the clipboard."""
        self._wished = True

    @property
    def active(self) -> bool:
        """``begin`` was called."""
        return self._reader is not None

    @property
    def holding(self) -> bool:
        """The beginning of a packet, or what is typed behind a paste, is held back."""
        return self._packets.holding or bool(self._typed)

    @property
    def flows(self) -> bool:
        """Something of the clipboard is on its way."""
        return self._packets.holding or (self._reader is not None and self._reader.flows(time.monotonic()))

    def feed(self, text: str) -> Iterator[str]:
        """``text`` without what is of the clipboard, which is carried out in its place."""
        if self._reader is None:
            yield text
            return
        now = time.monotonic()
        for piece in self._packets.feed(text, now):
            if isinstance(piece, str):
                yield piece
            elif (copied := self.writer.heard(piece)) is not None:
                self._tell(copied)
            else:
                self._reader.hear(piece, now)

    def release(self) -> str:
        """Nothing came for a moment: what was held of it and is typed."""
        if self._reader is None:
            return ""
        now = time.monotonic()
        if self._wished:
            self._wished = False
            self._reader.ask(now)
        self._reader.look(now)
        return self._packets.release(now)

    def in_order(self, typed: str) -> str:
        """``typed``, unless text that was pasted before it is still arriving: then it is handed on behind that."""
        if self._reader is None:
            return typed
        self._typed += typed
        if self._reader.holds(time.monotonic()):
            return ""
        typed, self._typed = self._typed, ""
        return typed
