"""Pictures of instruments: more than eight bits, signed, floating point, many channels, stacks."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from PIL import Image, ImageCms

from tests.media.samples.sample import SIZE, Sample, scene, values
from tests.media.samples.tiff_files import Page, Tag, page, tiff

_LETTERS = {
    (8, 1): "B",
    (8, 2): "b",
    (16, 1): "H",
    (16, 2): "h",
    (32, 1): "I",
    (32, 2): "i",
    (32, 3): "f",
    (64, 3): "d",
    (16, 3): "e",
}


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    colour = scene(random)
    grey = colour.convert("L")
    yield from _depths(folder, grey)
    yield from _colours(folder, colour)
    yield from _layouts(folder, grey, colour)
    yield from _kinds(folder, colour, grey)
    yield from _stack(folder, random)


def samples(picture: Image.Image, bits: int, form: int, top: float, low: float = 0.0, order: str = "<") -> bytes:
    """A picture's values, spread from ``low`` to ``top``."""
    spread = [low + value * (top - low) for value in values(picture)]
    numbers = spread if form == 3 else [round(value) for value in spread]
    return struct.pack(f"{order}{len(numbers)}{_LETTERS[bits, form]}", *numbers)


def _depths(folder: Path, grey: Image.Image) -> Iterator[Sample]:
    """One channel: bits, SampleFormat, the value of black and of white, and whether a note tells of the mapping."""
    kinds: list[tuple[str, int, int, float, float, bool]] = [
        ("8", 8, 1, 0, 255, False),
        ("16", 16, 1, 0, 65535, False),
        ("10in16", 16, 1, 0, 1023, True),
        ("12in16", 16, 1, 0, 4095, True),
        ("14in16", 16, 1, 0, 16383, True),
        ("signed16", 16, 2, -1024, 3071, True),
        ("signed16positive", 16, 2, 0, 4095, True),
        ("signed8", 8, 2, -100, 100, True),
        ("uint32", 32, 1, 0, 4_000_000_000, True),
        ("uint32of16", 32, 1, 0, 65535, True),
        ("int32", 32, 2, 0, 1_000_000, True),
        ("int32signed", 32, 2, -70_000, 200_000, True),
        ("float", 32, 3, 0, 1, False),
        ("floatlarge", 32, 3, 0, 22_000, True),
        ("floatsmall", 32, 3, 0, 0.003, True),
        ("floatsigned", 32, 3, -1.5, 2.5, True),
        ("double", 64, 3, 0, 1, False),
        ("doublelarge", 64, 3, -40, 3.2e6, True),
        ("half", 16, 3, 0, 1, False),
    ]
    for (name, bits, form, low, top, noted), order in itertools.product(kinds, "<>"):
        path = folder / f"grey-{name}-{'le' if order == '<' else 'be'}.tif"
        path.write_bytes(tiff([page(SIZE, [samples(grey, bits, form, top, low, order)], bits=[bits], form=form)], order))
        yield Sample(path, (grey.convert("RGB"),), mean=2, tile=10, says=("shown as",) if noted else (), silent=not noted)
    path = folder / "grey-declared.tif"
    more: dict[int, Tag] = {280: ("H", [0]), 281: ("H", [30000])}
    path.write_bytes(tiff([page(SIZE, [samples(grey, 16, 1, 30000)], bits=[16], more=more)]))
    yield Sample(path, (grey.convert("RGB"),), says=("30,000",))
    path = folder / "float-holes.tif"
    holes = [math.nan if index % 17 == 0 else 5 * value for index, value in enumerate(values(grey))]
    path.write_bytes(tiff([page(SIZE, [struct.pack(f"<{len(holes)}f", *holes)], bits=[32], form=3)]))
    truth = grey.copy()
    truth.putdata([0 if index % 17 == 0 else value for index, value in enumerate(grey.tobytes())])
    yield Sample(path, (truth.convert("RGB"),), says=("shown as",))
    for name, wish, low, top in (("window", "1000,3000", 1000, 3000), ("fit", "fit", 500, 3500), ("full", "full", 0, 65535)):
        path = folder / f"scale-{name}.tif"
        path.write_bytes(tiff([page(SIZE, [samples(grey, 16, 1, 3500, 500)], bits=[16])]))
        shown = [min(1.0, max(0.0, (500 + value * 3000 - low) / (top - low))) for value in values(grey)]
        truth = grey.copy()
        truth.putdata([round(255 * value) for value in shown])
        yield Sample(path, (truth.convert("RGB"),), wishes={"scale": wish})


