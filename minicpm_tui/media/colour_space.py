"""How the colours of a picture are meant: by its profile, by numbers (ITU-T H.273), by the chunks of a PNG or by EXIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minicpm_tui.media.hdr import HLG, PQ
from minicpm_tui.media.heif_boxes import Nclx
from minicpm_tui.media.png_chunks import PngFacts
from minicpm_tui.media.primaries import ADOBE_RGB, BY_NUMBER, SRGB, SRGB_CURVE, profile

if TYPE_CHECKING:
    from PIL.Image import Image

_FACTS = "minicpm-tui facts"
_EXIF, _INTEROPERABILITY, _COLOUR_SPACE = 0x8769, 0xA005, 0xA001
_NOT_SRGB = {0xFFFF, 2}
_ADOBE_GAMMA = 2.19921875
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0, 14: 2.4, 15: 2.4}
"""Of H.273's transfer functions for displays. BT.709's (1, 6) is taken for sRGB's, as browsers do."""
_USUAL_GAMMA = 1 / 2.2


class ColourSpace(NamedTuple):
    """``icc`` is the profile to convert from, None for sRGB; ``transfer`` PQ or HLG, which is undone first, else 0."""

    icc: bytes | None = None
    transfer: int = 0


def keep_facts(image: Image, facts: PngFacts | Nclx) -> None:
    """Keep with the opened picture what its container tells."""
    image.info[_FACTS] = facts


def png_facts_of(image: Image) -> PngFacts:
    """What was kept of a PNG."""
    facts = image.info.get(_FACTS)
    return facts if isinstance(facts, PngFacts) else PngFacts()


def colour_space(image: Image) -> ColourSpace:
    """Of the opened picture. Decodes nothing."""
    facts = image.info.get(_FACTS)
    icc = image.info.get("icc_profile")
    own = ColourSpace(icc) if isinstance(icc, bytes) and icc else None
    if isinstance(facts, PngFacts):
        return (_numbered(*facts.cicp) if facts.cicp else None) or own or _of_chunks(facts, image)
    if isinstance(facts, Nclx):
        told = _numbered(facts.primaries, facts.transfer)
        return told if told and (told.transfer or not own) else own or ColourSpace()
    return own or _of_exif(image)


def _numbered(primaries: int, transfer: int) -> ColourSpace | None:
    chromaticities = BY_NUMBER.get(primaries)
    if chromaticities is None:
        return None
    if transfer in {PQ, HLG}:
        return ColourSpace(profile(chromaticities, SRGB_CURVE), transfer)
    gamma = _GAMMAS.get(transfer, SRGB_CURVE)
    return ColourSpace() if chromaticities == SRGB and gamma in {SRGB_CURVE, 2.2} else ColourSpace(profile(chromaticities, gamma))


def _of_chunks(facts: PngFacts, image: Image) -> ColourSpace:
    """By gAMA and cHRM, which count where nothing better is there."""
    chromaticities = facts.chromaticities or SRGB
    gamma = facts.gamma or _USUAL_GAMMA
    usual = abs(gamma - _USUAL_GAMMA) < 0.01
    alike = all(abs(one - other) < 0.003 for one, other in zip(chromaticities, SRGB, strict=True))
    if facts.srgb or (usual and alike) or (facts.gamma is None and facts.chromaticities is None):
        return ColourSpace()
    grey = image.mode in {"1", "L", "LA", "I", "I;16"}
    try:
        return ColourSpace(profile(SRGB if alike else chromaticities, 1 / gamma if facts.gamma else SRGB_CURVE, grey=grey))
    except ValueError:
        return ColourSpace()


def _of_exif(image: Image) -> ColourSpace:
    """Cameras set to Adobe RGB write no profile, but R03 (DCF 2.0)."""
    if image.mode != "RGB" or "exif" not in image.info:
        return ColourSpace()
    try:
        exif = image.getexif()
        adobe = (
            exif.get_ifd(_EXIF).get(_COLOUR_SPACE) in _NOT_SRGB and str(exif.get_ifd(_INTEROPERABILITY).get(1, ""))[:3] == "R03"
        )
    except Exception:  # noqa: BLE001  broken EXIF is common in good pictures
        return ColourSpace()
    return ColourSpace(profile(ADOBE_RGB, _ADOBE_GAMMA)) if adobe else ColourSpace()
