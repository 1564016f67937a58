"""A journal line by line, in memory that is bounded whatever an accident has made of the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST = 64 << 20
"""Bytes of a line. A reply has at most 8,000,000 characters, of which JSON makes six bytes each at most."""
_PIECE = 1 << 20


@dataclass(frozen=True)
class Overlong:
    """A line of more than ``LONGEST`` bytes: of its ``size`` bytes the first and last ones. ``ended``: by a newline."""

    head: bytes
    tail: bytes
    size: int
    ended: bool


def lines(file: BinaryIO) -> Iterator[bytes | Overlong]:
    """The lines of ``file``, which can go back, with their newlines. Raises OSError as ``file`` does."""
    while line := file.readline(_PIECE):
        yield line if len(line) < _PIECE or line.endswith(b"\n") else _rest(file, line)


def _rest(file: BinaryIO, head: bytes) -> bytes | Overlong:
    """The line that begins with ``head``, which is one piece."""
    pieces, size, before, last = [head], len(head), b"", head
    while not last.endswith(b"\n") and (more := _up_to_newline(file)):
        before, last = last, more
        size += len(more)
        if size <= LONGEST:
            pieces.append(more)
        else:
            pieces.clear()
    return b"".join(pieces) if pieces else Overlong(head, (before + last)[-_PIECE:], size, last.endswith(b"\n"))


def _up_to_newline(file: BinaryIO) -> bytes:
    """The next piece of the line; ``readline`` of so much takes ten times as long."""
    piece = file.read(_PIECE)
    end = piece.find(b"\n") + 1
    if not end:
        return piece
    file.seek(end - len(piece), os.SEEK_CUR)
    return piece[:end]
