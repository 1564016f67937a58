"""The bytes that pixels become: the best quality that fits, lossless where that is smaller, without trying everything."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from PIL.JpegImagePlugin import JpegImageFile

from minicpm_tui.media.encode import Encoder, encode_jpeg
from tests.media.making import photo, quarters


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def at(quality: int, image: Image.Image) -> bytes:
    return saved(image, "JPEG", quality=quality, subsampling=0)


def tables(data: bytes) -> list[list[int]]:
    """The quantization tables, brightness and colour."""
    image = Image.open(io.BytesIO(data))
    assert isinstance(image, JpegImageFile)
    return [image.quantization[0], image.quantization[1]]


def drawing() -> Image.Image:
    image = Image.new("RGB", (900, 700), "white")
    pen = ImageDraw.Draw(image)
    for step in range(0, 700, 20):
        pen.line([(0, step), (900, 700 - step)], (step // 3, 80, 255 - step // 3), 2)
    return image


def gradient() -> Image.Image:
    ramp = Image.linear_gradient("L").resize((900, 700))
    return Image.merge("RGB", [ramp, ramp.rotate(180), ramp])


def page_with_a_photo() -> Image.Image:
    image = drawing()
    image.paste(photo((300, 200)), (500, 400))
    return image


def noise() -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise((400, 300), spread) for spread in (40, 60, 80)])


@pytest.mark.parametrize("make", [lambda: photo((900, 700)), noise, drawing, gradient, page_with_a_photo])
@pytest.mark.parametrize("limit", [10_000_000, 150_000, 100_000, 70_000, 40_000, 10])
def test_the_best_quality_that_fits(make: Callable[[], Image.Image], limit: int) -> None:
    image = make()
    tries = [at(quality, image) for quality in (92, 89, 86, 83, 80)]
    expected = next((data for data in tries if len(data) <= limit), None)
    sent = encode_jpeg(image, limit).data
    if expected is not None:
        assert sent == expected
    else:
        assert len(sent) < len(tries[-1])
        assert tables(sent) == [tables(at(80, image))[0], tables(at(60, image))[1]]


@pytest.mark.parametrize("make", [lambda: photo((900, 700)), noise, drawing, gradient, page_with_a_photo, quarters])
def test_lossless_where_that_is_smaller(make: Callable[[], Image.Image]) -> None:
    image = make()
    jpeg, png = len(at(92, image)), len(saved(image, "PNG", compress_level=6))
    encoder = Encoder(image, limit=10_000_000)
    assert encoder.blob.media_type == ("image/png" if png <= jpeg else "image/jpeg")
    assert len(encoder.blob.data) == min(jpeg, png)
    assert encoder.at_least <= len(encoder.blob.data)
