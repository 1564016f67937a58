"""Videos: containers, turns, covers, sizes that change, and what loses frames when the whole file is sent."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import av
from PIL import Image

from tests.media.making import CODECS
from tests.media.samples.sample import SIZE, Sample, numbered
from tests.media.scheduling import scheduling_kept

_CODECS = {**CODECS, "ogv": "libvpx"}
_LOSSY = 46


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    start = random.randrange(8)
    pictures = [numbered((start + index * 5) % 64) for index in range(10)]
    for suffix in _CODECS:
        yield _sample(clip(folder / f"plain.{suffix}", pictures), pictures)
    for name, codec in (
        ("raw.h264", "libx264"),
        ("raw.h265", "libx265"),
        ("plain-hevc.mp4", "libx265"),
        ("plain-av1.mp4", "libsvtav1"),
        ("vp9.webm", "libvpx-vp9"),
    ):
        yield _sample(clip(folder / name, pictures, codec=codec), pictures, rate=25.0 if name.startswith("raw") else 2.0)
    for name in ("one.ogv", "one.mp4", "one.webm", "one.h264"):
        yield _sample(clip(folder / name, pictures[:1], codec="libx264" if "264" in name else ""), pictures[:1])
    for turn in (90, 180, 270):
        upright = [each.rotate(turn, expand=True) for each in pictures]
        yield _sample(clip(folder / f"rotated-{turn}.mp4", pictures, rotation=turn), upright)
    wide = [each.resize((SIZE[0] * 4 // 3, SIZE[1])) for each in pictures]
    yield _sample(clip(folder / "anamorphic.mkv", pictures, aspect=Fraction(4, 3)), wide)
    yield from _covers(folder, pictures)
    yield from _changing(folder, pictures)
    yield from _marked(folder, pictures)
    yield from _whole(folder, pictures)


def _sample(path: Path, pictures: Sequence[Image.Image], *, says: tuple[str, ...] = (), rate: float = 2.0) -> Sample:
    return Sample(path, tuple(pictures), mean=8, tile=_LOSSY, rate=rate, says=says)


def clip(
    path: Path,
    pictures: Sequence[Image.Image],
    *,
    codec: str = "",
    rotation: int = 0,
    aspect: Fraction | None = None,
    times: Sequence[int] = (),
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Two pictures a second, or at ``times`` in milliseconds."""
    form = {".h265": "hevc", ".ogv": "ogg"}.get(path.suffix)
    with scheduling_kept(), av.open(str(path), "w", format=form, container_options=options or {}) as container:
        codec = codec or _CODECS[path.suffix[1:]]
        stream = container.add_stream(codec, rate=1000 if times else 2, options=_options(codec))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *pictures[0].size, "yuv420p"
        stream.metadata.update(metadata or {})
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if codec in {"libvpx", "mpeg4"}:
            stream.codec_context.bit_rate = 3_000_000
        if rotation:
            stream.set_display_rotation(rotation)
        for index, picture in enumerate(pictures):
            frame = frame_of(picture)
            frame.pts = times[index] if times else index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def frame_of(picture: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_bytes(picture.convert("RGBA").tobytes(), *picture.size, format="rgba")


def _options(codec: str) -> dict[str, str]:
    return {
        "libx264": {"preset": "ultrafast", "crf": "10"},
        "libx265": {"preset": "ultrafast", "crf": "12", "x265-params": "log-level=none:pools=1"},
        "libsvtav1": {"preset": "10", "crf": "12"},
        "libvpx-vp9": {"crf": "10", "b": "0", "deadline": "realtime"},
    }.get(codec, {})


def _covers(folder: Path, pictures: Sequence[Image.Image]) -> Iterator[Sample]:
    """A cover that is larger than the video and that nothing marks as one."""
    for suffix in ("mkv", "mp4"):
        path = folder / f"cover.{suffix}"
        with av.open(str(path), "w") as container:
            cover = container.add_stream("mjpeg", rate=1)
            stream = container.add_stream("libx264", rate=2, options=_options("libx264"))
            assert isinstance(stream, av.VideoStream)
            assert isinstance(cover, av.VideoStream)
            cover.width, cover.height, cover.pix_fmt = 320, 320, "yuvj420p"
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            still = frame_of(Image.new("RGB", (320, 320), "purple")).reformat(format="yuvj420p")
            still.pts = 0
            container.mux(cover.encode(still))
            container.mux(cover.encode(None))
            for index, picture in enumerate(pictures):
                frame = frame_of(picture)
                frame.pts = index
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        yield _sample(path, pictures)


def _changing(folder: Path, pictures: Sequence[Image.Image]) -> Iterator[Sample]:
    """The second half of the recording has another shape: it is shown whole, with black beside it."""
    half = len(pictures) // 2
    tall = [numbered(40 + index, (SIZE[1], SIZE[0])) for index in range(half)]
    fitted = []
    for each in tall:
        scale = SIZE[1] / each.height
        small = each.resize((round(each.width * scale), SIZE[1]))
        canvas = Image.new("RGB", SIZE)
        canvas.paste(small, ((SIZE[0] - small.width) // 2, 0))
        fitted.append(canvas)
    for suffix in ("ts", "h264"):
        path = folder / f"changing.{suffix}"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=2, options=_options("libx264"))
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            shown = 0
            for part in (pictures[:half], tall):
                encoder = av.CodecContext.create("libx264", "w")
                assert isinstance(encoder, av.VideoCodecContext)
                encoder.width, encoder.height, encoder.pix_fmt = *part[0].size, "yuv420p"
                encoder.time_base, encoder.framerate = Fraction(1, 2), Fraction(2)
                encoder.options = {**_options("libx264"), "x264-params": "repeat-headers=1:bframes=0"}
                for picture in [*part, None]:
                    frame = None if picture is None else frame_of(picture).reformat(format="yuv420p")
                    if frame is not None:
                        frame.pts, frame.time_base, shown = shown, Fraction(1, 2), shown + 1
                    for packet in encoder.encode(frame):
                        packet.stream = stream
                        container.mux(packet)
        yield _sample(path, [*pictures[:half], *fitted], says=("changes its size",), rate=25.0 if suffix == "h264" else 2.0)


def _marked(folder: Path, pictures: Sequence[Image.Image]) -> Iterator[Sample]:
    """All around (Google's Spherical Video V1) and two eyes side by side (Matroska's StereoMode)."""
    path = clip(folder / "sphere.mp4", pictures)
    data = path.read_bytes()
    xml = (
        b'<?xml version="1.0"?><rdf:SphericalVideo xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/"><GSpherical:Spherical>true</GSpherical:Spherical>'
        b"<GSpherical:StitchingSoftware>none</GSpherical:StitchingSoftware><GSpherical:Stitched>true</GSpherical:Stitched><GSpherical:ProjectionType>equirectangular</GSpherical:ProjectionType></rdf:SphericalVideo>"
    )
    box = struct.pack(">I4s", 24 + len(xml), b"uuid") + bytes.fromhex("ffcc8263f8554a938814587a02521fdd") + xml
    changed = bytearray(data)
    trak = data.index(b"trak") - 4
    end = trak + int.from_bytes(data[trak : trak + 4], "big")
    for at in (data.index(b"moov") - 4, trak):
        struct.pack_into(">I", changed, at, int.from_bytes(data[at : at + 4], "big") + len(box))
    path.write_bytes(changed[:end] + box + changed[end:])
    yield _sample(path, pictures, says=("all around",))
    yield _sample(clip(folder / "stereo.mkv", pictures, metadata={"stereo_mode": "left_right"}), pictures, says=("two eyes",))


def _whole(folder: Path, pictures: Sequence[Image.Image]) -> Iterator[Sample]:
    """Files that the server's own decoder reads wrongly as a whole: that is said."""
    clip(folder / "no-length.webm", pictures, options={"live": "1"})
    clip(folder / "uneven.mkv", pictures, times=[0, 100, 200, 300, 2000, 4000, 6000, 6100, 6200, 9000])
    for name, words in (
        ("no-length.webm", "length"),
        ("uneven.mkv", "uneven"),
        ("anamorphic.mkv", "not square"),
        ("cover.mkv", "cover"),
    ):
        yield Sample(folder / name, says=(words, "frames"), wishes={"original": True})
    yield Sample(folder / "plain.mp4", silent=True, wishes={"original": True})
