"""Web addresses are passed on: the server fetches them."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from minicpm_tui.errors import MediaTooLarge
from minicpm_tui.families import image_tokens, video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.spec import MediaLimits, Prepared
from minicpm_tui.messages import ImagePart, Source, VideoPart
from minicpm_tui.text import one_line

_LARGE = 4096  # pixels a side: as many slices as the model makes


def prepare_url(url: str, limits: MediaLimits) -> Prepared:
    """A part that names ``url``: a video when the address ends like one, else a picture. Tokens are the most it can cost.

    Raises MediaTooLarge for a video that would make the server stop answering.
    """
    path = urlsplit(url).path
    name = one_line(unquote(PurePosixPath(path).name) or url, 100)
    source = Source(url=url)
    notes = (_("fetched by the server: its size and cost are not known here"),)
    kind = mimetypes.guess_type(path)[0] or ""
    if kind.startswith("video/"):
        if limits.stops_at(limits.frames_read):
            hint = _("download it and attach the file: frames of it are sent then")
            raise MediaTooLarge(name, title=_("A whole video would stop this server"), hint=hint)
        side = limits.family.slicing.scale_resolution
        tokens = video_tokens(limits.family, limits.most_frames, side, side)
        return Prepared(VideoPart(name=name, media_type=kind, source=source), {}, tokens, notes)
    tokens = image_tokens(limits.family, _LARGE, _LARGE)
    return Prepared(ImagePart(name=name, media_type=kind or "image/jpeg", source=source), {}, tokens, notes)
