"""A terminal behind a slow line: what the program writes arrives at so many bits a second, late, and so do keys and answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence

from tests.terminal import Terminal

_PIECE = 128


class SlowTerminal(Terminal):
    """``bits_per_second`` towards the terminal, ``delay`` seconds each way; what is written waits in the line, however much."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        bits_per_second: float,
        delay: float,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(argv, columns=columns, rows=rows, env=env)
        self._bytes_per_second = bits_per_second / 8
        self._delay = delay
        self._free_at = 0.0
        self._coming: deque[tuple[float, bytes]] = deque()

    def send(self, text: str) -> None:
        self._on_the_line.append((time.monotonic() + self._delay, text.encode()))

    def _answer(self, answer: bytes) -> None:
        self._on_the_line.append((time.monotonic() + self._delay, answer))

    def pump(self, timeout: float = 0.02) -> float | None:
        self._type_what_is_due()
        due = [queue[0][0] for queue in (self._coming, self._on_the_line) if queue]
        data = self._read(max(0.0, min(timeout, *(at - time.monotonic() for at in due))) if due else timeout)
        for start in range(0, len(data or b""), _PIECE):
            piece = (data or b"")[start : start + _PIECE]
            self._free_at = max(time.monotonic(), self._free_at) + len(piece) / self._bytes_per_second
            self._coming.append((self._free_at + self._delay, piece))
        shown = None
        while self._coming and self._coming[0][0] <= time.monotonic():
            shown, piece = self._coming.popleft()
            self._show(piece)
        return shown

    @property
    def waiting(self) -> int:
        """Bytes that are in the line."""
        return sum(len(piece) for _at, piece in self._coming)
