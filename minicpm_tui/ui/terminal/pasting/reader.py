"""Reads the clipboard of the user's terminal, when the user pastes or asks for it; never otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

import msgspec
from textual.events import Paste
from textual.message import Message

from minicpm_tui.errors import MinicpmTuiError, TransferError
from minicpm_tui.i18n import N_, _
from minicpm_tui.receiving.transfer import STALL_SECONDS, Transfer
from minicpm_tui.ui.terminal.pasting import arrivals
from minicpm_tui.ui.terminal.pasting.arrivals import MOST_TYPES, Arriving, NotReceived, Received, as_text, given_up
from minicpm_tui.ui.terminal.pasting.packets import Packet, encoded, packet

LIST = "."
"""The type that stands for the list of types."""
_MOST_READS = 8
"""Pastes at a time."""
PERMISSION_SECONDS = 60.0
"""So long a user may take to answer the terminal's question."""
FLOW_SECONDS = 1.0
"""A terminal that sends has sent something within this time."""
HOLD_SECONDS = 2.0
"""What is typed waits for pasted text that comes before it, unless nothing of it comes for so long."""
_NAME = encoded("Paste event")
"""What the password of a paste is good for."""
_PASSWORD = {"pw", "password"}
_PROOF = (*sorted(_PASSWORD), "loc")
"""``password`` is what terminals call it that follow https://rockorager.dev/misc/bracketed-paste-mime/."""
_REFUSED = {
    "EPERM": N_("the terminal does not allow it"),
    "ENOSYS": N_("the terminal has no clipboard to read"),
    "EBUSY": N_("the terminal is busy with another paste"),
}


class _Read(msgspec.Struct, eq=False):
    """One paste: first its types are listed, then the bytes of one of them come. ``heard`` is when it last did, in seconds.

    ``asked``: the user has asked for a picture; else the terminal has told of a paste. ``proof`` are those of its keys that have
    to come back: its password, and which of the clipboards it was (``loc``).
    """

    heard: float
    proof: Mapping[str, str] = msgspec.field(default_factory=dict)
    asked: bool = False
    types: bytes = b""
    type: str = ""
    data: bytearray = msgspec.field(default_factory=bytearray)
    transfer: Transfer | None = None
    patience: float = STALL_SECONDS

    @property
    def is_picture(self) -> bool:
        """What comes has no place among what is typed."""
        return self.asked or self.type.startswith("image/")

    def list(self, each: Packet) -> None:
        """Both forms: all types in one payload, or a packet for each."""
        self.types += b" " + ((each.payload or b"") if each.mime in {LIST, ""} else each.mime.encode("ascii", "replace"))
        if len(self.types) > MOST_TYPES:
            raise TransferError(_("the terminal lists too many types"))

    def choose(self, *, pictures: bool) -> None:
        """Which type is wanted. Raises TransferError for none."""
        types = self.types.decode("ascii", "replace").split()
        images = arrivals.pictures(types) if pictures or self.asked else []
        wanted = [*images, *([] if self.asked else (*arrivals.paths(types), *arrivals.texts(types)))]
        if not wanted:
            nothing = _("there is no picture on the clipboard") if self.asked else _("the clipboard holds nothing to paste")
            raise TransferError(nothing)
        self.type = wanted[0]

    def add(self, each: Packet) -> None:
        """Some of the bytes. Raises TransferError, MediaTooLarge."""
        if each.mime and each.mime != self.type:
            return
        if each.payload is None:
            raise TransferError(_("the terminal sends what is no base64"))
        if self.transfer is not None:
            self.transfer.count(len(each.payload))
        self.data += each.payload


class ClipboardReader:
    """Hears what the terminal says of its clipboard, and asks it for what was pasted.

    Args:
        write: sends to the terminal.
        tell: is given ``Paste``, ``Arriving``, ``Received`` and ``NotReceived``.
        limit: bytes that are taken of one paste.
        pictures: whether a picture has a place to go now; else what is pasted is text.
    """

    def __init__(
        self, write: Callable[[str], object], tell: Callable[[Message], object], limit: int, pictures: Callable[[], bool]
    ) -> None:
        self._write = write
        self._tell = tell
        self._limit = limit
        self._pictures = pictures
        self._told: _Read | None = None
        self._reads: dict[str, _Read] = {}

    @property
    def _all(self) -> list[_Read]:
        return [*([self._told] if self._told else []), *self._reads.values()]

    def flows(self, now: float) -> bool:
        """Something is on its way from the terminal."""
        return any(now - read.heard < FLOW_SECONDS for read in self._all)

    def holds(self, now: float) -> bool:
        """What is typed at ``now`` comes after text that is still arriving."""
        return any(not read.is_picture and now - read.heard < HOLD_SECONDS for read in self._all)

    def ask(self, now: float) -> None:
        """The user wants the picture that is on the clipboard: ask what is there, which needs no permission; its bytes may."""
        self._request(_Read(now, asked=True), LIST)

    def _request(self, read: _Read, kind: str) -> None:
        number = secrets.token_hex(8)
        self._reads[number] = read
        keys = {"type": "read", "id": number, **({"name": _NAME, **read.proof} if read.proof else {})}
        self._write(packet(kind, **keys))

    def hear(self, each: Packet, now: float) -> None:
        """The terminal has sent ``each`` at ``now`` seconds. What nobody has asked for is dropped."""
        if each.keys.get("type", "read") != "read":
            return
        if "id" in each.keys:
            read = self._reads.get(each.keys["id"])
        else:
            read = self._told = self._paste(each, now)
        if read is None:
            return
        read.heard = now
        try:
            self._take(read, each)
        except MinicpmTuiError as error:
            self._fail(read, error)

    def _paste(self, each: Packet, now: float) -> _Read | None:
        """The terminal tells of a paste: begins, and goes on. Its password may be on each packet or on the first alone."""
        proof = {key: each.keys[key] for key in _PROOF if each.keys.get(key)}
        if each.status == "OK" and proof.keys() & _PASSWORD and len(self._reads) < _MOST_READS:
            return _Read(now, proof)
        return self._told

    def _take(self, read: _Read, each: Packet) -> None:
        if each.status not in {"OK", "DATA", "DONE"}:
            why = _REFUSED.get(each.status)
            raise TransferError(_(why) if why else _("the terminal says {error}").format(error=each.status[:40]))
        if each.status != "OK":
            read.patience = STALL_SECONDS
        if each.status == "DATA":
            (read.add if read.type else read.list)(each)
        elif each.status == "DONE":
            self._forget(read)
            (self._finish if read.type else self._choose)(read)

    def _choose(self, read: _Read) -> None:
        read.choose(pictures=self._pictures())
        if read.asked:
            read.patience = PERMISSION_SECONDS
        read.transfer = Transfer(self._limit)
        if read.is_picture:
            self._tell(Arriving(read.transfer))
        self._request(read, read.type)

    def _finish(self, read: _Read) -> None:
        self._tell(Received(bytes(read.data)) if read.is_picture else Paste(as_text(bytes(read.data), read.type)))

    def _forget(self, read: _Read) -> None:
        """What still comes of it has a number that is no longer known."""
        if read is self._told:
            self._told = None
        self._reads = {number: other for number, other in self._reads.items() if other is not read}

    def _fail(self, read: _Read, error: MinicpmTuiError) -> None:
        self._forget(read)
        self._tell(NotReceived(error))

    def look(self, now: float) -> None:
        """Give up what was stopped, or what the terminal sends no more of."""
        for read in self._all:
            if error := given_up(read.transfer, now - read.heard, read.patience):
                self._fail(read, error)