def _colours(folder: Path, colour: Image.Image) -> Iterator[Sample]:
    """Three channels and more."""
    kinds = [
        ("16", 16, 1, 65535),
        ("12in16", 16, 1, 4095),
        ("float", 32, 3, 1),
        ("floatlarge", 32, 3, 900),
        ("uint32", 32, 1, 2_000_000),
    ]
    for (name, bits, form, top), order, planar in itertools.product(kinds, "<>", (1, 2)):
        planes = [samples(each, bits, form, top, order=order) for each in colour.split()]
        strips = planes if planar == 2 else [samples(colour, bits, form, top, order=order)]
        path = folder / f"rgb-{name}-{'le' if order == '<' else 'be'}-{planar}.tif"
        path.write_bytes(tiff([page(SIZE, strips, bits=[bits] * 3, form=form, photometric=2, planar=planar)], order))
        yield Sample(path, (colour,), mean=2, tile=10)
    for count, bits, photometric in ((5, 8, 1), (5, 16, 1), (5, 8, 2), (2, 8, 1), (2, 16, 1), (4, 16, 1), (7, 8, 2)):
        bands = [*colour.split(), colour.convert("L"), colour.convert("L")]
        chosen = [bands[index % len(bands)] for index in range(count)]
        top = 255 if bits == 8 else 65535
        mixed = list(itertools.chain.from_iterable(zip(*(values(each) for each in chosen), strict=True)))
        data = struct.pack(f"<{len(mixed)}{'B' if bits == 8 else 'H'}", *(round(value * top) for value in mixed))
        path = folder / f"channels-{count}-{bits}-{photometric}.tif"
        extra = [0] * (count - (3 if photometric == 2 else 1))
        path.write_bytes(tiff([page(SIZE, [data], bits=[bits] * count, photometric=photometric, extra=extra)]))
        truth = colour if count >= 3 else chosen[0].convert("RGB")
        yield Sample(path, (truth,), says=() if count == 7 else (f"{count} channels",))


def _layouts(folder: Path, grey: Image.Image, colour: Image.Image) -> Iterator[Sample]:
    """Strips and compressions, of kinds that need unpacking here."""
    for compression, predictor in itertools.product(("none", "lzw", "deflate", "packbits"), (1, 2)):
        if predictor == 2 and compression in {"none", "packbits"}:
            continue
        for name, picture, bits in (("grey", grey, 16), ("rgb", colour, 16)):
            channels = len(picture.getbands())
            data = samples(picture, bits, 1, 4095)
            row = SIZE[0] * channels * 2
            lines = [data[at : at + row] for at in range(0, len(data), row)]
            if predictor == 2:
                lines = [_differences(line, channels) for line in lines]
            strips = [b"".join(lines[at : at + 10]) for at in range(0, len(lines), 10)]
            path = folder / f"packed-{name}-{compression}-{predictor}.tif"
            made = page(
                SIZE,
                strips,
                bits=[bits] * channels,
                photometric=min(channels, 2),
                rows=10,
                compression=compression,
                predictor=predictor,
            )
            path.write_bytes(tiff([made]))
            yield Sample(path, (picture.convert("RGB"),), mean=2, tile=10)


def _differences(line: bytes, channels: int) -> bytes:
    numbers = struct.unpack(f"<{len(line) // 2}H", line)
    return struct.pack(
        f"<{len(numbers)}H",
        *((value - (numbers[at - channels] if at >= channels else 0)) & 0xFFFF for at, value in enumerate(numbers)),
    )


