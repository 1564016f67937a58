"""What one file of a message may take beside the others: the room that the conversation leaves is shared between its videos.

A picture costs what it costs; a video takes as many frames as its share allows. One that is short leaves the rest to the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from minicpm_tui.media.spec import MediaLimits, Prepared
from minicpm_tui.messages import VideoPart

_ROUNDS = 3
"""Times that a file is prepared at most while the shares settle."""


@dataclass(frozen=True)
class Share:
    """A file that is ready, and the tokens it had room for (None: any number). ``fixed``: it is sent as it is."""

    prepared: Prepared
    room: int | None = None
    fixed: bool = False

    @property
    def frames(self) -> int:
        """Frames that could be fewer or more; 0 for a picture and a whole file."""
        part = self.prepared.part
        return len(part.frames) if isinstance(part, VideoPart) and not self.fixed else 0

    @property
    def full(self) -> bool:
        """A video that would have taken more frames."""
        return bool(self.frames) and self.room is not None and self._fitting(self.room) <= self.frames

    def outgrown(self, room: int | None) -> bool:
        """It has to be prepared anew for ``room`` tokens: it has more frames than that, or could have more."""
        if not self.frames or room == self.room:
            return False
        if room is None:
            return self.full
        return self._fitting(room) != self.frames if self.full else self._fitting(room) < self.frames

    def _fitting(self, room: int) -> int:
        return max(room * self.frames // self.prepared.tokens, 1)


Shares = Sequence[Share | None]
"""The files of a message in their order; None for one that is not ready."""


def limits_beside(limits: MediaLimits, shares: Shares, index: int) -> MediaLimits:
    """``limits`` of the whole message, for file ``index`` alone."""
    videos = limits.videos
    if videos is not None:
        before = sum(share is not None and isinstance(share.prepared.part, VideoPart) for share in shares[:index])
        videos = max(videos - before, 0)
    return msgspec.structs.replace(limits, context_tokens_left=_room(limits.context_tokens_left, shares, index), videos=videos)


def outgrown(limits: MediaLimits, shares: Shares) -> list[int]:
    """Which of the ready files have to be prepared anew beside the others."""
    left = limits.context_tokens_left
    return [index for index, share in enumerate(shares) if share is not None and share.outgrown(_room(left, shares, index))]


def settle(limits: MediaLimits, shares: list[Share | None], prepare: Callable[[int, MediaLimits], Prepared]) -> None:
    """Fill ``shares`` with what ``prepare`` makes of each file that is not ready, and again where its share changes. Blocks."""
    for _round in range(_ROUNDS):
        waiting = [index for index, share in enumerate(shares) if share is None] or outgrown(limits, shares)
        for index in waiting:
            own = limits_beside(limits, shares, index)
            shares[index] = Share(prepare(index, own), own.context_tokens_left)
        if not waiting:
            return


def _room(left: int | None, shares: Shares, index: int) -> int | None:
    """Tokens for file ``index``: an equal part for each that could use more than it, what a smaller one needs."""
    if left is None:
        return None
    small = {place: share.prepared.tokens for place, share in enumerate(shares) if share is not None and not share.frames}
    small.pop(index, None)
    while True:
        part = max(left - sum(small.values()), 0) // max(len(shares) - len(small), 1)
        more = {
            place: share.prepared.tokens
            for place, share in enumerate(shares)
            if place not in small and share is not None and not share.full and share.prepared.tokens <= part and place != index
        }
        if not more:
            return part
        small |= more
