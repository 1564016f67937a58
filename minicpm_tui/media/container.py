"""A video file, opened with PyAV: read through our own file object, by the demuxer that its bytes ask for."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaTooLarge, MediaUnsupported
from minicpm_tui.families import Size
from minicpm_tui.i18n import _
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.pillow import decoding
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sniff import H264, HEVC

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_PIXELS = 70_000_000
"""Of one frame: twice 8K. A decoder keeps a dozen of them."""

_STILL_CODECS = {"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpegxl"}
"""Of covers, beside a stream of another codec."""

_THREADED_PIXELS = 9_000_000
_MOST_THREADS = 4
_MOST_SECONDS = 100 * 24 * 3600.0


@dataclass(frozen=True)
class Video:
    """An opened video. ``duration`` is in seconds (0 when the file does not say), ``start`` what its first frame is at,
    ``frame_seconds`` how long a frame stands on average, ``has_cover`` that a still beside it is not marked as its cover,
    and ``seeks`` that frames can be found by their time."""

    container: InputContainer
    stream: VideoStream
    start: float
    duration: float
    frame_seconds: float
    has_cover: bool = False
    seeks: bool = True

    @property
    def is_iso(self) -> bool:
        """MP4, QuickTime: whose length counts decoding times, which can end before the last frame is shown."""
        return not {"mp4", "mov"}.isdisjoint(self.container.format.name.split(","))

    @property
    def frames(self) -> int:
        """How many frames it has, as far as the file says; estimated from the rate otherwise."""
        return self.stream.frames or max(1, round(self.duration / self.frame_seconds))

    def time_of(self, frame: VideoFrame) -> float | None:
        """Seconds from the start; None for frames without a time."""
        return None if frame.pts is None else frame.pts * float(self.stream.time_base or 0) - self.start

    def shown_size(self, frame: VideoFrame) -> Size:
        """Pixels as a player shows it: square ones, turned upright."""
        ratio = self.stream.sample_aspect_ratio
        stretch = float(ratio) if ratio and 0.1 < float(ratio) < 10 else 1.0
        size = (max(1, round(frame.width * stretch)), frame.height)
        return (size[1], size[0]) if frame.rotation % 180 else size


@contextlib.contextmanager
def open_video(opened: Opened) -> Iterator[Video]:
    """The video in the file. Raises MediaUnsupported without pictures in it; MediaDamaged."""
    import av

    count = _count(opened) if opened.format in {H264, HEVC} else None
    opened.file.seek(0)
    with decoding(opened.path):
        container = av.open(opened.file, "r", format=opened.format.reader)
    try:
        with decoding(opened.path):
            video = _described(container, opened.path)
            yield video if count is None else replace(video, duration=count * video.frame_seconds, seeks=False)
    finally:
        container.close()


def _count(opened: Opened) -> int:
    """How many frames a stream without a container has: it knows no times, and nothing can be found in it but by reading on."""
    import av

    opened.file.seek(0)
    with decoding(opened.path), av.open(opened.file, "r", format=opened.format.reader) as container:
        return sum(packet.size > 0 for packet in container.demux(video=0))


def _described(container: InputContainer, path: Path) -> Video:
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    moving = [stream for stream in streams if stream.codec_context.name not in _STILL_CODECS]
    has_cover = 0 < len(moving) < len(streams)
    streams = moving or streams
    if not streams:
        raise MediaUnsupported(shown(path), title=_("This video has no pictures"), hint=_("it contains only sound or other data"))
    stream = max(streams, key=lambda each: each.width * each.height)
    pixels = stream.width * stream.height
    if pixels > MAX_PIXELS:
        size = _("{name}: {width}×{height} pixels").format(name=shown(path), width=stream.width, height=stream.height)
        raise MediaTooLarge(size, hint=_("reduce its size first"))
    stream.codec_context.thread_type = "AUTO"
    stream.codec_context.thread_count = min(_MOST_THREADS, os.cpu_count() or 1) if pixels <= _THREADED_PIXELS else 1
    base = float(stream.time_base or 0)
    start = (stream.start_time or 0) * base
    duration = (stream.duration or 0) * base or (container.duration or 0) / 1_000_000
    if "matroska" in container.format.name and start < duration:
        duration -= start  # it counts from the time 0, whenever the first frame comes
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    return Video(
        container=container,
        stream=stream,
        start=start,
        duration=duration if math.isfinite(duration) and 0 < duration < _MOST_SECONDS else 0.0,
        frame_seconds=1 / rate if rate > 0 else 0.04,
        has_cover=has_cover,
    )


def _is_cover(stream: VideoStream) -> bool:
    """A still picture that music files carry."""
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)
