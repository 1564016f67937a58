"""Formats by name: each with one picture, or an animation."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from tests.media.samples.sample import SIZE, Sample, numbered, scene


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    truth = scene(random)
    yield from _usual(folder, truth)
    yield from _written(folder, truth)
    yield from _animations(folder)


def _usual(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    kinds: dict[str, dict[str, Any]] = {
        "jpg": {"quality": 97, "subsampling": 0},
        "progressive.jpg": {"quality": 97, "subsampling": 0, "progressive": True},
        "png": {},
        "gif": {},
        "bmp": {},
        "webp": {"lossless": True},
        "lossy.webp": {"quality": 97},
        "avif": {"quality": 97, "subsampling": "4:4:4"},
        "tif": {},
        "jp2": {},
        "j2k": {},
        "qoi": {},
        "ppm": {},
        "tga": {},
        "rle.tga": {"compression": "tga_rle"},
    }
    for suffix, options in kinds.items():
        path = folder / f"plain.{suffix}"
        truth.save(path, **options)
        yield Sample(path, (truth,), mean=5, tile=36, silent=True)
    for mode in ("L", "LA", "RGBA", "P"):
        picture = (
            truth.convert("RGBA") if mode == "RGBA" else truth.convert("L").convert(mode) if mode != "P" else truth.quantize(32)
        )
        if mode in {"LA", "RGBA"}:
            picture.putalpha(Image.linear_gradient("L").resize(SIZE))
        white = Image.new("RGBA", SIZE, "white")
        shown = Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
        for suffix in ("tga", "png", "ico") if mode != "LA" else ("tga", "png"):
            path = folder / f"{mode.lower()}.{suffix}"
            options = {"sizes": [SIZE]} if suffix == "ico" else {}
            picture.save(path, **options)
            yield Sample(path, (shown,), mean=4, silent=True)
    sizes = [(16, 16), (48, 48), (256, 256)]
    square = truth.resize((256, 256))
    square.save(folder / "several.ico", sizes=sizes)
    yield Sample(folder / "several.ico", (square,), tile=20, silent=True)


def _written(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    """Formats that nothing here writes, and those that an extra reads."""
    for compressed in (False, True):
        path = folder / f"flat-{compressed}.psd"
        path.write_bytes(_psd(truth, 8, compressed=compressed))
        yield Sample(path, (truth,), silent=True)
    (folder / "deep.psd").write_bytes(_psd(truth, 16))
    yield Sample(folder / "deep.psd", refused="a Photoshop file of a kind")
    (folder / "drawing.svg").write_text(SVG, "utf-8")
    yield Sample(folder / "drawing.svg", (_drawing(),), tile=30, silent=True)
    import pillow_jxl  # noqa: F401  lets Pillow write it

    truth.save(folder / "plain.jxl", quality=97)
    yield Sample(folder / "plain.jxl", (truth,), mean=4, tile=26, silent=True)
    truth.save(folder / "whole.jxl", lossless=True)
    yield Sample(folder / "whole.jxl", (truth,), silent=True)


SVG = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="96" height="64">
<rect width="48" height="64" fill="#c83228"/><rect x="48" width="48" height="32" fill="#3c8c46"/></svg>"""


def _drawing() -> Image.Image:
    picture = Image.new("RGB", SIZE, "white")
    picture.paste((200, 50, 40), (0, 0, 48, 64))
    picture.paste((60, 140, 70), (48, 0, 96, 32))
    return picture


def _psd(picture: Image.Image, bits: int, *, compressed: bool = False) -> bytes:
    """A Photoshop file of one flat picture (Adobe Photoshop File Formats Specification)."""
    width, height = picture.size
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, height, width, bits, 3) + bytes(12)
    planes = [plane.tobytes() for plane in picture.split()]
    if bits == 16:
        planes = [bytes(value for byte in plane for value in (byte, byte)) for plane in planes]
    if not compressed:
        return head + struct.pack(">H", 0) + b"".join(planes)
    rows = [bytes([width - 1]) + plane[at : at + width] for plane in planes for at in range(0, len(plane), width)]
    return head + struct.pack(f">H{len(rows)}H", 1, *(len(row) for row in rows)) + b"".join(rows)


def _animations(folder: Path) -> Iterator[Sample]:
    frames = [numbered(index * 9 % 64) for index in range(7)]
    for suffix in ("gif", "webp", "png", "avif"):
        path = folder / f"moving.{suffix}"
        options: dict[str, Any] = {"lossless": True} if suffix == "webp" else {"quality": 95} if suffix == "avif" else {}
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=500, **options)
        yield Sample(path, tuple(frames), mean=6, tile=60, rate=2.0)
