"""One drop: what of it is to be asked for, and what has come. Source: https://sw.kovidgoyal.net/kitty/dnd-protocol/"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from minicpm_tui.i18n import ngettext
from minicpm_tui.receiving.transfer import Transfer
from minicpm_tui.ui.terminal.pasting.packets import Base64Pieces, Packet, drop_packet

MOST_ENTRIES = 500
"""Files and folders of one drop, those inside folders too."""
MOST_DEPTH = 8
"""Folders in folders."""
_LINK = 1
_NUMBER = re.compile(r"-?\d{1,10}")


class Request(msgspec.Struct, frozen=True):
    """Asks for type ``x`` of the drop, for entry ``y`` of its list, or for entry ``x`` of the folder with the handle ``Y``.

    ``depth`` is how many folders it lies in.
    """

    x: int
    y: int = 0
    folder: int = 0
    depth: int = 0

    @property
    def text(self) -> str:
        """What to send."""
        keys = {"Y": self.folder} if self.folder else {}
        return drop_packet(t="r", **keys, x=self.x, **({"y": self.y} if self.y else {}))

    def is_answered_by(self, each: Packet) -> bool:
        """Whether ``each`` names what was asked for."""
        return (number(each.keys, "x"), number(each.keys, "y"), number(each.keys, "Y")) == (self.x, self.y, self.folder)


class Close(msgspec.Struct, frozen=True):
    """Tells the terminal that nothing more is wanted of the folder with this handle."""

    folder: int

    @property
    def text(self) -> str:
        """What to send."""
        return drop_packet(t="r", Y=self.folder)


class Answer(msgspec.Struct):
    """What has come of a request; ``mark`` is the key ``X``: 0 a file, 1 a link or a list of another machine, else a folder."""

    _pieces: Base64Pieces = msgspec.field(default_factory=Base64Pieces)
    mark: int = 0
    started: bool = False

    @property
    def data(self) -> bytearray:
        """The bytes."""
        return self._pieces.data

    def add(self, each: Packet) -> int:
        """How many bytes ``each`` has brought. Raises TransferError for what is no base64."""
        if not self.started:
            self.started, self.mark = True, number(each.keys, "X")
        return self._pieces.add(each.text)

    def finish(self) -> int:
        """It is over: how many bytes were left. Raises TransferError for what is no base64."""
        return self._pieces.finish()


class Drop:
    """What was dropped, in ``types``; ``heard`` is when the terminal last sent something of it, in seconds."""

    def __init__(self, types: Sequence[str], now: float, transfer: Transfer) -> None:
        self.types = types
        self.heard = now
        self.transfer = transfer
        self.asked: Request | None = None
        self.answer = Answer()
        self.stray = False
        self.taken = 0
        self._waiting: deque[Request | Close] = deque()
        self._entries = 0
        self._left_out: Counter[Literal["links", "too many", "too deep"]] = Counter()

    def next(self) -> tuple[str, bool]:
        """What to send now, and whether an answer comes of it; empty when nothing is left to ask for."""
        closing = ""
        while self._waiting:
            request = self._waiting.popleft()
            if isinstance(request, Request):
                self.ask(request)
                return closing + request.text, True
            closing += request.text
        return closing, False

    def ask(self, request: Request) -> None:
        """``request`` is the one that is to be answered next."""
        self.asked, self.answer, self.stray = request, Answer(), False
        self.transfer.next_file()

    def queue(self, requests: Sequence[Request]) -> None:
        """Ask for these later, as many as one drop may have."""
        room = MOST_ENTRIES - self._entries
        self._waiting += requests[:room]
        self._entries += len(requests[:room])
        self._left_out["too many"] += len(requests[room:])

    def enter(self, parent: Request, handle: int, data: bytes) -> None:
        """Ask for what is in a folder: ``data`` are the names. Hidden files are no part of it."""
        names = data.split(b"\0")
        inside = [place for place, name in enumerate(names, 1) if name and not name.startswith(b".")]
        if parent.depth + 1 > MOST_DEPTH:
            self._left_out["too deep"] += 1
        else:
            self.queue([Request(place, folder=handle, depth=parent.depth + 1) for place in inside])
        self._waiting.append(Close(handle))

    def leave_link(self) -> None:
        """A symbolic link is not followed: where it leads, the other machine alone knows."""
        self._left_out["links"] += 1

    @property
    def left_out(self) -> list[str]:
        """Lines about what was not taken."""
        links, many, deep = (self._left_out[each] for each in ("links", "too many", "too deep"))
        lines = []
        if links:
            lines.append(ngettext("{count} symbolic link left out", "{count} symbolic links left out", links).format(count=links))
        if many:
            line = ngettext("{count} more than {most} was left out", "{count} more than {most} were left out", many)
            lines.append(line.format(count=many, most=MOST_ENTRIES))
        if deep:
            line = ngettext("{count} folder lies too deep", "{count} folders lie too deep", deep)
            lines.append(line.format(count=deep))
        return lines

    @property
    def is_link(self) -> bool:
        """What has come is where a symbolic link leads."""
        return self.answer.mark == _LINK


def number(keys: Mapping[str, str], key: str) -> int:
    """The number under ``key``; 0 without one, -1 for what is none."""
    text = keys.get(key, "0")
    return int(text) if _NUMBER.fullmatch(text) else -1
