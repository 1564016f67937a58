"""Camera raw: small first pictures, larger JPEGs within, or none."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random

from PIL import Image

from tests.media.samples.sample import Sample, scene
from tests.media.samples.tiff_files import Page, Tag, page, tiff
from tests.media.samples.turned import stored

_LARGE, _SMALL = (1200, 800), (160, 120)
_CFA = 32803


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    truth = scene(random, _LARGE)
    small = truth.resize(_SMALL)
    yield from _tiffs(folder, truth, small)
    yield from _others(folder, truth, small)
    yield from _without_jpeg(folder)


def jpeg(picture: Image.Image, turn: int = 1) -> bytes:
    """Without EXIF unless it is turned."""
    buffer, exif = io.BytesIO(), Image.Exif()
    if turn != 1:
        exif[0x0112] = turn
    picture.save(buffer, "JPEG", quality=95, subsampling=0, exif=exif if turn != 1 else b"")
    return buffer.getvalue()


def _thumbnail(small: Image.Image, more: dict[int, Tag], children: list[Page]) -> Page:
    made = page(small.size, [small.tobytes()], bits=[8, 8, 8], photometric=2, more={254: ("L", [1]), **more})
    made.children += children
    return made


def _sensor(size: tuple[int, int] = (600, 400)) -> Page:
    half = size[0] // 2
    mosaic = struct.pack(f"<{size[0]}H", *[6000] * half, *[300] * (size[0] - half)) * size[1]
    return page(
        size, [mosaic], bits=[16], photometric=_CFA, more={254: ("L", [0]), 33421: ("H", [2, 2]), 33422: ("B", [0, 1, 1, 2])}
    )


def _preview(data: bytes, size: tuple[int, int]) -> Page:
    return page(size, [data], bits=[8, 8, 8], photometric=6, compression="jpeg", more={254: ("L", [1])})


def _tiffs(folder: Path, truth: Image.Image, small: Image.Image) -> Iterator[Sample]:
    dng: dict[int, Tag] = {50706: ("B", [1, 4, 0, 0])}
    nikon: dict[int, Tag] = {271: ("A", b"NIKON CORPORATION\0")}
    sony: dict[int, Tag] = {271: ("A", b"SONY\0")}
    for name, tags in (("a.dng", dng), ("a.nef", nikon), ("a.arw", sony)):
        for turn in (1, 6, 8):
            more: dict[int, Tag] = {**tags, 274: ("H", [turn])}
            lying = stored(truth, turn)
            children = [_sensor(), _preview(jpeg(lying), lying.size)]
            path = folder / f"{turn}-{name}"
            path.write_bytes(tiff([_thumbnail(stored(small, turn), more, children)], ">" if name == "a.nef" else "<"))
            yield Sample(path, (truth,), mean=4, tile=20, says=("camera raw", "1200×800"))
    first = page(truth.size, [jpeg(truth)], bits=[8, 8, 8], photometric=6, compression="jpeg", more={271: ("A", b"Canon\0")})
    (folder / "a.cr2").write_bytes(tiff([first, _sensor()], start=b"II*\0\x10\0\0\0CR\x02\0"))
    yield Sample(folder / "a.cr2", (truth,), mean=4, tile=20, says=("camera raw",))


def _others(folder: Path, truth: Image.Image, small: Image.Image) -> Iterator[Sample]:
    """Files that begin like TIFFs and are none, and boxes."""
    tags: dict[int, Tag] = {271: ("A", b"OLYMPUS\0"), 37500: ("U", b"OLYMPUS\0" + jpeg(truth))}
    (folder / "a.orf").write_bytes(tiff([page((600, 400), [bytes(1000)], bits=[16], photometric=_CFA, more=tags)], start=b"IIRO"))
    tags = {0x2E: ("U", jpeg(stored(truth, 6), 6)), 274: ("H", [6])}
    (folder / "a.rw2").write_bytes(tiff([Page(tags, [])], start=b"IIU\0"))
    header = b"FUJIFILMCCD-RAW 0201FF383501X-T4".ljust(84, b"\0")
    (folder / "a.raf").write_bytes(header + struct.pack(">II", 160, len(jpeg(truth))) + bytes(68) + jpeg(truth) + bytes(5000))
    boxes = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"crx ", 1, b"crx ", b"isom")
    content = bytes(30) + jpeg(small) + bytes(40) + jpeg(truth) + bytes(900)
    (folder / "a.cr3").write_bytes(boxes + struct.pack(">I4s", 8 + len(content), b"mdat") + content)
    for suffix in ("orf", "rw2", "raf", "cr3"):
        yield Sample(folder / f"a.{suffix}", (truth,), mean=4, tile=20, says=("camera raw",))


def _without_jpeg(folder: Path) -> Iterator[Sample]:
    """Nothing but the sensor's values and a thumbnail of another colour: LibRaw develops them."""
    (folder / "sensor.dng").write_bytes(sensor_alone())
    truth = Image.new("RGB", (600, 400), (40, 40, 40))
    truth.paste("white", (0, 0, 300, 400))
    yield Sample(folder / "sensor.dng", (truth,), mean=40, tile=255, says=("developed",))


def sensor_alone() -> bytes:
    """A DNG without a JPEG."""
    dng: dict[int, Tag] = {50706: ("B", [1, 4, 0, 0]), 274: ("H", [1])}
    return tiff([_thumbnail(Image.new("RGB", _SMALL, "navy"), dng, [_sensor()])])
