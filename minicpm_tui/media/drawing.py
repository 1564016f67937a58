"""SVG drawings, as finely as a model can see them."""

from __future__ import annotations

import io
import math
import re
from typing import Any
from xml.etree import ElementTree as ET

from PIL import Image as Images
from PIL.ImageFile import ImageFile

from minicpm_tui.i18n import _
from minicpm_tui.media.extras import needed
from minicpm_tui.media.opened import Opened

_DRAWN_PIXELS = 4_000_000  # finer than most slicings keep
_MOST_SIDE = 8000
_MOST_BYTES = 20_000_000
_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_LENGTH = re.compile(r"\s*([0-9.]+(?:e[+-]?\d+)?)\s*([a-z]*)\s*$")
_OUTSIDE = re.compile(rb"""\bhref\s*=\s*(["'])(?!\s*(?:#|data:)).*?\1""", re.DOTALL)  # what is not in the file itself


class Drawing(ImageFile):
    """An opened SVG. Its size is the one at which it is drawn at most."""

    format = "SVG"

    def __init__(self, opened: Opened) -> None:
        self._resvg = needed("resvg_py", "svg", opened.path, _("an SVG drawing"))
        super().__init__(opened.file)

    def _open(self) -> None:
        if self.fp is None:
            raise SyntaxError("closed")
        self.fp.seek(0)
        self._data = _OUTSIDE.sub(b'href=""', self.fp.read(_MOST_BYTES))
        width, height = _shape(ET.fromstring(self._data))  # noqa: S314  expat limits what entities can grow to
        scale = min(math.sqrt(_DRAWN_PIXELS / (width * height)), _MOST_SIDE / max(width, height))
        self._size = max(1, round(width * scale)), max(1, round(height * scale))
        self._mode = "RGBA"
        self.tile = []

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> None:
        """Draw it no larger than ``size``."""
        if size and self._im is None and size[0] < self.width:
            self._size = size

    def load(self) -> Any:
        """Draw it."""
        if self._im is None:
            drawn = self._resvg.svg_to_bytes(svg_string=self._data.decode("utf-8"), width=self.width, height=self.height)
            picture = Images.open(io.BytesIO(bytes(drawn)), formats=["PNG"]).convert("RGBA")
            self.im, self._size = picture.im, picture.size
        return Images.Image.load(self)


def _shape(root: ET.Element) -> tuple[float, float]:
    """Width and height in pixels, by the attributes or by the part that is shown. Raises ValueError for what is no SVG."""
    if not root.tag.endswith("svg"):
        raise ValueError(root.tag)
    box = [float(value) for value in re.split(r"[\s,]+", root.get("viewBox", "").strip()) if value]
    shown = (box[2], box[3]) if len(box) == 4 and min(box[2:]) > 0 else None
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    if width and height:
        return width, height
    return shown or (300.0, 150.0)


def _pixels(length: str | None) -> float | None:
    found = _LENGTH.match(length or "")
    return float(found[1]) * _UNITS[found[2]] if found and found[2] in _UNITS else None
