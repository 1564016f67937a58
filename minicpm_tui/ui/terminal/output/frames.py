"""When the next frame may be written: the terminal says that it has drawn the last one, so that one waits in the line, not forty.

After a frame it is asked for its status (``CSI 5 n``, ECMA-48 8.3.35); it answers (``CSI 0 n``) once it has come so far. tmux and
screen answer for themselves. A terminal that never answered is not waited for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

QUESTION = "\x1b[5n"
ANSWER = "\x1b[0n"

SHORTEST_SECONDS = 0.08
"""Between two frames, keys aside: what comes quicker is drawn together."""
LONGEST_SECONDS = 1.0
"""So long an answer is waited for."""
_GIVEN_UP = 3
"""Questions without an answer after which nothing is asked any more."""
_AHEAD = 2
"""Frames that may be on their way when a key is to be shown."""
SLOW_SECONDS = 0.15
SLOW_BITS = 500_000
_WEIGHTY = 2048
"""Bytes of a frame that tell something about the bandwidth."""


class Frames:
    """What is on its way to the terminal; all times are ``time.monotonic`` in seconds."""

    def __init__(self) -> None:
        self._asked: deque[tuple[float, int]] = deque()
        self._last = -LONGEST_SECONDS
        self._unanswered = 0
        self._answers = False
        self._trips: deque[float] = deque(maxlen=5)
        self._rates: deque[float] = deque(maxlen=3)

    @property
    def asks(self) -> bool:
        """Whether a frame is to end with ``QUESTION``: not again before the first answer, nor where none came for long."""
        return self._answers or (not self._asked and not self._unanswered)

    def wait(self, now: float, *, for_key: bool) -> float:
        """Seconds until the next frame may be written; 0: now."""
        self._expire(now)
        if not self._answers:
            return 0.0
        if for_key and len(self._asked) <= _AHEAD:
            return 0.0
        if self._asked:
            return max(0.0, self._asked[0][0] + LONGEST_SECONDS - now)
        return 0.0 if for_key else max(0.0, self._last + SHORTEST_SECONDS - now)

    def written(self, now: float, size: int, *, asked: bool) -> None:
        """A frame of ``size`` bytes went out; ``asked``: with the question."""
        self._last = now
        if asked:
            self._asked.append((now, size))

    def answered(self, at: float) -> None:
        """An answer came."""
        self._answers = True
        self._unanswered = 0
        if not self._asked:
            return
        asked, size = self._asked.popleft()
        trip = max(0.0, at - asked)
        if size >= _WEIGHTY and self._trips:
            self._rates.append(size * 8 / max(1e-4, trip - min(self._trips)))
        elif size < _WEIGHTY:
            self._trips.append(trip)

    @property
    def round_trip(self) -> float | None:
        """Seconds from a small frame to its answer, the median of the last ones; None before enough came."""
        return _median(self._trips) if len(self._trips) >= 3 else None

    @property
    def slow(self) -> bool | None:
        """Whether the line is slow; None as long as nothing is known."""
        trip = self.round_trip
        narrow = len(self._rates) == self._rates.maxlen and _median(self._rates) < SLOW_BITS
        if trip is None:
            return True if narrow else None
        return narrow or trip > SLOW_SECONDS

    def _expire(self, now: float) -> None:
        while self._asked and now - self._asked[0][0] >= LONGEST_SECONDS:
            self._asked.popleft()
            self._unanswered += 1
        if self._unanswered >= _GIVEN_UP:
            self._answers = False


def _median(values: Sequence[float]) -> float:
    from statistics import median  # brings much that the first paint can do without

    return median(values)
