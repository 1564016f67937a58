"""Any picture to what a model is shown: 8-bit sRGB over white."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from minicpm_tui.families import Size

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsProfile

_PROFILE_MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L", "Lab ": "LAB"}


def flatten(image: Image, size: Size) -> Image:
    """``image``, decoded, at ``size`` pixels as RGB: alpha over white, its colour profile converted to sRGB.

    Reduced with Lanczos; transparency is premultiplied meanwhile, so that hidden colours do not bleed.
    """
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16") and image.size != size:
        image = _resized(image, size)  # widened it would take six times the memory
    plain = _widened(image)
    if plain.size != size:
        plain = _resized(plain, size)
    return _over_white(plain, _open_profile(profile) if isinstance(profile, bytes) else None)


def _widened(image: Image) -> Image:
    """``image`` converted to L, LA, RGB, RGBA, CMYK or LAB, whichever keeps its colours and transparency."""
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return _scaled_to_8_bits(image)
    if "transparency" in image.info and image.mode in {"1", "L", "P", "RGB"}:
        return image.convert("RGBA")
    plain = {"1": "L", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB"}
    return image.convert(plain[image.mode]) if image.mode in plain else image


def _scaled_to_8_bits(image: Image) -> Image:
    """Grey of more than 8 bits: 16-bit by its range, others by the range that their values use."""
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
        image = image.convert("I")
    else:
        extrema = image.getextrema()
        low, high = (float(value) for value in extrema if isinstance(value, (int, float)))
        if low >= 0:
            low, high = 0.0, next((top for top in (1.0, 255.0, 65535.0) if high <= top), high)
    scale = 255 / ((high - low) or 1)
    return image.convert("F").point(lambda value: value * scale - low * scale + 0.5).convert("L")


def _resized(image: Image, size: Size) -> Image:
    from PIL.Image import Resampling

    return image.resize(size, Resampling.LANCZOS)


def _over_white(image: Image, profile: ImageCmsProfile | None) -> Image:
    from PIL import Image as Images

    if image.mode not in {"LA", "RGBA"}:
        return _to_srgb(image, profile)
    alpha = image.getchannel("A")
    colours = _to_srgb(image.convert("L" if image.mode == "LA" else "RGB"), profile)
    return Images.composite(colours, Images.new("RGB", image.size, "white"), alpha)


def _to_srgb(image: Image, profile: ImageCmsProfile | None) -> Image:
    """RGB as the profile means it; a profile that is broken or for another kind of picture is ignored."""
    from PIL import ImageCms

    if image.mode == "LAB" and profile is None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    if profile is not None and _PROFILE_MODES.get(profile.profile.xcolor_space) == image.mode:
        srgb = ImageCms.createProfile("sRGB")
        try:
            converted = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, ValueError, OSError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _open_profile(data: bytes) -> ImageCmsProfile | None:
    """The profile, or None when it is broken or sRGB anyway."""
    from PIL import ImageCms

    try:
        profile = ImageCms.getOpenProfile(io.BytesIO(data))
        name = ImageCms.getProfileDescription(profile)
    except (ImageCms.PyCMSError, ValueError, OSError):
        return None
    return None if name.startswith("sRGB") else profile
