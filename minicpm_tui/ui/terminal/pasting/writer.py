"""Puts a picture on the clipboard of the user's terminal."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from textual.message import Message

from minicpm_tui.errors import MinicpmTuiError, TransferError
from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.terminal.pasting.packets import Packet, encoded, packet

CHUNK = 4096
"""Bytes of one packet, before base64."""
_REFUSED = {
    "EPERM": N_("the terminal does not allow it"),
    "ENOSYS": N_("the terminal has no such clipboard"),
    "EBUSY": N_("the terminal's clipboard is busy"),
    "EFBIG": N_("it is too large for the terminal"),
}


class Copied(Message):
    """The terminal has taken a picture, or ``problem`` says why not."""

    def __init__(self, problem: MinicpmTuiError | None) -> None:
        super().__init__()
        self.problem = problem


class ClipboardWriter:
    """Knows what was sent and is not answered yet."""

    def __init__(self) -> None:
        self._sent: set[str] = set()

    def packets(self, data: bytes, kind: str) -> Iterator[str]:
        """What to write so that ``data`` of the media type ``kind`` is on the clipboard."""
        number = secrets.token_hex(8)
        self._sent.add(number)
        yield packet(type="write", id=number)
        for start in range(0, len(data), CHUNK):
            yield packet(data[start : start + CHUNK], type="wdata", id=number, mime=encoded(kind))
        yield packet(type="wdata", id=number)

    def heard(self, each: Packet) -> Copied | None:
        """What ``each`` means; None where it is about nothing that was sent."""
        number = each.keys.get("id", "")
        if each.keys.get("type") != "write" or number not in self._sent:
            return None
        self._sent.discard(number)
        if each.status == "DONE":
            return Copied(None)
        why = _REFUSED.get(each.status)
        said = _(why) if why else _("the terminal says {error}").format(error=each.status[:40])
        return Copied(TransferError(said, title=_("The picture was not copied")))