def _kinds(folder: Path, colour: Image.Image, grey: Image.Image) -> Iterator[Sample]:
    """Palettes, CMYK, LAB, associated alpha, one bit, white as zero, twelve bits packed."""
    palette = colour.quantize(64)
    palette.save(folder / "palette.tif")
    yield Sample(folder / "palette.tif", (palette.convert("RGB"),))
    colour.convert("CMYK").save(folder / "cmyk.tif")
    yield Sample(folder / "cmyk.tif", (colour,), mean=4)
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    converted = ImageCms.profileToProfile(colour, srgb, lab, outputMode="LAB")
    assert converted is not None
    converted.save(folder / "lab.tif")
    yield Sample(folder / "lab.tif", (colour,), mean=3, tile=24)  # blues that LAB of 8 bits cannot hold
    alpha = Image.linear_gradient("L").resize(SIZE)
    truth = Image.composite(colour, Image.new("RGB", SIZE, "white"), alpha)
    for name, kind in (("associated", 1), ("straight", 2)):
        channels = [
            [value * share if kind == 1 else value for value, share in zip(values(each), values(alpha), strict=True)]
            for each in colour.split()
        ]
        for bits in (8, 16):
            top = 2**bits - 1
            mixed = [round(top * value) for value in itertools.chain.from_iterable(zip(*channels, values(alpha), strict=True))]
            data = struct.pack(f"<{len(mixed)}{'B' if bits == 8 else 'H'}", *mixed)
            path = folder / f"alpha-{name}-{bits}.tif"
            path.write_bytes(tiff([page(SIZE, [data], bits=[bits] * 4, photometric=2, extra=[kind])]))
            yield Sample(path, (truth,), mean=3)
    bilevel = grey.point(lambda value: 255 * (value > 127)).convert("1")
    for compression in ("raw", "group4", "packbits"):
        bilevel.save(folder / f"bilevel-{compression}.tif", compression=compression)
        yield Sample(folder / f"bilevel-{compression}.tif", (bilevel.convert("RGB"),))
    inverted = bytes(255 - value for value in grey.tobytes())
    (folder / "white-is-zero.tif").write_bytes(tiff([page(SIZE, [inverted], photometric=0)]))
    yield Sample(folder / "white-is-zero.tif", (grey.convert("RGB"),))
    inverted = struct.pack(f"<{len(grey.tobytes())}H", *(4095 - round(4095 * value) for value in values(grey)))
    (folder / "white-is-zero-16.tif").write_bytes(tiff([page(SIZE, [inverted], bits=[16], photometric=0)]))
    yield Sample(folder / "white-is-zero-16.tif", (grey.convert("RGB"),))
    numbers = [round(4095 * value) for value in values(grey)]
    packed = b"".join((one << 12 | two).to_bytes(3, "big") for one, two in zip(numbers[::2], numbers[1::2], strict=True))
    (folder / "packed-12.tif").write_bytes(tiff([page(SIZE, [packed], bits=[12])]))
    yield Sample(folder / "packed-12.tif", (grey.convert("RGB"),), silent=True)
    (folder / "unknown-kind.tif").write_bytes(tiff([page(SIZE, [bytes(SIZE[0] * SIZE[1] * 8)], bits=[64], form=6)]))
    yield Sample(folder / "unknown-kind.tif", refused="a TIFF of a kind")
    for name, top, sbit in (("16", 65535, 0), ("12in16", 4095, 0), ("12declared", 65535, 12)):
        for picture in (grey, colour):
            path = folder / f"png-{name}-{picture.mode.lower()}.png"
            path.write_bytes(png16(picture, top, sbit))
            yield Sample(path, (picture.convert("RGB"),), silent=name != "12in16")


def png16(picture: Image.Image, top: int, sbit: int = 0) -> bytes:
    """A PNG of 16 bits a sample whose white is ``top``; ``sbit``: how many of them it says to mean something."""
    from tests.media.samples.png_files import chunk, png_of

    channels = len(picture.getbands())
    numbers = [round(value * top) for value in values(picture)]
    extra = chunk(b"sBIT", bytes([sbit] * channels)) if sbit else b""
    return png_of(picture.size, 16, 0 if channels == 1 else 2, struct.pack(f">{len(numbers)}H", *numbers), extra)


def _stack(folder: Path, random: Random) -> Iterator[Sample]:
    """A stack of planes, each of twelve bits."""
    planes: Sequence[Image.Image] = [scene(random).convert("L") for _ in range(3)]
    pages: list[Page] = [page(SIZE, [samples(plane, 16, 1, 4095)], bits=[16]) for plane in planes]
    path = folder / "stack.tif"
    path.write_bytes(tiff(pages))
    for index, plane in enumerate(planes, 1):
        yield Sample(path, (plane.convert("RGB"),), wishes={"page": index}, says=("shown as",))
    yield Sample(path, (planes[0].convert("RGB"),), says=("more pages", "shown as"))
