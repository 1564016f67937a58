"""From what the user attached to what is sent."""

from __future__ import annotations

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.animation import ANIMATED, prepare_animation
from minicpm_tui.media.pdf import prepare_page
from minicpm_tui.media.pictures import prepare_picture
from minicpm_tui.media.safe_open import open_regular, sniff_file, unsupported
from minicpm_tui.media.spec import AttachmentSpec, Cancelled, MediaLimits, PreparationCancelled, Prepared, Progress
from minicpm_tui.media.videos import prepare_video
from minicpm_tui.media.web import prepare_url


def prepare(
    spec: AttachmentSpec, limits: MediaLimits, *, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Prepared:
    """The attachment as a message part with its bytes, for a model and server with ``limits``.

    Blocks, sometimes for seconds: call it from a thread. ``progress`` and ``cancelled`` are called from that thread. Raises
    MediaError subclasses; PreparationCancelled after ``cancelled`` has answered true.
    """
    if cancelled and cancelled():
        raise PreparationCancelled
    if spec.url is not None:
        return prepare_url(spec.url, limits)
    if spec.path is None:
        raise MediaUnsupported(title=_("Nothing to attach"))
    file, _status = open_regular(spec.path)
    with file:
        what = sniff_file(file, spec.path)
        if what.kind == "image":
            if what in ANIMATED and limits.takes_videos and not spec.original:
                moving = prepare_animation(file, spec.path, what, spec, limits, progress, cancelled)
                if moving is not None:
                    return moving
            return prepare_picture(file, spec.path, what, spec, limits)
        if what.kind == "video":
            return prepare_video(file, spec.path, what, spec, limits, progress, cancelled)
        if what.kind == "pdf":
            return prepare_page(file, spec.path, spec, limits, cancelled)
    raise unsupported(spec.path, what)
