"""The samples of a TIFF as they are stored, unpacked by libtiff: for the kinds that Pillow knows no mode for, or reads wrongly.

libtiff is shown another description of the same strips: a grey picture of eight bits as wide as a row has bytes.
"""

from __future__ import annotations

import array
import io
import itertools
import struct
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

if TYPE_CHECKING:
    from PIL.Image import Image

UNSIGNED, SIGNED, REAL = 1, 2, 3
_PLANE_BY_PLANE = 2
_DIFFERENCES = 2
_RAW_MODES = {
    (8, UNSIGNED): ("L", "L"),
    (8, SIGNED): ("F", "F;8S"),
    (16, UNSIGNED): ("I;16", "I;16"),
    (16, SIGNED): ("F", "F;16{}S"),
    (32, UNSIGNED): ("F", "F;32{}"),
    (32, SIGNED): ("F", "F;32{}S"),
    (32, REAL): ("F", "F;32{}F"),
    (64, REAL): ("F", "F;64{}F"),
    (16, REAL): ("F", "F;32{}F"),
}
"""Of bits and SampleFormat: the mode and Pillow's name of the layout; {} is B in files whose high byte comes first."""

_KEPT = {259, 266, 278, 292}  # compression, fill order, rows a strip, group 3 options
_OFFSETS, _COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 273, 279, 324, 325
_NO_COMPRESSIONS = {6, 7, 34712}  # JPEG and JPEG 2000 know their own samples


class Layout(NamedTuple):
    """How the samples of one picture are stored: ``bits`` each, ``form`` is SampleFormat, ``order`` < or >."""

    width: int
    height: int
    channels: int
    bits: int
    form: int
    order: str
    photometric: int
    extra: tuple[int, ...]
    planar: int
    predictor: int


def layout_of(tags: Any) -> Layout | None:
    """The layout that a TIFF's directory (Pillow's ``tag_v2``) describes, where its samples can be had here; else None."""
    bits = tags.get(258, (1,))
    forms = tags.get(339, (1,))
    found = Layout(
        width=int(tags.get(256, 0)),
        height=int(tags.get(257, 0)),
        channels=int(tags.get(277, 1)),
        bits=bits[0],
        form=forms[0],
        order=tags._endian,  # noqa: SLF001  Pillow keeps the byte order to itself
        photometric=int(tags.get(262, 1)),
        extra=tuple(tags.get(338, ())),
        planar=int(tags.get(284, 1)),
        predictor=int(tags.get(317, 1)),
    )
    alike = len({*bits}) == 1 and len({*forms}) == 1
    known = (found.bits, found.form) in _RAW_MODES and found.photometric in {0, 1, 2} and tags.get(259, 1) not in _NO_COMPRESSIONS
    right = found.photometric != 2 or found.channels >= 3
    unpacked = found.predictor == 1 or (found.predictor == _DIFFERENCES and found.bits in {8, 16, 32} and found.form != REAL)
    return found if alike and known and right and unpacked and min(found.width, found.height, found.channels) > 0 else None


def planes(file: BinaryIO, tags: Any, layout: Layout, most: int) -> Iterator[Image]:
    """The first ``most`` channels, one after another, each in mode L, I;16 or F. Raises what Pillow raises on a broken file."""
    count = min(most, layout.channels)
    if layout.planar == _PLANE_BY_PLANE:
        for channel in range(count):
            yield _plane(_undone(_stored(file, tags, layout, channel), layout, 1), layout)
        return
    data = _undone(_stored(file, tags, layout, None), layout, layout.channels)
    for channel in range(count):
        yield _plane(_samples(data, layout.bits)[channel :: layout.channels].tobytes() if layout.channels > 1 else data, layout)


def _samples(data: bytes, bits: int) -> memoryview[int]:
    whole = memoryview(data)
    match bits:
        case 8:
            return whole.cast("B")
        case 16:
            return whole.cast("H")
        case 32:
            return whole.cast("I")
        case _:
            return whole.cast("Q")


