"""Why a server that is sent a whole video may see little of it: OpenCV, which reads it there, raises no error then.

Seen on vLLM 0.8 to 0.32 with OpenCV's FFmpeg: it finds frames by their number and the average rate.
"""

from __future__ import annotations

import itertools

from minicpm_tui.i18n import _
from minicpm_tui.media.container import Video

_PACKETS = 5000
"""That are looked at for uneven steps."""
_UNEVEN = 3  # times the usual step


def whole_doubts(video: Video) -> tuple[str, ...]:
    """What to tell before the whole file is sent (translated).

    Reads packets and decodes nothing; the position is anywhere then.
    """
    if not video.seeks:
        return (_said(_("it has no times")),)
    causes = []
    if not video.container.duration:
        causes.append(_("its length is not in the file"))
    if _is_uneven(video):
        causes.append(_("its frames come at uneven times"))
    if video.has_cover:
        causes.append(_("a cover in it is not marked as one"))
    ratio = video.stream.sample_aspect_ratio
    if ratio and ratio != 1:
        causes.append(_("its pixels are not square"))
    return tuple(_said(cause) for cause in causes)


def _said(cause: str) -> str:
    return _("sent whole, the server may show it wrongly or only in part: {cause}; send frames instead").format(cause=cause)


def _is_uneven(video: Video) -> bool:
    video.container.seek(video.stream.start_time or 0, stream=video.stream, backward=True)
    packets = itertools.islice(video.container.demux(video.stream), _PACKETS)
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    steps = sorted(later - earlier for earlier, later in itertools.pairwise(times))
    return bool(steps) and steps[-1] > _UNEVEN * max(steps[len(steps) // 2], 1)
