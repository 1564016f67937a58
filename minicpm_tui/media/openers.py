"""Which reader opens a picture's file: Pillow's own, or one for what Pillow cannot read or would show wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.camera_raw import open_camera_raw
from minicpm_tui.media.colour_space import keep_facts
from minicpm_tui.media.extras import needed
from minicpm_tui.media.heif_boxes import nclx_of
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.png_chunks import png_facts
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sniff import AVIF, DICOM, HEIC, JXL, PNG, PSD, RAW, SVG, TIFF, Format

if TYPE_CHECKING:
    from PIL.Image import Image


def opened_image(opened: Opened) -> Image:
    """The picture, opened but not yet decoded; of several its first.

    Raises MediaUnsupported for what cannot be read here, and whatever a decoder raises on a broken file.
    """
    opened.file.seek(0)
    return _OPENERS.get(opened.format, _usual)(opened)


def _usual(opened: Opened) -> Image:
    from PIL import Image as Images

    return Images.open(opened.file, formats=[opened.format.reader])


def _png(opened: Opened) -> Image:
    image, facts = _usual(opened), png_facts(opened.file)
    if facts.bits > 8 and image.mode in {"RGB", "RGBA"}:
        from minicpm_tui.media.deep_png import DeepPng

        opened.file.seek(0)
        image = DeepPng(opened.file)
    keep_facts(image, facts)
    return image


def _heif(opened: Opened) -> Image:
    image = _usual(opened)
    keep_facts(image, nclx_of(opened.file))
    return image


def _tiff(opened: Opened) -> Image:
    from minicpm_tui.media.deep_tiff import TiffPicture, UnknownTiff

    try:
        return TiffPicture(opened.file)
    except UnknownTiff as error:
        name = _("{name} is a TIFF of a kind that cannot be read here: {kind}").format(name=shown(opened.path), kind=error)
        raise MediaUnsupported(name, hint=_("save it as a PNG or as a TIFF of 8 or 16 bits")) from error


def _psd(opened: Opened) -> Image:
    from PIL import UnidentifiedImageError

    try:
        return _usual(opened)
    except UnidentifiedImageError as error:
        name = _("{name} is a Photoshop file of a kind that cannot be read here").format(name=shown(opened.path))
        raise MediaUnsupported(name, hint=_("save it with 8 bits a channel, compatible with other programs")) from error


def _jxl(opened: Opened) -> Image:
    needed("pillow_jxl", "jxl", opened.path, _("a JPEG XL picture"))
    return _usual(opened)


def _svg(opened: Opened) -> Image:
    from minicpm_tui.media.drawing import Drawing

    return Drawing(opened)


def _dicom(opened: Opened) -> Image:
    from minicpm_tui.media.dicom import DicomPicture

    return DicomPicture(opened)


_OPENERS: dict[Format, Callable[[Opened], Image]] = {
    PNG: _png,
    HEIC: _heif,
    AVIF: _heif,
    TIFF: _tiff,
    PSD: _psd,
    JXL: _jxl,
    SVG: _svg,
    DICOM: _dicom,
    RAW: open_camera_raw,
}
