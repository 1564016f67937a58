"""Test media, made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
Colour = tuple[int, ...]

CODECS = {
    "mp4": "libx264",
    "mov": "libx264",
    "mkv": "libx264",
    "avi": "mpeg4",
    "webm": "libvpx",
    "ts": "libx264",
    "flv": "libx264",
}


def quarters(size: tuple[int, int] = (80, 60)) -> Image.Image:
    """Red, green / blue, white: tells every turn and mirror apart."""
    image = Image.new("RGB", (2, 2))
    image.putdata([RED, GREEN, BLUE, WHITE])
    return image.resize(size, Image.Resampling.NEAREST)


def photo(size: tuple[int, int]) -> Image.Image:
    """Soft shapes with some texture."""
    base = Image.merge("RGB", [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L").rotate(90)])
    texture = Image.effect_noise((size[0] // 8, size[1] // 8), 30).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    return Image.blend(base.resize(size), texture, 0.4)


def corners(image: Image.Image) -> list[Colour]:
    """The colours in the middle of the four quarters, row by row."""
    rgb, (width, height) = image.convert("RGB"), image.size
    spots = [(x, y) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return [pixel for spot in spots if isinstance(pixel := rgb.getpixel(spot), tuple)]


def near(ours: Colour, theirs: Colour, by: int = 6) -> bool:
    return all(abs(one - other) <= by for one, other in zip(ours, theirs, strict=True))


def numbered(index: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture that says ``index`` (0 to 255) in eight upright bars, so that no codec can blur it away."""
    bars = Image.new("L", (8, 1))
    bars.putdata([255 * (index >> bit & 1) for bit in range(8)])
    return bars.resize(size, Image.Resampling.NEAREST).convert("RGB")


def number_of(image: Image.Image) -> int:
    """The ``index`` in a picture that was ``numbered``."""
    bars = image.convert("L").resize((8, 1), Image.Resampling.BOX).tobytes()
    return sum((level > 127) << bit for bit, level in enumerate(bars))


def scan(path: Path, pictures: Sequence[tuple[int, str]]) -> Path:
    """A TIFF of plain pictures: kind (1 is a reduced copy of another picture) and colour of each."""
    with AppendingTiffWriter(str(path), new=True) as out:
        for kind, colour in pictures:
            Image.new("RGB", (40, 30), colour).save(out, "TIFF", tiffinfo={254: kind})
            out.newFrame()
    return path


def clip(
    path: Path,
    frames: int,
    *,
    rate: int = 10,
    size: tuple[int, int] = (64, 48),
    gop: int = 12,
    rotation: int = 0,
    pictures: Sequence[Image.Image] = (),
    times: Sequence[int] = (),
    **stream_options: Any,
) -> Path:
    """A video whose frame ``i`` is ``numbered(i % 256)`` or ``pictures[i]``; ``times`` are milliseconds for unequal steps."""
    container = av.open(str(path), "w")
    stream = container.add_stream(CODECS[path.suffix[1:]], rate=1000 if times else rate)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.gop_size = gop
    for name, value in stream_options.items():
        setattr(stream.codec_context, name, value)
    if rotation:
        stream.set_display_rotation(rotation)
    if stream.codec_context.name == "libx264":
        quality = {} if "bit_rate" in stream_options else {"crf": "10"}
        stream.options = {"preset": "ultrafast", "bf": "2", **quality}
    for index in range(frames):
        image = pictures[index] if pictures else numbered(index % 256, size)
        frame = av.VideoFrame.from_bytes(image.convert("RGBA").tobytes(), *size, format="rgba")
        frame.pts = times[index] if times else index
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    container.close()
    return path
