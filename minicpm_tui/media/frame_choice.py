"""Which moments of a video or an animation are sent, and what is said about their number."""

from __future__ import annotations

import msgspec

from minicpm_tui.errors import MediaError
from minicpm_tui.families import Size, video_tokens
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.media.extent import Extent
from minicpm_tui.media.frame_times import frame_count, frame_times
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.spec import AttachmentSpec, PrepareOptions


def sample_times(whole: Extent, opened: Opened, options: PrepareOptions, size: Size) -> tuple[list[float], tuple[str, ...]]:
    """The moments to send in seconds, and what to tell the user about their number (translated).

    ``size`` is that of a frame as it is sent, in pixels. Raises MediaError when ``options`` ask for a part that is not there.
    """
    spec, limits = options.spec, options.limits
    start, end = spec.start or 0.0, whole.length if spec.end is None else min(spec.end, whole.length)
    if start < 0 or (start and start >= whole.length) or end <= start < whole.length:
        raise _outside(opened, whole.length)
    a_frame = video_tokens(limits.family, 1, *size)
    wanted = frame_count(end - start, limits.most_frames, spec.count)
    count = min(wanted, limits.affordable_frames(a_frame))
    unguarded = frame_count(end - start, msgspec.structs.replace(limits, safe_frames=None).most_frames, spec.count)
    notes = _notes(spec, wanted, count, unguarded)
    return frame_times(start, max(start, min(end, whole.last)), max(count, 1)), notes


def _notes(spec: AttachmentSpec, wanted: int, count: int, unguarded: int) -> tuple[str, ...]:
    """``unguarded``: the frames that would be sent to a server which does not stop answering at so many."""
    notes = []
    if wanted < unguarded:
        text = _("{count} frames instead of {wanted}: with more, this server's vLLM may stop answering; a newer one takes them")
        notes.append(text.format(count=wanted, wanted=unguarded))
    elif spec.count is not None and spec.count > wanted:
        notes.append(_("{count} frames: the server takes no more").format(count=wanted))
    if count < wanted:
        text = ngettext(
            "{count} frame instead of {wanted}: the context has no room for more",
            "{count} frames instead of {wanted}: the context has no room for more",
            count,
        )
        notes.append(text.format(count=count, wanted=wanted))
    return tuple(notes)


def _outside(opened: Opened, length: float) -> MediaError:
    message = _("{name} is {seconds} seconds long").format(name=shown(opened.path), seconds=f"{length:.1f}")
    return MediaError(
        message, title=_("No such part of the video"), hint=_("choose a start and an end within it, the start first")
    )
