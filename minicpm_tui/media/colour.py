"""Any picture to what a model is shown: 8-bit sRGB over white."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from minicpm_tui.families import Size
from minicpm_tui.i18n import _
from minicpm_tui.media.colour_space import ColourSpace, colour_space
from minicpm_tui.media.hdr import to_standard_range
from minicpm_tui.media.notes import remember
from minicpm_tui.media.tones import FULL_16, UNIT, Range, grey, say_range, shown_range, values_of, without_holes

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsProfile

_PROFILE_MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L", "Lab ": "LAB"}
_BITS = 258  # TIFF's tag


def flatten(image: Image, size: Size, scale: str | None = None) -> Image:
    """``image``, decoded, at ``size`` pixels as RGB: alpha over white, its colours converted to sRGB.

    Reduced with Lanczos; transparency is premultiplied meanwhile, so that hidden colours do not bleed. ``scale`` is the user's
    wish for more than eight bits, see ``tones.shown_range``. What is to be known of it is remembered with ``image``.
    """
    space = colour_space(image)
    plain = _widened(image, size, scale)
    if plain.size != size:
        plain = _resized(plain, size)
    return _over_white(plain, space, image)


def _widened(image: Image, size: Size, scale: str | None) -> Image:
    """The same picture in L, LA, RGB, RGBA, CMYK or LAB."""
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return _scaled_to_8_bits(image, size, scale)
    if "transparency" in image.info and image.mode in {"1", "L", "P", "RGB"}:
        return image.convert("RGBA")
    plain = {"1": "L", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB"}
    return image.convert(plain[image.mode]) if image.mode in plain else image


def _scaled_to_8_bits(image: Image, size: Size, scale: str | None) -> Image:
    """Grey of more than 8 bits, reduced first: widened it would take six times the memory."""
    plane = without_holes(image) if image.mode == "F" else image.convert("I") if image.mode == "I;16B" else image
    values, natural = values_of([plane]), _natural(image)
    shown = shown_range(values, natural, scale, real=image.mode == "F")
    say_range(image, shown, natural, scale)
    return grey([_resized(plane, size) if plane.size != size else plane], values, shown)[0]


def _natural(image: Image) -> Range:
    """What the kind of numbers means by itself."""
    bits = getattr(image, "tag_v2", {}).get(_BITS, (32 if image.mode == "I" else 16,))[0]
    if image.mode == "F":
        return UNIT
    if image.mode == "I":
        return Range(-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    return Range(0, 2.0**bits - 1) if bits < 16 else FULL_16


def _resized(image: Image, size: Size) -> Image:
    from PIL.Image import Resampling

    return image.resize(size, Resampling.LANCZOS)


def _over_white(image: Image, space: ColourSpace, source: Image) -> Image:
    from PIL import Image as Images

    if image.mode not in {"LA", "RGBA"}:
        return to_srgb(image, space, source)
    alpha = image.getchannel("A")
    colours = to_srgb(image.convert("L" if image.mode == "LA" else "RGB"), space, source)
    return Images.composite(colours, Images.new("RGB", image.size, "white"), alpha)


def to_srgb(image: Image, space: ColourSpace, source: Image) -> Image:
    """RGB as the colours are meant; a profile that is broken or for another kind of picture is not used.

    What is to be known of that is remembered with ``source``.
    """
    from PIL import ImageCms

    if space.transfer:
        remember(source, _("high dynamic range: brought down to the usual range"))
        image = to_standard_range(image.convert("RGB"), space.transfer)
    profile: ImageCmsProfile | None = None
    if space.icc:
        try:
            profile = ImageCms.getOpenProfile(io.BytesIO(space.icc))
            if ImageCms.getProfileDescription(profile).startswith("sRGB"):
                return image if image.mode == "RGB" else image.convert("RGB")
            return _converted(image, profile)
        except (ImageCms.PyCMSError, ValueError, OSError):
            remember(source, _("its colour profile cannot be used: its colours may be shown wrongly"))
    if image.mode == "LAB":
        return _converted(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    return image if image.mode == "RGB" else image.convert("RGB")


def _converted(image: Image, profile: ImageCmsProfile) -> Image:
    """sRGB from a profile. Raises PyCMSError or ValueError where that is not for such a picture."""
    from PIL import ImageCms

    mode = _PROFILE_MODES.get(profile.profile.xcolor_space)
    if mode == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    if mode != image.mode:
        raise ValueError(mode)
    converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if converted is None:
        raise ValueError(mode)
    return converted
