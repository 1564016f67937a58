"""What the terminal sends, with its clipboard taken out and what is typed behind a paste kept behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.message import Message

from minicpm_tui.ui.terminal.answers import Answered
from minicpm_tui.ui.terminal.pasting.ways import DROP, DROPS_ANSWERED

if TYPE_CHECKING:
    from minicpm_tui.ui.terminal.pasting.drop_reader import DropReader
    from minicpm_tui.ui.terminal.pasting.packets import Packet, Packets
    from minicpm_tui.ui.terminal.pasting.reader import ClipboardReader
    from minicpm_tui.ui.terminal.pasting.upload import UploadReader
    from minicpm_tui.ui.terminal.pasting.writer import ClipboardWriter


class PasteInput:
    """Belongs to the thread that reads the terminal; ``begin``, ``wish`` and ``wish_files`` may be called from any.

    Nothing is changed before ``begin``: without it, all that the terminal sends is handed on as it is, and nothing that reads
    packets is imported. ``writer`` is there from then on.
    """

    writer: ClipboardWriter

    def __init__(self) -> None:
        self._tell: Callable[[Message], object] = id
        self._packets: Packets | None = None
        self._reader: ClipboardReader | None = None
        self._drops: DropReader | None = None
        self._uploads: UploadReader | None = None
        self._typed = ""
        self._wished = self._wished_files = False

    def begin(
        self, write: Callable[[str], object], tell: Callable[[Message], object], limit: int, pictures: Callable[[], bool]
    ) -> None:
        """From now on the terminal may hand over its clipboard and drops; see ``ClipboardReader`` and ``DropReader``."""
        if self._reader is None:
            from minicpm_tui.ui.terminal.pasting.drop_reader import DropReader
            from minicpm_tui.ui.terminal.pasting.packets import Packets
            from minicpm_tui.ui.terminal.pasting.reader import ClipboardReader
            from minicpm_tui.ui.terminal.pasting.upload import UploadReader
            from minicpm_tui.ui.terminal.pasting.writer import ClipboardWriter

            self._tell = tell
            self.writer = ClipboardWriter()
            self._packets = Packets()
            self._drops = DropReader(write, tell, limit, pictures)
            self._uploads = UploadReader(write, tell, limit)
            self._reader = ClipboardReader(write, tell, limit, pictures)

    def wish(self) -> None:
        """The user asks for the picture on the clipboard."""
        self._wished = True

    def wish_files(self) -> None:
        """The user asks for a dialog to choose files in, which iTerm2 alone has."""
        self._wished_files = True

    @property
    def active(self) -> bool:
        """``begin`` was called."""
        return self._reader is not None

    @property
    def holding(self) -> bool:
        """The beginning of a packet, or what is typed behind a paste, is held back."""
        parts = [each for each in (self._packets, self._uploads) if each is not None]
        return bool(self._typed) or any(each.holding for each in parts)

    @property
    def flows(self) -> bool:
        """Something of the clipboard or of a drop is on its way."""
        now = time.monotonic()
        readers = [each for each in (self._reader, self._drops) if each is not None]
        held = self._packets is not None and self._packets.holding
        uploads = self._uploads is not None and self._uploads.flows
        return held or uploads or any(each.flows(now) for each in readers)

    def feed(self, text: str) -> Iterator[str]:
        """``text`` without what is of the clipboard or of a drop, which is carried out in its place."""
        if self._uploads is None or self._packets is None:
            yield text
            return
        now = time.monotonic()
        for piece in self._packets.feed(text, now):
            if isinstance(piece, str):
                yield self._uploads.feed(piece, now)
            else:
                self._hear(piece, now)

    def _hear(self, each: Packet, now: float) -> None:
        if self._reader is None or self._drops is None:
            return
        if each.code == DROP and each.keys.get("t") == "q":
            self._tell(Answered(DROPS_ANSWERED))
        elif each.code == DROP:
            self._drops.hear(each, now)
        elif (copied := self.writer.heard(each)) is not None:
            self._tell(copied)
        else:
            self._reader.hear(each, now)

    def release(self) -> str:
        """Nothing came for a moment: what was held of it and is typed."""
        if self._reader is None or self._drops is None or self._uploads is None or self._packets is None:
            return ""
        now = time.monotonic()
        if self._wished:
            self._wished = False
            self._reader.ask(now)
        self._reader.look(now)
        self._drops.look(now)
        if self._wished_files:
            self._wished_files = False
            self._uploads.ask(now)
        typed = self._packets.release(now)
        return (self._uploads.feed(typed, now) if typed else "") + self._uploads.look(now)

    def in_order(self, typed: str) -> str:
        """``typed``, unless text that was pasted before it is still arriving: then it is handed on behind that."""
        if self._reader is None:
            return typed
        self._typed += typed
        if self._reader.holds(time.monotonic()):
            return ""
        typed, self._typed = self._typed, ""
        return typed
