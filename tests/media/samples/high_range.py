"""Ten bits, PQ or HLG, as pictures and videos."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import av
from PIL import Image

from tests.media.samples.colour_maths import BT2020, convert, convert_hlg, pq_code
from tests.media.samples.sample import SIZE, Sample, numbered
from tests.media.scheduling import scheduling_kept

_MASTERING = (
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400:hdr10=1:hdr10-opt=1"
)


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """HDR10 with and without mastering metadata, HLG, in the codecs that carry them."""
    pictures = [numbered((index * 7 + random.randrange(3)) % 64) for index in range(8)]
    kinds: list[tuple[str, str, int, str]] = [
        ("hdr10.mp4", "libx265", 16, _MASTERING),
        ("hdr10.mkv", "libx265", 16, _MASTERING),
        ("pq.mp4", "libx265", 16, ""),
        ("hlg.mp4", "libx265", 18, ""),
        ("hlg.mov", "libx265", 18, ""),
        ("pq-av1.webm", "libsvtav1", 16, ""),
        ("hlg-av1.mkv", "libsvtav1", 18, ""),
    ]
    for name, codec, transfer, parameters in kinds:
        code: Callable[[Image.Image], list[float]] = (
            convert_hlg if transfer == 18 else lambda each: convert(each, BT2020, pq_code)
        )
        _video(folder / name, codec, [code(each) for each in pictures], transfer, parameters)
        yield Sample(folder / name, tuple(pictures), mean=9, tile=66 if codec == "libsvtav1" else 34, rate=2.0)


def avif_of(path: Path, codes: list[float], size: tuple[int, int], transfer: int) -> None:
    """One picture as AVIF."""
    _write(path, "libsvtav1", [codes], size, transfer, {"crf": "8", "preset": "8"}, form="avif")


def frame_of(codes: list[float], size: tuple[int, int], transfer: int) -> av.VideoFrame:
    """BT.2020 codes as a frame of 10 bits, studio range, as BT.2100 has its luma and chroma."""
    width, height = size
    red, green, blue = codes[::3], codes[1::3], codes[2::3]
    luma = [0.2627 * r + 0.6780 * g + 0.0593 * b for r, g, b in zip(red, green, blue, strict=True)]
    chroma = (
        [(b - y) / 1.8814 for b, y in zip(blue, luma, strict=True)],
        [(r - y) / 1.4746 for r, y in zip(red, luma, strict=True)],
    )
    frame = av.VideoFrame(width, height, "yuv420p10le")
    _fill(frame, 0, [round(64 + 876 * value) for value in luma], width)
    for index, plane in enumerate(chroma, 1):
        halved = [
            round(512 + 896 * sum(plane[y * width + x + shift] for shift in (0, 1, width, width + 1)) / 4)
            for y in range(0, height, 2)
            for x in range(0, width, 2)
        ]
        _fill(frame, index, halved, width // 2)
    frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = transfer, 9, 9, 1
    return frame


def _fill(frame: av.VideoFrame, index: int, numbers: Sequence[int], width: int) -> None:
    plane = frame.planes[index]
    rows = [
        array.array("H", numbers[at : at + width]).tobytes().ljust(plane.line_size, b"\0") for at in range(0, len(numbers), width)
    ]
    plane.update(b"".join(rows))


def _video(path: Path, codec: str, pictures: Sequence[list[float]], transfer: int, parameters: str) -> None:
    options = {"crf": "10", "preset": "ultrafast"} if codec == "libx265" else {"crf": "10"}
    if codec == "libx265":
        options["x265-params"] = ":".join(filter(None, ("log-level=none", "pools=1", parameters)))
    if codec == "libsvtav1":
        options["preset"] = "10"
    _write(path, codec, pictures, SIZE, transfer, options)


def _write(
    path: Path,
    codec: str,
    pictures: Sequence[list[float]],
    size: tuple[int, int],
    transfer: int,
    options: dict[str, str],
    form: str = "",
) -> None:
    with scheduling_kept(), av.open(str(path), "w", format=form or None) as container:
        stream = container.add_stream(codec, rate=2, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = transfer, 9, 9, 1
        for index, codes in enumerate(pictures):
            frame = frame_of(codes, size, transfer)
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
