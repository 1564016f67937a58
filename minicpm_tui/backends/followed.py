"""Of a reply in several versions, which nobody asked for, the one that is shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

PATIENCE_SECONDS = 2.0
"""Servers write their versions side by side: when the first has not begun by now, it does not come."""
_MOST_REPLIES = 1000
"""What a server counts beyond is no number of a reply."""

T = TypeVar("T")


class Followed(Generic[T]):
    """Sorts what comes of the choices of a stream: that of number 0 is read, also when another one speaks before it does.

    That other one is held back meanwhile, and is read when number 0 says nothing for ``PATIENCE_SECONDS``, or at all.

    Args:
        speaks: whether there is text in a piece.
    """

    def __init__(self, speaks: Callable[[T], bool]) -> None:
        self._speaks = speaks
        self._index: int | None = None
        self._other: int | None = None
        self._held: list[T] = []
        self._since = 0.0

    def take(self, index: int, piece: T) -> list[T]:
        """What is to be read now that ``piece`` of choice ``index`` is here."""
        if index == self._index:
            return [piece]
        number = index if 0 <= index < _MOST_REPLIES else 0
        if self._index is not None:
            return [piece] if number == self._index else []
        if number == 0:
            if self._speaks(piece):
                self._index, self._held = 0, []
            elif self._held:  # the end of a reply whose text came under another number
                self._held.append(piece)
                return []
            return [piece]
        if self._other is None:
            self._other, self._since = number, time.monotonic()
        if number == self._other:
            self._held.append(piece)
        return self.rest() if time.monotonic() - self._since > PATIENCE_SECONDS else []

    def rest(self) -> list[T]:
        """What was held back: number 0 is not waited for any more."""
        if self._other is not None and self._index is None:
            self._index = self._other
        held, self._held = self._held, []
        return held
