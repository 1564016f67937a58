"""What one file of a message may take beside the others: its videos share the room that the conversation leaves. Pure.

A picture costs what it costs; a video takes as many frames as its share allows. One that is short leaves the rest to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from minicpm_tui.media.spec import AttachmentSpec, MediaInfo, MediaLimits, Prepared
from minicpm_tui.messages import VideoPart


@dataclass(eq=False)
class MessageFile:
    """A file of a message: what is wanted of it, what it is once that is known, and what is sent of it once it is ready.

    ``room`` are the tokens that it was prepared for (None: any number). ``fixed``: it is sent as it is.
    """

    spec: AttachmentSpec
    info: MediaInfo | None = None
    prepared: Prepared | None = None
    room: int | None = None
    fixed: bool = False

    @property
    def moving(self) -> bool:
        """It is sent as a video, as far as is known."""
        if self.prepared is not None:
            return isinstance(self.prepared.part, VideoPart)
        return self.info is not None and (self.info.kind == "video" or self.info.animated)

    @property
    def frames(self) -> int:
        """Frames that could be fewer or more; 0 for a picture, a whole file, and what is not ready."""
        part = self.prepared.part if self.prepared is not None and not self.fixed else None
        return len(part.frames) if isinstance(part, VideoPart) else 0

    @property
    def tokens(self) -> int:
        """What it costs; 0 while it is not ready."""
        return self.prepared.tokens if self.prepared is not None else 0

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

    def take(self, prepared: Prepared, limits: MediaLimits) -> None:
        """It is ready: ``prepared`` was made for its own ``limits``."""
        self.prepared, self.room = prepared, limits.context_tokens_left

    def _fitting(self, room: int) -> int:
        return max(room * self.frames // self.tokens, 1)


File = TypeVar("File", bound=MessageFile)


def limits_beside(limits: MediaLimits, files: Sequence[MessageFile], file: MessageFile) -> MediaLimits:
    """``limits`` of the whole message, for ``file`` alone, which is one of its ``files``."""
    videos = limits.videos
    if videos is not None:
        videos = max(videos - sum(each.moving for each in files[: files.index(file)]), 0)
    return msgspec.structs.replace(limits, context_tokens_left=_room(limits.context_tokens_left, files, file), videos=videos)


def outgrown(limits: MediaLimits, files: Sequence[File]) -> list[File]:
    """Which of the ready ``files`` have to be prepared anew beside the others."""
    return [file for file in files if file.outgrown(_room(limits.context_tokens_left, files, file))]


def alike(one: MediaLimits, other: MediaLimits) -> bool:
    """Limits that differ in what is left for a message alone, or not at all."""
    return msgspec.structs.replace(one, context_tokens_left=other.context_tokens_left, videos=other.videos) == other


def _room(left: int | None, files: Sequence[MessageFile], file: MessageFile) -> int | None:
    """Tokens for ``file``: an equal part for each that could use more than it, what a smaller one needs."""
    if left is None:
        return None
    others = [each for each in files if each is not file]
    small = {each for each in others if each.prepared is not None and not each.frames}
    while True:
        part = max(left - sum(each.tokens for each in small), 0) // (len(others) - len(small) + 1)
        more = {each for each in others if each.prepared is not None and not each.full and each.tokens <= part} - small
        if not more:
            return part
        small |= more
