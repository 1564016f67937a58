"""Camera raw: the picture that the camera itself made is in the file as a JPEG, beside the sensor's values."""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from minicpm_tui.i18n import _
from minicpm_tui.media.extras import unread
from minicpm_tui.media.notes import remember
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.tiff_tags import ORIENTATION, Tag, first_tags

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGE = 1000  # pixels of the longer side, from which on the camera's own picture is as good as developing
_START = b"\xff\xd8\xff"
_MOST_STARTS = 5000
_MOST_BYTES = 60_000_000
_FRAMES = {0xC0, 0xC1, 0xC2}  # of JPEGs that show pictures: lossless ones (C3) hold the sensor's values
_EXTRA = "raw"


class _Jpeg(NamedTuple):
    pixels: int
    side: int
    at: int


def open_camera_raw(opened: Opened) -> Image:
    """The largest JPEG in the file, turned as the camera was held. LibRaw develops it, where it is installed and none is of use.

    Raises MediaUnsupported where neither can be had; what Pillow raises on a damaged one.
    """
    best = max(_jpegs(opened.file), default=None)
    if best is None or best.side < _LARGE:
        developed = _developed(opened)
        if developed is not None:
            return developed
    if best is None:
        raise unread(opened.path, _("camera raw without a picture that can be shown"), _EXTRA)
    return _camera_picture(opened, best)


def _camera_picture(opened: Opened, jpeg: _Jpeg) -> Image:
    from PIL import Image as Images

    opened.file.seek(jpeg.at)
    image = Images.open(io.BytesIO(opened.file.read(_MOST_BYTES)), formats=["JPEG"])
    turn = first_tags(opened.file).get(ORIENTATION, Tag(1)).value
    exif = image.getexif()
    if ORIENTATION not in exif:
        exif[ORIENTATION] = turn
    size = image.size if exif[ORIENTATION] < 5 else image.size[::-1]
    text = _("camera raw: the camera's own picture of {width}×{height} is sent")
    remember(image, text.format(width=size[0], height=size[1]))
    if jpeg.side < _LARGE:
        remember(image, _("{command} lets it be developed").format(command=f"pip install 'minicpm-tui[{_EXTRA}]'"))
    return image


def _developed(opened: Opened) -> Image | None:
    """The sensor's values as a picture; None without LibRaw, and for what it cannot read."""
    try:
        import rawpy
    except ImportError:
        return None
    from PIL import Image as Images

    opened.file.seek(0)
    try:
        with rawpy.imread(opened.file) as raw:
            pixels = raw.postprocess(use_camera_wb=True)
    except rawpy.LibRawError:
        return None
    image = Images.frombytes("RGB", (pixels.shape[1], pixels.shape[0]), pixels.tobytes())
    remember(image, _("camera raw: developed from the sensor's values, with the camera's white balance"))
    return image


def _jpegs(file: BinaryIO) -> Iterator[_Jpeg]:
    """All that show pictures. The position is anywhere then."""
    try:
        data: mmap.mmap | bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        file.seek(0)
        data = file.read()
    at = -1
    for _count in range(_MOST_STARTS):
        at = data.find(_START, at + 1)
        if at < 0:
            break
        width, height = _size(data, at)
        if width and height:
            yield _Jpeg(width * height, max(width, height), at)
    if isinstance(data, mmap.mmap):
        data.close()


def _size(data: mmap.mmap | bytes, at: int) -> tuple[int, int]:
    """Of the JPEG that begins there; (0, 0) where it is none that shows a picture."""
    at += 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            shows = data[at + 4] == 8 and data[at + 9] in {1, 3}
            height, width = int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
            return (width, height) if shows else (0, 0)
        if marker in {0xC3, 0xDA} or length < 2:
            return 0, 0
        at += 2 + length
    return 0, 0
