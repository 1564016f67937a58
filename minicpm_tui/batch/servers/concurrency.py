"""How many requests a server gets at once, found from its own figures.

vLLM counts the requests its engine is running and those that wait for the engine; what is sent and in neither count is still in
the API server, which decodes and cuts the pictures. The engine is kept supplied when a few wait; a longer queue only makes it
longer. Where pictures are the bottleneck nothing waits, and more than ``FRONT`` in the API server do not help either. A large
server is filled within seconds: the number doubles until a queue is seen, and grows by half from then on.
"""

from __future__ import annotations

START = 32
MOST = 512
LEAST = 4
FRONT = 48


class Pace:
    """``limit``: how many requests may be under way. Fixed when ``fixed`` is given, else it follows ``observe``."""

    def __init__(self, fixed: int | None = None) -> None:
        self.fixed = fixed is not None
        self.limit = fixed if fixed is not None else START
        self._queued = False

    def observe(self, running: int, waiting: int, under_way: int) -> None:
        """Take in the server's figures; ``under_way`` are our own requests there."""
        if self.fixed:
            return
        useful = max(2, running // 4)
        front = under_way - running - waiting
        if waiting > useful:
            self._queued = True
            self.limit = max(LEAST, min(self.limit, under_way) - (waiting - useful))
        elif under_way >= self.limit and front < FRONT:
            self.limit = min(MOST, self.limit + (max(2, self.limit // 2) if self._queued else self.limit))
