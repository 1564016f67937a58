"""What may be costly is read in a process of its own: the program's memory does not notice, and a failure is one line."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from minicpm_tui.errors import MediaTooLarge
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, inspect, prepare
from minicpm_tui.media.cost import decoded_bytes
from minicpm_tui.media.helpers import is_read_here
from minicpm_tui.media.opened import open_media
from minicpm_tui.media.thumbnails import thumbnail
from tests.media.making import clip, photo
from tests.media.test_pdf import endless
from tests.waiting import wait_for

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"))
PIXELS = 200 * 100

__all__ = ["endless"]


def saved(path: Path, name: str, **options: Any) -> Path:
    image = photo((200, 100))
    image.save(path / name, **options)
    return path / name


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("a.jpg", {}, 4 * PIXELS),
        ("a.jpg", {"progressive": True}, 10 * PIXELS),
        ("a.jpg", {"exif": b"Exif\0\0" + bytes(60_000), "comment": b"\xff\xd8" * 100}, 4 * PIXELS),
        ("a.png", {}, 4 * PIXELS),
        ("a.png", {"save_all": True, "append_images": [Image.new("RGB", (200, 100))]}, None),
        ("a.webp", {}, 12 * PIXELS),
        ("a.webp", {"lossless": True}, 12 * PIXELS),
        ("a.webp", {"exif": b"Exif\0\0" + bytes(100)}, 12 * PIXELS),
        ("a.webp", {"save_all": True, "append_images": [Image.new("RGB", (200, 100))]}, None),
        ("a.gif", {}, None),
        ("a.tiff", {}, None),
        ("a.avif", {}, None),
        ("a.ppm", {}, None),
    ],
)
def test_what_decoding_takes_is_told_by_the_header_where_it_can_be(
    tmp_path: Path, name: str, options: dict[str, object], expected: int | None
) -> None:
    path = saved(tmp_path, name, **options)
    with open_media(path) as opened:
        assert decoded_bytes(opened) == expected
        assert opened.file.tell() == 0
    for length in range(1, 120, 7):
        path.write_bytes(path.read_bytes()[: -length * 3] or b"x")
        with open_media(path) as opened:
            decoded_bytes(opened)


def test_of_two_frames_in_a_jpeg_the_larger_counts(tmp_path: Path) -> None:
    data = saved(tmp_path, "a.jpg").read_bytes()
    at = data.index(b"\xff\xc0")
    frame = bytearray(data[at : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")])
    frame[5:9] = (20_000).to_bytes(2, "big") * 2
    for place in (at, at + len(frame)):
        (tmp_path / "a.jpg").write_bytes(data[:place] + frame + data[place:])
        with open_media(tmp_path / "a.jpg") as opened:
            assert not is_read_here(opened)


def test_a_jpeg_of_a_thousand_scans_is_not_read_here(tmp_path: Path) -> None:
    data = saved(tmp_path, "a.jpg", progressive=True).read_bytes()
    at = data.rindex(b"\xff\xda")
    (tmp_path / "a.jpg").write_bytes(data[:at] + data[at:-2] * 1000 + data[-2:])
    with open_media(tmp_path / "a.jpg") as opened:
        assert not is_read_here(opened)


def test_a_photo_is_read_without_the_libraries_of_other_formats(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.jpg")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from minicpm_tui.families import by_id\n"
        "from minicpm_tui.media import AttachmentSpec, MediaLimits, prepare\n"
        "assert prepare(AttachmentSpec(path=Path(sys.argv[1])), MediaLimits(family=by_id('minicpm-v-2.6'))).blobs\n"
        "print(*(name for name in sys.modules if name.startswith('PIL.') and name.endswith('ImagePlugin')))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True).stdout.split()
    assert "PIL.JpegImagePlugin" in loaded
    assert not {"PIL.AvifImagePlugin", "PIL.Jpeg2KImagePlugin", "PIL.WebPImagePlugin"} & set(loaded)  # 4 MB of them


@pytest.mark.parametrize("make", [lambda path: clip(path, 12), lambda path: photo((4000, 4000)).save(path, "AVIF", speed=10)])
def test_what_is_costly_to_read_costs_the_program_nothing(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "costly.mp4"
    make(path)
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from minicpm_tui.families import by_id\n"
        "from minicpm_tui.media import AttachmentSpec, MediaLimits, inspect, prepare\n"
        "from minicpm_tui.media.thumbnails import draw_thumbnail\n"
        "path = Path(sys.argv[1])\n"
        "inspect(path), draw_thumbnail(path)\n"
        "assert prepare(AttachmentSpec(path=path), MediaLimits(family=by_id('minicpm-v-2.6'))).blobs\n"
        "assert not {'PIL', 'av', 'pypdfium2'} & sys.modules.keys()\n"
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]) >> 10)\n"
    )
    peak = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True).stdout
    assert int(peak) < 60


def _prepared(path: Path) -> object:
    return prepare(AttachmentSpec(path=path), LIMITS)


@pytest.mark.parametrize(
    ("name", "options", "reads"),
    [("large.avif", {"speed": 10}, (_prepared, thumbnail)), ("large.jpg", {"progressive": True}, (_prepared,))],
)
def test_too_much_memory_is_one_line_and_the_next_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: dict[str, Any], reads: Sequence[Callable[[Path], object]]
) -> None:
    photo((3500, 3500)).save(tmp_path / name, **options)
    photo((50, 50)).save(tmp_path / "small.avif", speed=10)
    monkeypatch.setattr("minicpm_tui.media.workers.limits.affordable", lambda: 56 << 20)  # the pixels alone take 49 MB
    for read in reads:
        with pytest.raises(MediaTooLarge, match=rf"{name}: more than 58\.7 MB — reduce its size"):
            read(tmp_path / name)
    assert inspect(tmp_path / name).width == 3500
    assert prepare(AttachmentSpec(path=tmp_path / "small.avif"), LIMITS).blobs


def test_under_a_limit_of_the_user_it_is_not_called_damaged(tmp_path: Path) -> None:
    photo((5000, 5000)).save(tmp_path / "large.jpg", progressive=True)
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from minicpm_tui.families import by_id\n"
        "from minicpm_tui.media import AttachmentSpec, MediaLimits, prepare\n"
        "resource.setrlimit(resource.RLIMIT_AS, (150 << 20, 150 << 20))\n"
        "prepare(AttachmentSpec(path=Path(sys.argv[1])), MediaLimits(family=by_id('minicpm-v-2.6')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "large.jpg")], check=False, capture_output=True, text=True)
    assert "Reading this file takes too much memory" in done.stderr
    assert "more than 157 MB" in done.stderr


def test_a_reader_that_is_killed_is_one_line_and_the_next_file_is_read(endless: Path, tmp_path: Path) -> None:
    gone = threading.Event()

    def readers() -> list[psutil.Process]:
        return [child for child in psutil.Process().children() if "minicpm_tui.media.jobs" in child.cmdline()]

    def busy() -> bool:
        return any(child.cpu_times().user > 0.8 for child in readers())

    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(prepare, AttachmentSpec(path=endless), LIMITS, cancelled=gone.is_set)
        try:
            wait_for(busy)
            for child in readers():
                child.kill()
            with pytest.raises(MediaTooLarge, match=r"endless\.pdf: the system ended its reader"):
                reading.result(20)
        finally:
            gone.set()
    buffer = io.BytesIO()
    photo((50, 50)).save(buffer, "GIF")
    (tmp_path / "a.gif").write_bytes(buffer.getvalue())
    assert inspect(tmp_path / "a.gif").width == 50
