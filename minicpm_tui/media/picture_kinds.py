"""Pictures that are more than one flat picture, of which the model sees only that: what the user is told of them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.media.colour_space import png_facts_of
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.safe_open import open_regular, shown
from minicpm_tui.media.sniff import HEIC, JPEG

if TYPE_CHECKING:
    from PIL.Image import Image

_ALL_AROUND = re.compile(rb"GPano:ProjectionType(?:\s*=\s*[\"']|>)\s*equirectangular")
_MOVING = re.compile(rb"(?:MotionPhoto|MicroVideo)(?:\s*=\s*[\"']|>)\s*1")
_LIVE = b"com.apple.quicktime.content.identifier"
_LIVE_SUFFIXES = (".mov", ".MOV")
_LIVE_BYTES = 200_000  # at either end of the video, where its metadata lies
_TYPES, _STEREO = 0xB002, "Disparity"
"""MPO's table of pictures (CIPA DC-007), and what Pillow calls the type of those for two eyes."""


def kind_notes(image: Image, opened: Opened) -> list[str]:
    """What to tell of the decoded picture (translated): spheres, live photos, bursts and stereo pictures."""
    notes = []
    xmp = _xmp(image)
    if _ALL_AROUND.search(xmp):
        notes.append(_("a picture of all around: it is sent flat, as it is stored"))
    if _MOVING.search(xmp):
        notes.append(_("a live photo: the video in it is not sent"))
    elif video := _video_beside(opened):
        notes.append(_("a live photo: its video is {name}, which can be attached too").format(name=shown(video.name)))
    count = getattr(image, "n_frames", 1)
    if opened.format == HEIC and count > 1:
        text = ngettext(
            "it holds {count} picture: only the main one is sent", "it holds {count} pictures: only the main one is sent", count
        )
        notes.append(text.format(count=count))
    if image.format == "MPO" and _is_stereo(image):
        notes.append(_("a stereo picture: only one of its two views is sent"))
    return notes


def _xmp(image: Image) -> bytes:
    xmp = png_facts_of(image).xmp or image.info.get("xmp", b"")
    return xmp if isinstance(xmp, bytes) else b""


def _video_beside(opened: Opened) -> Path | None:
    """The video of an iPhone's live photo, which lies beside the still under its name."""
    if opened.format not in {HEIC, JPEG}:
        return None
    for suffix in _LIVE_SUFFIXES:
        video = opened.path.with_suffix(suffix)
        if video.is_file():
            with contextlib.suppress(Exception), open_regular(video)[0] as file:
                head = file.read(_LIVE_BYTES)
                file.seek(max(0, video.stat().st_size - _LIVE_BYTES))
                if _LIVE in head or _LIVE in file.read(_LIVE_BYTES):
                    return video
    return None


def _is_stereo(image: Image) -> bool:
    entries = (getattr(image, "mpinfo", None) or {}).get(_TYPES, ())
    return any(_STEREO in str(entry.get("Attribute", {}).get("MPType", "")) for entry in entries)
