"""Messages between the program and a worker: a small head, then raw bytes, which are copied from socket to socket alone."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence

import msgspec

from minicpm_tui.errors import ErrorInfo

_HEAD = struct.Struct("<II")
_MOST_HEAD = 1 << 20
_MOST_BYTES = 1 << 30
_MOST_PIECES = 100_000


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The process has started: from now on it takes calls."""


class Call(msgspec.Struct, frozen=True, tag=True):
    """Do ``job`` in at most ``memory`` bytes; None: as many as it takes. Texts in ``language``. The argument follows, pickled."""

    job: str
    memory: int | None
    language: str


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How much of it is done, from 0 to 1; or -1: it is still at it."""

    fraction: float


class Told(msgspec.Struct, frozen=True, tag=True):
    """Something that is known before it is done follows."""


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is done; ``resident`` bytes are held now. What it made follows."""

    resident: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The file is at fault, as ``error`` says; ``resident`` bytes are held now."""

    error: ErrorInfo
    resident: int


class OutOfMemory(msgspec.Struct, frozen=True, tag=True):
    """It would have taken more than it may."""


class Unexpected(msgspec.Struct, frozen=True, tag=True):
    """It ended with an exception that nobody foresaw."""

    text: str


Message = Ready | Call | Progress | Told | Done | Refused | OutOfMemory | Unexpected
Received = tuple[Message, list[bytes]]

_decode = msgspec.msgpack.Decoder(tuple[Message, list[int]]).decode


class Channel:
    """One end of a connected pair of sockets. Blocks; inside a message for ``patience`` seconds at most (0: for ever)."""

    def __init__(self, end: socket.socket, patience: int = 0) -> None:
        self._socket = end
        for way in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):  # the kernel's: Python's would read in pieces
            end.setsockopt(socket.SOL_SOCKET, way, struct.pack("ll", patience, 0))

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, message: Message, pieces: Sequence[bytes] = ()) -> None:
        """Raises OSError when nobody is at the other end, or nobody takes it."""
        head = msgspec.msgpack.encode((message, [len(piece) for piece in pieces]))
        self._socket.sendall(_HEAD.pack(len(head), len(pieces)) + head)
        for piece in pieces:
            self._socket.sendall(piece)

    def receive(self) -> Received:
        """Raises EOFError at the end, also in the midst of a message; ValueError for what is none."""
        length, count = _HEAD.unpack(self._exactly(_HEAD.size))
        if length > _MOST_HEAD or count > _MOST_PIECES:
            raise ValueError("too long")
        message, sizes = _decode(self._exactly(length))
        if len(sizes) != count or sum(sizes) > _MOST_BYTES:
            raise ValueError("too much")
        return message, [self._exactly(size) for size in sizes]

    def _exactly(self, count: int) -> bytes:
        """So many bytes, which the kernel puts where they stay."""
        if not count:
            return b""
        try:
            data = self._socket.recv(count, socket.MSG_WAITALL)
            while 0 < len(data) < count:  # a signal came between
                more = self._socket.recv(count - len(data), socket.MSG_WAITALL)
                if not more:
                    break
                data += more
        except OSError as error:
            raise EOFError from error
        if len(data) < count:
            raise EOFError
        return data
