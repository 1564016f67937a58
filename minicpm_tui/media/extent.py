"""How long a video is and when its last frame begins: by its packets where the file's own word is not enough. Decodes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from minicpm_tui.media.container import Video

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_TAIL_SECONDS = 30
"""Of packets are read at most to know the end of a file that says its length."""


class Extent(NamedTuple):
    """Seconds: the end of the last frame, and its beginning."""

    length: float
    last: float


def extent(video: Video, check: Callable[[], None]) -> Extent:
    """Of an opened video; reads all of a file that does not say its length. ``check`` is called before each packet.

    The video is at its beginning again. Raises what ``check`` raises and PyAV's errors.
    """
    said = Extent(video.duration, max(0.0, video.duration - video.frame_seconds))
    if video.duration and not video.is_iso:
        return said
    tail = _last(video, _tail(video, check) if video.duration else _packets(video, 0.0, check))
    _seek(video, 0.0)
    return Extent(max(tail.length, said.length), tail.last) if tail else said


def _last(video: Video, packets: Iterator[Packet[VideoStream]]) -> Extent | None:
    """The end of the last frame in ``packets``, which come in the order of decoding."""
    base = float(video.stream.time_base or 0)
    shown = ((packet.pts, packet.duration or 0) for packet in packets if packet.pts is not None and not packet.is_discard)
    pts, duration = max(shown, default=(None, 0))
    return None if pts is None else Extent((pts + duration) * base - video.start, pts * base - video.start)


def _tail(video: Video, check: Callable[[], None]) -> Iterator[Packet[VideoStream]]:
    """The packets from the last key frame on, unless that is far from the end."""
    base = float(video.stream.time_base or 0)
    for packet in _packets(video, video.duration, check):
        if packet.dts is not None and packet.dts * base - video.start < video.duration - _TAIL_SECONDS:
            return
        yield packet


def _packets(video: Video, since: float, check: Callable[[], None]) -> Iterator[Packet[VideoStream]]:
    import av

    _seek(video, since)
    try:
        for packet in video.container.demux(video.stream):
            check()
            yield packet
    except av.error.InvalidDataError:  # the file breaks off
        return


def _seek(video: Video, time: float) -> None:
    base = float(video.stream.time_base or 1)
    video.container.seek(round((time + video.start) / base), stream=video.stream, backward=True)
