"""Web addresses are passed on: the server fetches them."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from minicpm_tui.families import image_tokens, video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.frame_times import frame_limit
from minicpm_tui.media.spec import MediaLimits, Prepared
from minicpm_tui.messages import ImagePart, Source, VideoPart
from minicpm_tui.text import one_line

_LARGE = 4096  # pixels a side: as many slices as the model makes


def prepare_url(url: str, limits: MediaLimits) -> Prepared:
    """A part that names ``url``: a video when the address ends like one, else a picture. Tokens are the most it can cost."""
    path = urlsplit(url).path
    name = one_line(unquote(PurePosixPath(path).name) or url, 100)
    source = Source(url=url)
    notes = (_("fetched by the server: its size and cost are not known here"),)
    kind = mimetypes.guess_type(path)[0] or ""
    if kind.startswith("video/"):
        limit = frame_limit(limits.family.max_frames, limits.num_frames, None, 1)
        side = limits.family.slicing.scale_resolution
        tokens = video_tokens(limits.family, limit, side, side)
        return Prepared(VideoPart(name=name, media_type=kind, source=source), {}, tokens, notes)
    tokens = image_tokens(limits.family, _LARGE, _LARGE, limits.max_slices)
    return Prepared(ImagePart(name=name, media_type=kind or "image/jpeg", source=source), {}, tokens, notes)
