"""Harmless, valid files that cost much to read, made from a seed: ``python -m tests.benchmarks.costly_media FOLDER [NAME…]``."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Callable
from pathlib import Path

import av
from PIL import Image

SEED = 20
SIDE = 10_900
"""Pixels a side of what has 119 megapixels."""


def texture(size: tuple[int, int], seed: int = SEED) -> Image.Image:
    """A soft picture of ``size``, the same for a seed."""
    small = Image.frombytes("RGB", (64, 64), random.Random(seed).randbytes(3 * 64 * 64))
    return small.resize(size, Image.Resampling.BILINEAR)


def avif(path: Path) -> None:
    texture((SIDE, SIDE)).save(path, "AVIF", quality=60, speed=10)


def webp(path: Path) -> None:
    texture((7900, 7900)).save(path, "WEBP", quality=70, method=0)


def gif(path: Path) -> None:
    """Thirty specks on a canvas that claims 119 megapixels; 10 kB."""
    palette = [index // 3 for index in range(768)]
    head = b"GIF89a" + 2 * SIDE.to_bytes(2, "little") + b"\xf7\x00\x00" + bytes(palette)
    speck = Image.frombytes("P", (16, 16), random.Random(SEED).randbytes(256))
    speck.putpalette(palette)
    buffer = io.BytesIO()
    speck.save(buffer, "GIF", optimize=False)
    data = buffer.getvalue()
    frame = data[data.rindex(b"\x2c\x00\x00\x00\x00\x10\x00\x10") : -1]
    pause = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
    path.write_bytes(head + (pause + frame) * 30 + b"\x3b")


def ppm(path: Path) -> None:
    """A small picture behind a comment of four megabytes."""
    comment = bytes(random.Random(SEED).choices(b"abcdefghij klmnop", k=4_000_000))
    path.write_bytes(b"P6\n#" + comment + b"\n640 480\n255\n" + texture((640, 480)).tobytes())


def pdf(path: Path) -> None:
    """A hundred thousand empty pages."""
    pages = 100_000
    kids = b" ".join(b"%d 0 R" % number for number in range(3, pages + 3))
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids)]
    bodies += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]>>"] * pages
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, table)
    path.write_bytes(out)


def video(path: Path) -> None:
    """Ten seconds of 8K with a single key frame."""
    size, frames = (7680, 4320), 300
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = frames
        stream.options = {"preset": "ultrafast", "crf": "35", "sc_threshold": "0", "keyint_min": str(frames)}
        pictures = [_frame(size, SEED + number) for number in range(3)]
        for number in range(frames):
            frame = pictures[number % 3]
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _frame(size: tuple[int, int], seed: int) -> av.VideoFrame:
    return av.VideoFrame.from_bytes(texture(size, seed).tobytes(), *size, format="rgb24").reformat(format="yuv420p")


MAKERS: dict[str, Callable[[Path], None]] = {
    "119 MP.avif": avif,
    "63 MP.webp": webp,
    "claims 119 MP.gif": gif,
    "4 MB comment.ppm": ppm,
    "100000 pages.pdf": pdf,
    "8K one key frame.mp4": video,
}


def costly_media(folder: Path, names: list[str] | None = None) -> list[Path]:
    """The files of those ``names`` (all) in ``folder``; what is there already is kept."""
    paths = []
    for name in names or MAKERS:
        path = folder / name
        if not path.exists():
            unfinished = path.with_name(f"unfinished-{name}")
            MAKERS[name](unfinished)
            unfinished.rename(path)
        paths.append(path)
    return paths


if __name__ == "__main__":
    costly_media(Path(sys.argv[1]), sys.argv[2:])
