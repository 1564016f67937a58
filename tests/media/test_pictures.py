"""Pictures as they are sent, compared by pixels."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from minicpm_tui.errors import MediaNotFound
from minicpm_tui.families import by_id, sliced
from minicpm_tui.media import AttachmentSpec, MediaLimits, Prepared, inspect, prepare
from minicpm_tui.messages import ImagePart
from tests.media.making import BLUE, GREEN, RED, WHITE, corners, near, photo, quarters, scan
from tests.media.samples.scientific import png16

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"))


def send(
    path: Path, *, original: bool = False, page: int | None = None, limits: MediaLimits = LIMITS
) -> tuple[Image.Image, Prepared]:
    prepared = prepare(AttachmentSpec(path=path, original=original, page=page), limits)
    assert isinstance(prepared.part, ImagePart)
    assert prepared.part.sha256 is not None
    blob = prepared.blobs[prepared.part.sha256]
    assert blob.media_type == prepared.part.media_type
    image = Image.open(io.BytesIO(blob.data))
    assert image.size == (prepared.part.width, prepared.part.height) == image.size
    return image, prepared


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp", "tiff", "avif", "heic", "jp2", "ico", "ppm", "qoi"])
def test_formats_are_read_whatever_they_are_called(tmp_path: Path, suffix: str) -> None:
    if suffix == "heic":
        import pillow_heif

        pillow_heif.from_pillow(quarters()).save(tmp_path / "a.heic", quality=-1, chroma=444)
    else:
        options: dict[str, Any] = {"sizes": [(80, 60)]} if suffix == "ico" else {"subsampling": 0} if suffix == "jpg" else {}
        quarters().save(tmp_path / f"a.{suffix}", **options)
    path = (tmp_path / f"a.{suffix}").rename(tmp_path / "misnamed.mp4")
    assert (inspect(path).kind, inspect(path).width, inspect(path).height) == ("image", 80, 60)
    image, _ = send(path)
    assert all(near(*pair, by=16) for pair in zip(corners(image), [RED, GREEN, BLUE, WHITE], strict=True))


@pytest.mark.parametrize("original", [False, True])
@pytest.mark.parametrize("suffix", ["webp", "tiff", "avif"])
def test_servers_without_pillow_get_jpeg_or_png(tmp_path: Path, suffix: str, original: bool) -> None:
    path = tmp_path / f"a.{suffix}"
    photo((320, 240)).save(path)
    _, prepared = send(path, original=original, limits=msgspec.structs.replace(LIMITS, pillow=False))
    assert prepared.part.media_type in {"image/jpeg", "image/png"}
    if original:
        assert any("cannot read" in note for note in prepared.notes)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
def test_pictures_are_turned_upright(tmp_path: Path, turn: int, suffix: str) -> None:
    from PIL.Image import Transpose

    undo = [
        None,
        Transpose.FLIP_LEFT_RIGHT,
        Transpose.ROTATE_180,
        Transpose.FLIP_TOP_BOTTOM,
        Transpose.TRANSPOSE,
        Transpose.ROTATE_90,
        Transpose.TRANSVERSE,
        Transpose.ROTATE_270,
    ][turn - 1]
    stored = quarters() if undo is None else quarters().transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = turn
    path = tmp_path / f"a.{suffix}"
    stored.save(path, exif=exif)
    image, _ = send(path)
    assert image.size == (80, 60)
    assert (inspect(path).width, inspect(path).height) == (80, 60)
    assert all(near(*pair, by=16) for pair in zip(corners(image), [RED, GREEN, BLUE, WHITE], strict=True))
    assert not image.getexif()


def test_a_photo_is_reduced_to_what_the_slices_keep(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    photo((4000, 3000)).save(path, quality=95)
    image, prepared = send(path)
    assert image.size == (1554, 1176)
    assert prepared.tokens == 665
    assert image.format == "JPEG"
    assert prepared.part.source.path == str(path)
    assert prepared.part.source.bytes == path.stat().st_size


def test_the_servers_slice_limit_reduces_further(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    photo((2000, 1500)).save(path)
    image, prepared = send(path, limits=MediaLimits(family=sliced(by_id("minicpm-v-2.6"), 1)))
    assert image.size == (518, 392)
    assert prepared.tokens == 69


def test_small_pictures_are_never_enlarged(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2), RED).save(tmp_path / "a.png")
    image, prepared = send(tmp_path / "a.png")
    assert image.size == (3, 2)
    assert prepared.tokens == 69


def test_drawings_stay_lossless(tmp_path: Path) -> None:
    drawing = quarters((600, 400))
    drawing.save(tmp_path / "a.png", pnginfo=None)
    image, _ = send(tmp_path / "a.png")
    assert image.format == "PNG"
    assert ImageChops.difference(image.convert("RGB"), drawing).getbbox() is None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_transparency_becomes_white(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    if mode == "P":
        image = Image.new("P", (40, 40), 0)
        image.putpalette([0, 0, 0, 200, 30, 40])
        image.paste(1, (0, 0, 20, 40))
        image.save(path, transparency=0)
    elif mode == "RGB":
        image = Image.new("RGB", (40, 40), (1, 2, 3))
        image.paste((200, 30, 40), (0, 0, 20, 40))
        image.save(path, transparency=(1, 2, 3))
    else:
        image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
        image.paste((200, 30, 40, 255), (0, 0, 20, 40))
        image.convert(mode).save(path)
    sent, _ = send(path)
    shade = Image.new("RGB", (1, 1), (200, 30, 40)).convert("L" if mode == "LA" else "RGB").convert("RGB")
    assert sent.mode == "RGB"
    assert near(corners(sent)[0], corners(shade)[0])
    assert near(corners(sent)[1], WHITE)


def test_half_transparent_edges_do_not_darken(tmp_path: Path) -> None:
    image = Image.new("RGBA", (2000, 2000), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 1003, 2000))
    image.save(tmp_path / "a.png")
    sent, _ = send(tmp_path / "a.png")
    assert sent.convert("L").point(lambda value: 255 * (value < 250)).getbbox() is None


def test_cmyk(tmp_path: Path) -> None:
    quarters().convert("CMYK").save(tmp_path / "a.jpg", quality=95, subsampling=0)
    sent, _ = send(tmp_path / "a.jpg")
    assert sent.mode == "RGB"
    assert all(near(*pair, by=16) for pair in zip(corners(sent), [RED, GREEN, BLUE, WHITE], strict=True))


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bit_grey_keeps_its_tones(tmp_path: Path, suffix: str) -> None:
    image = Image.new("I", (80, 40), 65535)
    image.paste(32768, (0, 0, 40, 40))
    image.convert("I;16").save(tmp_path / f"a.{suffix}")
    sent, _ = send(tmp_path / f"a.{suffix}")
    assert near(corners(sent)[0], (128,) * 3, by=2)
    assert near(corners(sent)[1], WHITE, by=2)


def test_floating_point_grey(tmp_path: Path) -> None:
    image = Image.new("F", (80, 40), 1.0)
    image.paste(0.5, (0, 0, 40, 40))
    image.save(tmp_path / "a.tiff")
    sent, _ = send(tmp_path / "a.tiff")
    assert near(corners(sent)[0], (128,) * 3, by=2)
    assert near(corners(sent)[1], WHITE, by=2)


def test_a_colour_profile_is_converted_to_srgb(tmp_path: Path) -> None:
    """A profile whose channels mean other colours than sRGB's changes the pixels and is not sent."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    image = quarters().convert("RGB")
    to_lab = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    assert to_lab is not None
    to_lab.save(tmp_path / "a.tiff", icc_profile=lab.tobytes())
    sent, _ = send(tmp_path / "a.tiff")
    assert "icc_profile" not in sent.info
    assert all(near(*pair, by=30) for pair in zip(corners(sent), [RED, GREEN, BLUE, WHITE], strict=True))


