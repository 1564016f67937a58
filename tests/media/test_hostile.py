"""Files that are broken, disguised or made to hurt: one clear line each, at once, in little memory."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import socket
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from minicpm_tui.errors import MediaDamaged, MediaError, MediaNotFound, MediaTooLarge, MediaUnsupported
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, inspect, prepare
from tests.media.making import clip, photo, quarters

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"))


def failure(path: Path) -> MediaError:
    """What ``prepare`` says; ``inspect`` must not crash either."""
    with contextlib.suppress(MediaError):
        inspect(path)
    with pytest.raises(MediaError) as caught:
        prepare(AttachmentSpec(path=path), LIMITS)
    assert not {"\n", "\r", "\x1b", "\x9b", "\x07"} & set(str(caught.value))
    assert caught.value.info.title
    return caught.value


def png_of(width: int, height: int, *, data: bytes = b"") -> bytes:
    """A PNG header that claims ``width``×``height`` grey pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_missing(tmp_path: Path) -> None:
    assert isinstance(failure(tmp_path / "absent.jpg"), MediaNotFound)
    assert isinstance(failure(tmp_path / "absent" / "a.jpg"), MediaNotFound)
    assert isinstance(failure(tmp_path / ("a" * 300)), MediaNotFound)
    assert isinstance(failure(Path("a\x00b.jpg")), MediaNotFound)


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quarters().save(tmp_path / "a.png")

    def refuse(*_args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert "permission to read" in str(failure(tmp_path / "a.png"))


def test_empty_folder_pipe_device_socket(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    assert "empty" in str(failure(tmp_path / "empty.jpg"))
    assert "folder" in str(failure(tmp_path))
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "regular" in str(failure(tmp_path / "pipe.jpg"))
    assert "regular" in str(failure(Path("/dev/zero")))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.jpg"))
        assert "regular" in str(failure(tmp_path / "socket.jpg"))
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert isinstance(failure(tmp_path / "loop.jpg"), MediaNotFound)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"hello there\n", "plain text"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "an audio file"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00", "an audio file"),
        (bytes(range(256)) * 4, ""),
        (b"\x00", ""),
    ],
)
def test_other_things_called_jpg(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    error = failure(tmp_path / "a.jpg")
    assert isinstance(error, MediaUnsupported)
    assert what in str(error)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp", "tiff", "avif", "jp2"])
def test_truncated_pictures(tmp_path: Path, suffix: str) -> None:
    photo((300, 200)).save(tmp_path / f"a.{suffix}")
    data = (tmp_path / f"a.{suffix}").read_bytes()
    for part in (len(data) // 2, 40):
        (tmp_path / f"b.{suffix}").write_bytes(data[:part])
        assert isinstance(failure(tmp_path / f"b.{suffix}"), (MediaDamaged, MediaUnsupported))


@pytest.mark.parametrize("size", [(60_000, 60_000), (1, 100_000_000), (2_000_000_000, 2), (2_147_483_647, 2_147_483_647)])
def test_a_picture_bomb_is_refused_by_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of(*size))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert isinstance(failure(tmp_path / "bomb.png"), (MediaTooLarge, MediaDamaged))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_progressive_jpeg_is_held_as_a_whole(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.jpg", progressive=True)
    data = bytearray((tmp_path / "a.jpg").read_bytes())
    struct.pack_into(">HH", data, data.index(b"\xff\xc2") + 5, 14_000, 15_000)
    (tmp_path / "a.jpg").write_bytes(data)
    assert "at most 120 megapixels" in str(failure(tmp_path / "a.jpg"))


def test_sixteen_bits_take_little_more_memory_than_the_pixels(tmp_path: Path) -> None:
    Image.new("I;16", (6000, 6000), 30_000).save(tmp_path / "a.png", compress_level=1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    prepare(AttachmentSpec(path=tmp_path / "a.png"), LIMITS)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000


def test_a_zip_bomb_in_a_text_chunk(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("a", "x" * 100_000_000, zip=True)
    quarters().save(tmp_path / "a.png", pnginfo=text)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert isinstance(failure(tmp_path / "a.png"), MediaDamaged)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_an_animation_without_end_is_one_frame(tmp_path: Path) -> None:
    """A GIF of 200,000 frames, and a PNG that claims four billion: nobody counts them."""
    buffer = io.BytesIO()
    Image.new("P", (8, 8), 1).save(buffer, "GIF")
    data = buffer.getvalue()
    first = data.rindex(b"\x2c\x00\x00\x00\x00\x08")
    (tmp_path / "a.gif").write_bytes(data[:-1] + data[first:-1] * 200_000 + b"\x3b")
    assert inspect(tmp_path / "a.gif").width == 8
    assert prepare(AttachmentSpec(path=tmp_path / "a.gif"), LIMITS).notes
    picture = png_of(8, 8, data=bytes(9 * 8))
    control = struct.pack(">II", 0xFFFFFFFF, 0)
    chunk = struct.pack(">I", 8) + b"acTL" + control + struct.pack(">I", zlib.crc32(b"acTL" + control))
    (tmp_path / "a.png").write_bytes(picture[:33] + chunk + picture[33:])
    with contextlib.suppress(MediaDamaged):
        assert prepare(AttachmentSpec(path=tmp_path / "a.png"), LIMITS).tokens == 69


@pytest.mark.parametrize("name", ["a\nb.jpg", "a\x1b[31mb.jpg", "图片 一.jpg", "a b'\".jpg", "\u202egpj.exe.jpg"])
def test_strange_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no picture")
    failure(tmp_path / name)
    quarters().save(tmp_path / name, "JPEG")
    part = prepare(AttachmentSpec(path=tmp_path / name), LIMITS).part
    assert not {"\n", "\x1b", "\u202e"} & set(part.name)
    assert part.source.path == str(tmp_path / name)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.jpg"))
    quarters().save(path, "JPEG")
    part = prepare(AttachmentSpec(path=path), LIMITS).part
    assert part.name == "\ufffd\ufffd.jpg"
    assert (part.source.path or "").encode()


def test_a_video_bomb_of_sizes(tmp_path: Path) -> None:
    """An MP4 whose table claims two billion samples of equal size is refused before anything is allocated for them."""
    path = clip(tmp_path / "a.mp4", 12)
    data = bytearray(path.read_bytes())
    at = data.index(b"stsz")
    struct.pack_into(">II", data, at + 8, 1, 2_000_000_000)
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    failure(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from(["jpg", "png", "gif", "tiff", "mp4", "mkv", "pdf"]))
def test_damaged_anywhere_it_is_a_picture_or_one_clear_error(tmp_path: Path, data: st.DataObject, suffix: str) -> None:
    path = tmp_path / f"good.{suffix}"
    if not path.exists():
        if suffix in {"mp4", "mkv"}:
            clip(path, 12)
        else:
            quarters().save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "bad").write_bytes(content[: data.draw(st.integers(1, len(content)))])
    with contextlib.suppress(MediaError):  # either outcome is right, a crash is not
        inspect(tmp_path / "bad")
        assert prepare(AttachmentSpec(path=tmp_path / "bad"), LIMITS).blobs
