"""TIFFs as pictures: by Pillow, and by their stored samples where it knows no mode for them or would show other values."""

from __future__ import annotations

from typing import Any, BinaryIO

from PIL import Image as Images
from PIL.Image import Image, Resampling
from PIL.TiffImagePlugin import TiffImageFile

from minicpm_tui.i18n import _
from minicpm_tui.media.notes import remember
from minicpm_tui.media.orientation import turned
from minicpm_tui.media.tiff_samples import REAL, SIGNED, UNSIGNED, Layout, layout_of, planes
from minicpm_tui.media.tones import UNIT, Range, grey, is_dark, say_range, shown_range, values_of, without_holes

_BITS, _ORIENTATION, _MIN, _MAX, _EXTRA, _PLANAR = 258, 274, 280, 281, 338, 284
_ASSOCIATED, _STRAIGHT = 1, 2
_WHITE_IS_ZERO, _RGB = 0, 2


class UnknownTiff(Exception):
    """A valid TIFF whose samples cannot be had; says which kind it is, translated."""


class TiffPicture(TiffImageFile):
    """An opened TIFF. ``scale`` is the user's wish, which values are black and white (see ``tones.shown_range``)."""

    scale: str | None = None
    _layout: Layout | None = None
    _wanted: tuple[int, int] | None = None

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        super().__init__(file)

    def _setup(self) -> None:
        self._wanted = None
        try:
            super()._setup()
        except Exception as error:
            self._layout = layout_of(self.tag_v2)
            if self._layout is None:
                raise UnknownTiff(_kind(self.tag_v2)) from error
        else:
            layout = layout_of(self.tag_v2)
            self._layout = layout if layout and _is_misread(layout, self.tag_v2) else None
        _say_channels(self)
        if self._layout:
            self._become(self._layout)

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> None:
        """Let samples be reduced while they are read, to no less than ``size``."""
        self._wanted = size if self._layout is None or size is None else self._stored(size)

    def load(self) -> Any:
        """Decode it."""
        if self._layout and self._im is None:
            self._load_samples(self._layout)
        elif self._im is None:
            access = super().load()
            deep = layout_of(self.tag_v2)
            if deep and deep.bits == 16 and deep.channels > 2 and self.mode in {"RGB", "RGBA"} and (self.scale or is_dark(self)):
                self._load_samples(deep)
            else:
                return access
        return Images.Image.load(self)

    def _become(self, layout: Layout) -> None:
        self._mode = "RGB" if layout.channels > 2 else "L"
        self._tile_size = (layout.width, layout.height)
        self._size = self._stored(self._tile_size)
        self.tile = []
        self.palette = None

    def _stored(self, size: tuple[int, int]) -> tuple[int, int]:
        """A size as it is stored of one as it is shown, or the other way round."""
        return (size[1], size[0]) if self.tag_v2.get(_ORIENTATION, 1) in {5, 6, 7, 8} else size

    def _load_samples(self, layout: Layout) -> None:
        image = turned(self._merged(layout), self.tag_v2.get(_ORIENTATION, 1))
        self.im = image.im
        self._mode, self._size = image.mode, image.size
        self.tile = []

    def _merged(self, layout: Layout) -> Image:
        """The channels that are shown, as eight bits."""
        colours = 3 if layout.channels > 2 else 1
        alpha = layout.extra[:1] in {(_ASSOCIATED,), (_STRAIGHT,)} and layout.channels > colours
        read: list[Image] = []
        values: list[Range] = []
        for plane in planes(self._file, self.tag_v2, layout, colours + alpha):
            whole = without_holes(plane) if layout.form == REAL else plane
            values.append(values_of([whole]))
            read.append(self._reduced(whole))
        natural = _natural(layout)
        used = Range(min(each.low for each in values[:colours]), max(each.high for each in values[:colours]))
        shown = self._declared(used, natural) or shown_range(used, natural, self.scale, real=layout.form == REAL)
        bands = grey(read[:colours], used, shown, inverted=layout.photometric == _WHITE_IS_ZERO)
        say_range(self, shown, natural, self.scale)
        if not alpha:
            return Images.merge("RGB", bands) if colours == 3 else bands[0]
        bands += grey(read[colours:], values[colours], natural)
        modes = {_ASSOCIATED: ("RGBa", "La"), _STRAIGHT: ("RGBA", "LA")}[layout.extra[0]]
        merged = Images.merge(modes[colours == 1], bands)
        return merged.convert(merged.mode.upper())

    def _reduced(self, plane: Image) -> Image:
        """The plane at the size that is wanted, where that is smaller."""
        if self._wanted is None:
            return plane
        size = min(plane.width, self._wanted[0]), min(plane.height, self._wanted[1])
        return plane if size == plane.size else plane.resize(size, Resampling.BOX)

    def _declared(self, used: Range, natural: Range) -> Range | None:
        """The range that the file says to use, where that fits its values and says anything."""
        lows, highs = self.tag_v2.get(_MIN, (0,)), self.tag_v2.get(_MAX, ())
        if self.scale or not highs or not all(isinstance(each, int) for each in (*lows, *highs)):
            return None
        declared = Range(min(lows, default=0), max(highs))
        return declared if declared.low <= used.low and used.high <= declared.high < natural.high else None


def _is_misread(layout: Layout, tags: Any) -> bool:
    """Pillow opens it, and shows something else than is in it."""
    if layout.bits == 8:
        return layout.form == SIGNED
    return (
        (layout.planar == 2 and layout.channels > 1)
        or layout.photometric == _WHITE_IS_ZERO
        or (layout.bits == 32 and layout.form == UNSIGNED)
        or (layout.channels == 1 and _MAX in tags)
    )


def _natural(layout: Layout) -> Range:
    if layout.form == REAL:
        return UNIT
    half = 2.0 ** (layout.bits - 1)
    return Range(-half, half - 1) if layout.form == SIGNED else Range(0, 2 * half - 1)


def _say_channels(image: TiffPicture) -> None:
    """Tell of channels that are not shown."""
    tags = image.tag_v2
    count = int(tags.get(277, 1))
    photometric = tags.get(262, 1)
    shown = {0: 1, 1: 1, _RGB: 3}.get(photometric, count)
    shown += bool(tags.get(_EXTRA, (0,))[0])
    if count <= shown or (photometric < _RGB and count < 2):
        return
    if photometric < _RGB and count == 2:
        remember(image, _("{count} channels: only the first is shown").format(count=count))
    else:
        remember(image, _("{count} channels: the first three are shown as red, green and blue").format(count=count))


def _kind(tags: Any) -> str:
    """What kind of TIFF it is, for people."""
    bits, form = tags.get(_BITS, (1,)), tags.get(339, (1,))
    numbers = {REAL: _("floating point"), SIGNED: _("signed"), 5: _("complex"), 6: _("complex")}.get(form[0], _("unsigned"))
    text = _("{bits} bits ({numbers}), channels: {channels}, compression: {compression}, colours: {colours}")
    channels = int(tags.get(277, 1))
    return text.format(channels=channels, bits=bits[0], numbers=numbers, compression=tags.get(259, 1), colours=tags.get(262, "?"))
