"""Finding frames of a video by time, with as little decoding as that takes."""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from minicpm_tui.media.container import Video

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_BACK_SECONDS = 10.0  # before the wanted time, to meet a key frame in a file without an index
_TOLERANCE = 0.0015  # containers round times to milliseconds
_REORDERED = 18  # pictures that H.264 and HEVC hold back to reorder them, and the neighbours
_MOST_ENTRIES = 3_000_000
_INDEXED = {"matroska", "webm", "avi", "mp4", "mov"}

Found = tuple["VideoFrame", float]
"""A frame and its time in seconds."""


class FrameReader:
    """Frames at ascending times. ``check`` is called before each packet and may raise to stop.

    Decoding goes on from where it is, or from the last key frame before the wanted time where that is further; frames that no
    other frame needs are skipped on the way. ``broken`` counts packets that could not be decoded.
    """

    def __init__(self, video: Video, check: Callable[[], None]) -> None:
        self._video = video
        self._check = check
        self._base = float(video.stream.time_base or 1)
        self._keys = self._key_times()
        self._leaps = not self._keys and video.seeks
        self._target = 0.0
        self._decoder = self._decode()
        self._lost = False
        self.broken = 0
        self._shown: Found | None = None
        self._next: Found | None = None

    def at(self, time: float) -> Found | None:
        """The frame that is shown at ``time``: the last that begins no later. The first when all begin later."""
        self._target = time
        key = self._key_before(time) if self._keys or not self._lost else max(0.0, time - _BACK_SECONDS)
        here = self._next or self._shown
        if self._lost or key > (here[1] if here else 0.0) + 2 * self._video.frame_seconds:
            self._leap(key)
        self._advance_to(time)
        for earlier in (self._key_before(key - 2 * _TOLERANCE), 0.0):
            if self._shown is None and earlier < key:  # an index of decoding times may promise a key frame too early
                self._leap(earlier)
                self._advance_to(time)
        return self._shown or self._next

    def near(self, time: float, tolerance: float) -> Found | None:
        """The key frame nearest to ``time`` when it is within ``tolerance`` seconds; else the frame that is shown at ``time``.

        Without an index the container is asked to leap there, until it lands too far away once.
        """
        if self._shown and abs(self._shown[1] - time) <= _TOLERANCE:
            return self._shown
        key = max(0.0, time - tolerance / 2) if self._leaps else self._nearest_key(time)
        if key is not None and abs(key - time) <= tolerance:
            found = self._key_frame(key)
            if found and abs(found[1] - time) <= tolerance:
                return found
            self._leaps = False
        return self.at(time)

    def _advance_to(self, time: float) -> None:
        """Show the last frame that begins by ``time``."""
        self._next = self._next or next(self._decoder, None)
        while self._next is not None and self._next[1] <= time + _TOLERANCE:
            self._shown, self._next = self._next, next(self._decoder, None)

    def _leap(self, key: float) -> None:
        self._seek(key)
        self._decoder = self._decode(from_key=key > 0)

    def _decode(self, *, from_key: bool = False) -> Iterator[Found]:
        """The frames from here on, or from the next key frame on: what comes before it cannot be decoded rightly."""
        video = self._video
        context = video.stream.codec_context
        last = -self._video.frame_seconds
        near: deque[int] = deque(maxlen=_REORDERED)  # when the packets around this one are shown
        for packet, following in _with_next(video.container.demux(video.stream)):
            self._check()
            if from_key and not packet.is_keyframe:
                continue
            from_key = False
            if following is not None and following.pts is not None:
                near.append(following.pts)
            context.skip_frame = "NONREF" if self._is_passed(packet, near) else "DEFAULT"
            for frame in self._pictures(packet):
                time = video.time_of(frame)
                last = last + video.frame_seconds if time is None else time
                yield frame, last

    def _pictures(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """What the packet holds; nothing where it is broken, as a player would go on."""
        import av

        try:
            return packet.decode()
        except av.error.InvalidDataError:
            self.broken += 1
            return []

    def _is_passed(self, packet: Packet[VideoStream], near: Iterable[int]) -> bool:
        """True for a picture that is surely replaced by another before the wanted time.

        Durations do not tell: MP4's are those of decoding, which differ where steps are unequal and frames are reordered.
        """
        wanted = (self._target + self._video.start) / self._base
        return packet.pts is not None and any(packet.pts < other <= wanted for other in near)

    def _seek(self, time: float) -> None:
        """To the last key frame that begins by ``time``."""
        video = self._video
        video.container.seek(round((time + video.start) / self._base), stream=video.stream, backward=True)
        video.stream.codec_context.flush_buffers()
        self._lost = False
        self._shown = self._next = None

    def _key_frame(self, time: float) -> Found | None:
        """The key frame at ``time`` and nothing more."""
        video = self._video
        self._seek(time)
        self._lost = True
        context = video.stream.codec_context
        context.skip_frame = "NONKEY"
        for packet in video.container.demux(video.stream):
            self._check()
            if packet.is_keyframe and (frames := [*self._pictures(packet), *context.decode(None)]):
                at = video.time_of(frames[0])
                return frames[0], time if at is None else at
        return None

    def _key_times(self) -> list[float]:
        """When the key frames are shown, where the file has an index of the whole of it; empty otherwise."""
        video = self._video
        if _INDEXED.isdisjoint(video.container.format.name.split(",")):
            return []
        video.container.seek(video.stream.start_time or 0, stream=video.stream, backward=True)  # Matroska reads its index now
        entries = video.stream.index_entries
        if not 0 < len(entries) <= _MOST_ENTRIES:
            return []
        shift = self._display_delay(entries[0].timestamp) if video.is_iso else 0
        times = sorted((entry.timestamp + shift) * self._base - video.start for entry in entries if entry.is_keyframe)
        last = (entries[len(entries) - 1].timestamp + shift) * self._base - video.start
        return times if last >= 0.9 * video.duration - 15 else []

    def _display_delay(self, first: int) -> int:
        """MP4's index counts decoding times; its first key frame tells how much later they are shown."""
        video = self._video
        packet = next(iter(video.container.demux(video.stream)), None)
        video.container.seek(video.stream.start_time or 0, stream=video.stream, backward=True)
        return 0 if packet is None or packet.pts is None else packet.pts - first

    def _key_before(self, time: float) -> float:
        index = bisect.bisect_right(self._keys, time + _TOLERANCE)
        return self._keys[index - 1] if index else 0.0

    def _nearest_key(self, time: float) -> float | None:
        index = bisect.bisect_left(self._keys, time)
        return min(self._keys[max(index - 1, 0) : index + 1], key=lambda key: abs(key - time), default=None)


def _with_next(packets: Iterable[Packet[VideoStream]]) -> Iterator[tuple[Packet[VideoStream], Packet[VideoStream] | None]]:
    """Each of them and the one behind it."""
    last: Packet[VideoStream] | None = None
    for packet in packets:
        if last is not None:
            yield last, packet
        last = packet
    if last is not None:
        yield last, None