def _stored(file: BinaryIO, tags: Any, layout: Layout, channel: int | None) -> bytes:
    """The unpacked bytes of all channels, or of one where each has strips of its own."""
    from PIL import Image as Images

    of_a_pixel = layout.bits // 8 * (layout.channels if channel is None else 1)
    plain: dict[int, tuple[int, ...]] = {tag: (int(tags[tag]),) for tag in _KEPT & {*tags}}
    plain |= {256: (layout.width * of_a_pixel,), 257: (layout.height,), 258: (8,), 262: (1,), 277: (1,)}
    tiled = _TILE_OFFSETS in tags
    if tiled:
        plain |= {322: (tags[322] * of_a_pixel,), 323: (tags[323],)}
    for tag in (_TILE_OFFSETS, _TILE_COUNTS) if tiled else (_OFFSETS, _COUNTS):
        values = tags[tag]
        share = len(values) // layout.channels if channel is not None else len(values)
        plain[tag] = values[share * (channel or 0) :][:share]
    length = file.seek(0, io.SEEK_END)
    length += length % 2
    again = _Redescribed(file, length, _directory(plain, length))
    with Images.open(cast("BinaryIO", again), formats=["TIFF"]) as image:
        return image.tobytes()


def _directory(tags: dict[int, tuple[int, ...]], at: int) -> bytes:
    """Tags of TIFF's type LONG, as they are written at that place of a file."""
    entries, behind = b"", b""
    after = at + 2 + 12 * len(tags) + 4
    for tag, values in sorted(tags.items()):
        data = struct.pack(f"<{len(values)}I", *values)
        place = data if len(data) == 4 else struct.pack("<I", after + len(behind))
        entries += struct.pack("<HHI", tag, 4, len(values)) + place
        behind += data if len(data) > 4 else b""
    return struct.pack("<H", len(tags)) + entries + bytes(4) + behind


class _Redescribed(io.RawIOBase):
    """A file with another header and a directory behind its end."""

    def __init__(self, file: BinaryIO, length: int, directory: bytes) -> None:
        super().__init__()
        self._file = file
        self._length = length
        self._head = struct.pack("<2sHI", b"II", 42, length)
        self._directory = directory
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length + len(self._directory)}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._length + len(self._directory)
        stop = end if size < 0 else min(end, self._at + size)
        start, self._at = self._at, max(self._at, stop)
        return b"".join(self._piece(start, stop))

    def _piece(self, start: int, stop: int) -> Iterator[bytes]:
        if start < len(self._head):
            yield self._head[start:stop]
        if start < self._length and stop > len(self._head):
            first = max(start, len(self._head))
            self._file.seek(first)
            wanted = min(stop, self._length) - first
            yield self._file.read(wanted).ljust(wanted, b"\0")
        if stop > self._length:
            yield self._directory[max(0, start - self._length) : stop - self._length]


def _undone(data: bytes, layout: Layout, channels: int) -> bytes:
    """The samples, where differences to the sample before are stored (TIFF's predictor 2)."""
    if layout.predictor == 1:
        return data
    letter, mask = {8: ("B", 0xFF), 16: ("H", 0xFFFF), 32: ("I", 0xFFFFFFFF)}[layout.bits]
    numbers = array.array(letter, data)
    swapped = layout.bits > 8 and layout.order != ("<" if sys.byteorder == "little" else ">")
    if swapped:
        numbers.byteswap()
    row = layout.width * channels
    for start in range(0, len(numbers), row):
        for channel in range(channels):
            sums = itertools.accumulate(numbers[start + channel : start + row : channels])
            numbers[start + channel : start + row : channels] = array.array(letter, (value & mask for value in sums))
    if swapped:
        numbers.byteswap()
    return numbers.tobytes()


def _plane(data: bytes, layout: Layout) -> Image:
    from PIL import Image as Images

    size = (layout.width, layout.height)
    mode, raw = _RAW_MODES[layout.bits, layout.form]
    if (layout.bits, layout.form) == (16, REAL):
        data = b"".join(_floats(data[at : at + 8192], layout.order) for at in range(0, len(data), 8192))
    raw = raw.format("B" if layout.order == ">" else "")
    if mode == "I;16" and layout.order == ">":
        raw = "I;16B"
    return Images.frombytes(mode, size, data, "raw", raw)


def _floats(data: bytes, order: str) -> bytes:
    """Half precision as single."""
    count = len(data) // 2
    return struct.pack(f"{order}{count}f", *struct.unpack(f"{order}{count}e", data))
