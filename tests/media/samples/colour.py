"""Colours that are told by profiles, by EXIF, and by the chunks of a PNG."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from tests.media.samples.colour_maths import (
    ADOBE,
    BT2020,
    D65,
    P3,
    convert,
    convert_hlg,
    icc,
    picture_of,
    power,
    pq_code,
    srgb_code,
)
from tests.media.samples.png_files import chunk, png
from tests.media.samples.sample import SIZE, Sample, scene

_P3_XY = (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
_SRGB_XY = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    truth = scene(random)
    yield from _profiles(folder, truth)
    yield from _exif(folder, truth)
    yield from _chunks(folder, truth)
    yield from _high_range(folder, truth)


def _profiles(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    wide = picture_of(convert(truth, P3, power(2.2)), SIZE)
    for suffix in ("png", "jpg", "webp", "tif", "avif", "heic"):
        path = folder / f"p3-profile.{suffix}"
        options: dict[str, Any] = {"quality": 97, "subsampling": "4:4:4"} if suffix in {"jpg", "avif"} else {"lossless": True}
        if suffix == "heic":
            _heic(wide, path, icc_profile=icc(P3, 2.2))
        else:
            wide.save(path, icc_profile=icc(P3, 2.2), **options)
        yield Sample(path, (truth,), tile=24, silent=True)
    grey = truth.convert("L")
    dark = Image.frombytes("L", SIZE, bytes(round(255 * (value / 255) ** (2.2 / 1.6)) for value in grey.tobytes()))
    dark.save(folder / "grey-profile.png", icc_profile=icc(P3, 1.6, b"GRAY"))
    yield Sample(folder / "grey-profile.png", (grey.convert("RGB"),), mean=4, silent=True)
    for name, profile in (("broken", b"nonsense" * 30), ("of-grey", icc(P3, 1.6, b"GRAY")), ("cut", icc(P3, 2.2)[:300])):
        truth.save(folder / f"profile-{name}.png", icc_profile=profile)
        yield Sample(folder / f"profile-{name}.png", (truth,), says=("colour profile",))


def _exif(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    """Cameras set to Adobe RGB write no profile, but say "R03" in the interoperability part of EXIF (DCF 2.0)."""
    stored = picture_of(convert(truth, ADOBE, power(2.19921875)), SIZE)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    stored.save(folder / "adobe-exif.jpg", quality=97, subsampling=0, exif=exif)
    yield Sample(folder / "adobe-exif.jpg", (truth,), mean=4, tile=18, silent=True)
    plain = Image.Exif()
    plain.get_ifd(0x8769)[0xA001] = 1
    truth.save(folder / "srgb-exif.jpg", quality=97, subsampling=0, exif=plain)
    yield Sample(folder / "srgb-exif.jpg", (truth,), tile=18, silent=True)


def _chunks(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    def gamma(value: float) -> bytes:
        return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))

    def primaries(values: tuple[float, ...]) -> bytes:
        return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))

    def cicp(colours: int, transfer: int) -> bytes:
        return chunk(b"cICP", bytes([colours, transfer, 0, 1]))

    linear = picture_of(convert(truth, "srgb", power(1.0)), SIZE)
    old_mac = picture_of(convert(truth, "srgb", power(1.8)), SIZE)
    wide = picture_of(convert(truth, P3, power(2.2)), SIZE)
    wide_srgb = picture_of(convert(truth, P3, srgb_code), SIZE)
    srgb = chunk(b"sRGB", b"\0")
    kinds = {
        "gamma-linear": (linear, gamma(1.0), 20),
        "gamma-mac": (old_mac, gamma(1 / 1.8), 12),
        "gamma-usual": (truth, gamma(0.45455), 12),
        "gamma-and-srgb": (truth, srgb + gamma(0.45455) + primaries(_SRGB_XY), 12),
        "srgb-wins": (truth, srgb + gamma(1.0), 12),
        "p3-chromaticities": (wide, gamma(0.45455) + primaries(_P3_XY), 12),
        "cicp-p3": (wide_srgb, cicp(12, 13), 12),
        "cicp-srgb": (truth, cicp(1, 13), 12),
        "cicp-wins": (wide_srgb, cicp(12, 13) + srgb + gamma(1.0), 12),
        "cicp-2020": (picture_of(convert(truth, BT2020, power(2.4)), SIZE), cicp(9, 14), 26),
    }
    for name, (picture, chunks, tile) in kinds.items():
        (folder / f"{name}.png").write_bytes(png(picture, chunks))
        yield Sample(folder / f"{name}.png", (truth,), mean=6 if tile > 20 else 4, tile=tile, silent=True)
    gradient = Image.linear_gradient("L").resize(SIZE).convert("L")
    path = folder / "gamma-grey.png"
    gradient.point(lambda value: round(255 * _linear(value / 255))).save(path)
    data = path.read_bytes()
    path.write_bytes(data[:33] + gamma(1.0) + data[33:])
    yield Sample(path, (gradient.convert("RGB"),), mean=6, tile=20, silent=True)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _high_range(folder: Path, truth: Image.Image) -> Iterator[Sample]:
    """PQ and HLG, white where BT.2408 has it."""
    from tests.media.samples.high_range import avif_of

    pq, hlg = convert(truth, BT2020, pq_code), convert_hlg(truth)
    for name, codes, transfer in (("pq", pq, 16), ("hlg", hlg, 18)):
        path = folder / f"{name}.png"
        path.write_bytes(png(picture_of(codes, SIZE), chunk(b"cICP", bytes([9, transfer, 0, 1]))))
        yield Sample(path, (truth,), mean=6, tile=12, says=("high dynamic range",))
        path = folder / f"{name}-16.png"
        path.write_bytes(_deep(codes, chunk(b"cICP", bytes([9, transfer, 0, 1]))))
        yield Sample(path, (truth,), mean=6, tile=12, says=("high dynamic range",))
        path = folder / f"{name}.heic"
        _heic(picture_of(codes, SIZE), path, color_primaries=9, transfer_characteristics=transfer, matrix_coefficients=9)
        yield Sample(path, (truth,), mean=7, tile=24, says=("high dynamic range",))
        path = folder / f"{name}.avif"
        avif_of(path, codes, SIZE, transfer)
        yield Sample(path, (truth,), mean=7, tile=42, says=("high dynamic range",))
    wide = picture_of(convert(truth, P3, srgb_code), SIZE)
    _heic(wide, folder / "p3-nclx.heic", color_primaries=12, transfer_characteristics=13, matrix_coefficients=1)
    yield Sample(folder / "p3-nclx.heic", (truth,), mean=5, tile=24, silent=True)


def _deep(codes: list[float], chunks: bytes) -> bytes:
    from tests.media.samples.png_files import png_of

    return png_of(SIZE, 16, 2, struct.pack(f">{len(codes)}H", *(round(65535 * min(1.0, code)) for code in codes)), chunks)


def _heic(picture: Image.Image, path: Path, **options: Any) -> None:
    import pillow_heif

    pillow_heif.from_pillow(picture).save(path, quality=95, chroma=444, **options)
