"""Pictures that are stored lying on their side, and files that hold several pictures."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image
from PIL.Image import Transpose

from tests.media.samples.png_files import chunk, png, xmp
from tests.media.samples.sample import SIZE, Sample, scene

_STORED = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    "<rdf:Description {}/></rdf:RDF></x:xmpmeta>"
)
_TIFF_NS = 'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{}"'


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    yield from _orientations(folder, scene(random))
    yield from _several(folder, random)
    yield from _marked(folder, scene(random))


def stored(picture: Image.Image, turn: int) -> Image.Image:
    """The pixels that EXIF orientation ``turn`` turns into ``picture``."""
    return picture.transpose(_STORED[turn]) if turn in _STORED else picture


def _orientations(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    for turn in range(1, 9):
        lying, exif = stored(truth, turn), Image.Exif()
        exif[0x0112] = turn
        told = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
        for suffix in ("jpg", "webp", "tif", "avif"):
            path = folder / f"turned-{turn}.{suffix}"
            options: dict[str, Any] = {"quality": 97} if suffix == "avif" else {"lossless": True, "subsampling": 0, "quality": 97}
            lying.save(path, exif=exif, **options)
            yield Sample(path, (truth,), mean=4, tile=50 if suffix == "avif" else 26, silent=True)
        said = xmp(_XMP.format(_TIFF_NS.format(turn)))
        for name, before, after in (
            ("exif", told, b""),
            ("exif-behind", b"", told),
            ("xmp", said, b""),
            ("xmp-behind", b"", said),
        ):
            path = folder / f"turned-{turn}-{name}.png"
            path.write_bytes(png(lying, before, after))
            yield Sample(path, (truth,), silent=True)


def _several(folder: Path, random: Random) -> Iterator[Sample]:
    import pillow_heif

    burst = [scene(random) for _ in range(3)]
    heif: Any = pillow_heif.HeifFile()  # type: ignore[no-untyped-call]
    for each in burst:
        heif.add_from_pillow(each)
    heif.save(folder / "burst.heic", quality=95, chroma=444, primary_index=1)
    yield Sample(folder / "burst.heic", (burst[1],), mean=4, tile=20, says=("3 pictures",))
    burst[0].save(folder / "phone.mpo", save_all=True, append_images=burst[1:2], quality=95, subsampling=0)
    yield Sample(folder / "phone.mpo", (burst[0],), mean=4, tile=20)
    still = burst[0]
    still.save(folder / "live.jpg", quality=95, subsampling=0)
    marker = b"com.apple.quicktime.content.identifier"
    (folder / "live.mov").write_bytes(
        struct.pack(">I4s4sI", 16, b"ftyp", b"qt  ", 0) + struct.pack(">I4s", 8 + len(marker), b"free") + marker
    )
    yield Sample(folder / "live.jpg", (still,), mean=4, tile=20, says=("live.mov",))


def _marked(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    """Pictures that XMP says to be more than flat ones."""
    pano = 'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" GPano:ProjectionType="equirectangular"'
    motion = 'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"'
    for name, mark, words in (("sphere", pano, "all around"), ("motion", motion, "video")):
        for suffix in ("jpg", "png", "webp"):
            path = folder / f"{name}.{suffix}"
            said = _XMP.format(mark)
            if suffix == "png":
                path.write_bytes(png(truth, xmp(said)))
            else:
                truth.save(path, xmp=said.encode(), quality=97, subsampling=0)
            yield Sample(path, (truth,), mean=5, tile=36, says=(words,))
    stereo = Image.new("RGB", SIZE, "gray")
    truth.save(folder / "stereo.mpo", save_all=True, append_images=[stereo], quality=95, subsampling=0)
    data = bytearray((folder / "stereo.mpo").read_bytes())
    table = data.index(b"MPF\0")
    entry = data.rindex(struct.pack("<I", 0x030000), table, table + int.from_bytes(data[table - 2 : table], "big"))
    struct.pack_into("<I", data, entry, 0x020002)  # its picture is one of two for two eyes (CIPA DC-007)
    (folder / "stereo.mpo").write_bytes(data)
    yield Sample(folder / "stereo.mpo", (truth,), mean=4, tile=20, says=("stereo",))
