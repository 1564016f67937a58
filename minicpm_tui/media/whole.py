"""A video's whole file, on request: as bytes, or by name to a server on this machine."""

from __future__ import annotations

from minicpm_tui.errors import MediaDamaged, MediaTooLarge
from minicpm_tui.families import video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.container import open_video
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sources import source_of
from minicpm_tui.media.spec import Prepared, PrepareOptions
from minicpm_tui.media.whole_doubts import whole_doubts
from minicpm_tui.messages import Blob, VideoPart
from minicpm_tui.text import format_bytes

MAX_BYTES = 200_000_000
_MOST_DECODED = 715_827_880
"""vLLM's ``VLLM_MAX_MEDIA_REQUEST_DECODE_BYTES``; a frame takes three bytes a pixel."""


def prepare_whole(opened: Opened, options: PrepareOptions) -> Prepared:
    """The file itself; over ``MAX_BYTES`` its ``file://`` address (``source.url``), which only a server started by us may read.

    Blocks. Raises MediaTooLarge for what no server would take, MediaDamaged.
    """
    limits = options.limits
    with open_video(opened) as video:
        frame = next(video.container.decode(video.stream), None)
        if frame is None:
            raise MediaDamaged(shown(opened.path), title=_("No frame of this video can be decoded"))
        size, length = video.shown_size(frame), video.duration
        count = min(limits.frames_read or video.frames, video.frames)
        notes = whole_doubts(video)
    hint = _("send it as frames, not as the whole file")
    if limits.stops_at(count):
        raise MediaTooLarge(shown(opened.path), title=_("A whole video would stop this server"), hint=hint)
    if count * size[0] * size[1] * 3 > _MOST_DECODED:
        decoded = _("{name}: {count} frames of {width}×{height} pixels")
        raise MediaTooLarge(decoded.format(name=shown(opened.path), count=count, width=size[0], height=size[1]), hint=hint)
    source = source_of(opened, options.spec, duration=length)
    blobs = {}
    if opened.size > MAX_BYTES:
        if not limits.local_server:
            raise MediaTooLarge(f"{shown(opened.path)}: {format_bytes(opened.size)}", hint=hint)
        source = source_of(opened, options.spec, duration=length, url=opened.path.absolute().as_uri())
    else:
        opened.file.seek(0)
        blob = Blob(opened.file.read(), opened.format.media_type)
        blobs[blob.sha256] = blob
    part = VideoPart(
        name=shown(opened.path.name),
        file=next(iter(blobs), None),
        width=size[0],
        height=size[1],
        media_type=opened.format.media_type,
        source=source,
    )
    return Prepared(part, blobs, video_tokens(limits.family, count, *size), notes)
