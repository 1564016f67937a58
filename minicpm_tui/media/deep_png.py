"""PNGs of 16 bits a channel whose values use few of them: Pillow keeps the upper eight alone, which would be nearly black."""

from __future__ import annotations

from typing import Any

import av
from PIL import Image as Images
from PIL.Image import Image
from PIL.PngImagePlugin import PngImageFile

from minicpm_tui.media.tones import FULL_16, grey, is_dark, say_range, shown_range, values_of

_CHANNELS = {"rgb48be": 3, "rgba64be": 4}


class DeepPng(PngImageFile):
    """An opened PNG of 16 bits and three or four channels. ``scale`` is the user's wish, see ``tones.shown_range``."""

    scale: str | None = None

    def load(self) -> Any:
        """Decode it."""
        if self._im is None:
            file = self.fp
            access = super().load()
            if not (self.scale or is_dark(self)) or file is None:
                return access
            file.seek(0)
            self.im = self._mapped(file.read()).im
        return Images.Image.load(self)

    def _mapped(self, data: bytes) -> Image:
        """All sixteen bits, as eight."""
        decoder = av.CodecContext.create("png", "r")
        [frame] = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
        channels = _CHANNELS[frame.format.name]
        plane = frame.planes[0]
        rows, used = bytes(plane), 2 * channels * frame.width
        packed = b"".join(rows[at : at + used] for at in range(0, plane.line_size * frame.height, plane.line_size))
        numbers = memoryview(packed).cast("H")
        size = (frame.width, frame.height)
        planes = [Images.frombytes("I;16", size, numbers[at::channels].tobytes(), "raw", "I;16B") for at in range(channels)]
        values = values_of(planes[:3])
        shown = shown_range(values, FULL_16, self.scale)
        say_range(self, shown, FULL_16, self.scale)
        bands = grey(planes[:3], values, shown) + grey(planes[3:], FULL_16, FULL_16)
        return Images.merge(self.mode, bands[: len(self.mode)])