def test_wide_gamut_is_brought_to_srgb(tmp_path: Path) -> None:
    """Display P3's (200, 100, 100) is about sRGB's (216, 93, 97)."""
    image = Image.new("RGB", (40, 40), (200, 100, 100))
    for suffix in ("png", "jpg", "webp"):
        image.save(tmp_path / f"a.{suffix}", icc_profile=display_p3(), quality=100)
        sent, _ = send(tmp_path / f"a.{suffix}")
        assert near(corners(sent)[0], (216, 93, 97), by=4)
        assert "icc_profile" not in sent.info


def display_p3() -> bytes:
    """A matrix profile with P3's primaries (adapted to D50) and gamma 2.2."""

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    text = b"desc" + bytes(4) + struct.pack(">I", 3) + b"P3\0" + bytes(79)
    tags = {
        b"desc": text,
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2920, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1571, 0.0666, 0.7841),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4sI4s4s4s", at + len(body), b"test", 0x02100000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp"
    header = header.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body


def test_a_broken_profile_is_ignored(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png", icc_profile=b"nonsense" * 30)
    sent, _ = send(tmp_path / "a.png")
    assert near(corners(sent)[0], RED)
    assert "icc_profile" not in sent.info


def test_plain_pictures_go_as_they_are(tmp_path: Path) -> None:
    photo((600, 400)).save(tmp_path / "a.jpg", quality=90)
    _, prepared = send(tmp_path / "a.jpg")
    assert next(iter(prepared.blobs.values())).data == (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize("top", [4095, 65535])
def test_sixteen_bits_a_channel_never_go_as_they_are(tmp_path: Path, top: int) -> None:
    """The server would show the upper eight of them, of twelve bits almost nothing. This drawing is as small as what is sent."""
    random = Random(1)
    drawing = Image.new("RGB", (64, 48))
    drawing.putdata([random.choice((WHITE, (0, 0, 0), (200, 30, 40))) for _ in range(64 * 48)])
    drawing = drawing.resize((128, 96), Image.Resampling.NEAREST)
    (tmp_path / "a.png").write_bytes(png16(drawing, top))
    sent, prepared = send(tmp_path / "a.png")
    assert next(iter(prepared.blobs.values())).data != (tmp_path / "a.png").read_bytes()
    assert max(ImageStat.Stat(ImageChops.difference(sent.convert("RGB"), drawing)).mean) < 2


@pytest.mark.parametrize("extra", ["exif", "comment", "appended", "text", "icc"])
def test_metadata_never_leaves_the_machine(tmp_path: Path, extra: str) -> None:
    from PIL.PngImagePlugin import PngInfo

    exif = Image.Exif()
    exif[0x010E] = "secret place"
    text = PngInfo()
    text.add_text("Comment", "secret place")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / ("a.png" if extra == "text" else "a.jpg")
    options: dict[str, dict[str, Any]] = {
        "exif": {"exif": exif},
        "comment": {"comment": b"secret place"},
        "text": {"pnginfo": text},
        "icc": {"icc_profile": profile},
    }
    photo((600, 400)).save(path, **options.get(extra, {}))
    if extra == "appended":
        path.write_bytes(path.read_bytes() + b"secret place")
    _, prepared = send(path)
    data = next(iter(prepared.blobs.values())).data
    assert b"secret" not in data
    assert b"ICC" not in data


def test_the_original_on_request(tmp_path: Path) -> None:
    photo((2000, 1500)).save(tmp_path / "a.jpg", comment=b"kept")
    image, prepared = send(tmp_path / "a.jpg", original=True)
    assert next(iter(prepared.blobs.values())).data == (tmp_path / "a.jpg").read_bytes()
    assert image.size == (2000, 1500)
    assert prepared.part.source.original


def test_an_original_that_servers_cannot_read_is_converted_and_said(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.jp2")
    image, prepared = send(tmp_path / "a.jp2", original=True)
    assert image.format in {"JPEG", "PNG"}
    assert "JPEG 2000" in prepared.notes[0]


def test_a_page_of_a_scan(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.tiff", [(0, "red"), (1, "white"), (0, "lime")])
    sent, prepared = send(path, page=2)
    assert near(corners(sent)[0], GREEN)
    assert (prepared.part.name, prepared.part.source.page, prepared.notes) == ("a.tiff 2", 2, ())
    assert near(corners(send(path, page=1)[0])[0], RED)
    with pytest.raises(MediaNotFound, match="it has 2 pages"):
        send(path, page=3)


def test_a_scan_of_several_pages_is_its_first_unless_one_is_named(tmp_path: Path) -> None:
    sent, prepared = send(scan(tmp_path / "a.tiff", [(0, "red"), (0, "lime")]))
    assert near(corners(sent)[0], RED)
    assert "more pages" in prepared.notes[0]


@pytest.mark.parametrize("size", [(1600, 1200), (4000, 3000), (1000, 3000)])
def test_what_is_sent_looks_like_the_resampled_original(tmp_path: Path, size: tuple[int, int]) -> None:
    original = photo(size)
    original.save(tmp_path / "a.png", compress_level=1)
    sent, prepared = send(tmp_path / "a.png")
    expected = original.resize(sent.size, Image.Resampling.LANCZOS)
    assert similarity(expected, sent.convert("RGB")) >= 0.97
    assert len(next(iter(prepared.blobs.values())).data) <= 500_000


def similarity(one: Image.Image, other: Image.Image) -> float:
    """Mean SSIM of the luminance over 8×8 blocks."""
    from PIL import ImageMath

    pair = {"a": one.convert("L").convert("F"), "b": other.convert("L").convert("F")}
    products = {"a": pair["a"], "b": pair["b"]}
    products["aa"] = ImageMath.lambda_eval(lambda m: m["a"] * m["a"], **pair)
    products["bb"] = ImageMath.lambda_eval(lambda m: m["b"] * m["b"], **pair)
    products["ab"] = ImageMath.lambda_eval(lambda m: m["a"] * m["b"], **pair)
    means = {name: image.reduce(8) for name, image in products.items()}
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    index = ImageMath.lambda_eval(
        lambda m: (
            ((m["a"] * m["b"] * 2 + c1) * ((m["ab"] - m["a"] * m["b"]) * 2 + c2))
            / ((m["a"] * m["a"] + m["b"] * m["b"] + c1) * (m["aa"] - m["a"] * m["a"] + m["bb"] - m["b"] * m["b"] + c2))
        ),
        **means,
    )
    return ImageStat.Stat(index).mean[0]
