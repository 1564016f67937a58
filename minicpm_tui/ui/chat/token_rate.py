"""Counts a reply while it arrives: how fast, and how soon the first token came."""

from __future__ import annotations

from minicpm_tui.messages import Delta, End

WINDOW = 3.0
"""Seconds that the speed shown while streaming is taken over."""


class TokenRate:
    """A delta is taken for a token until the server has counted: vLLM sends one delta a token, or a few tokens at most."""

    def __init__(self) -> None:
        self.first_token: float | None = None
        self.tokens = 0
        self._times: list[float] = []

    def feed(self, delta: Delta) -> None:
        """Count one delta, content or reasoning."""
        if self.first_token is None:
            self.first_token = delta.at
        self.tokens += 1
        self._times.append(delta.at)
        if len(self._times) > 2 and self._times[-1] - self._times[0] > 2 * WINDOW:
            self._times = [at for at in self._times if at > delta.at - WINDOW]

    @property
    def per_second(self) -> float | None:
        """Tokens per second over the last seconds; None with too little to tell."""
        if len(self._times) < 2 or (span := self._times[-1] - self._times[0]) <= 0:
            return None
        return (len(self._times) - 1) / span

    @staticmethod
    def of(end: End) -> float | None:
        """Tokens per second of a whole reply, as the server counted them."""
        if end.usage is None or end.first_token_seconds is None or (span := end.seconds - end.first_token_seconds) <= 0:
            return None
        return max(end.usage.completion_tokens - 1, 0) / span or None
