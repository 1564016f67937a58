"""From what the user attached to what is sent."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.animation import prepare_animation
from minicpm_tui.media.helpers import is_read_here, read_in_worker
from minicpm_tui.media.inspection import info_of
from minicpm_tui.media.opened import Opened, open_media
from minicpm_tui.media.pdf import prepare_page
from minicpm_tui.media.pictures import prepare_picture
from minicpm_tui.media.results import prepared_of
from minicpm_tui.media.safe_open import unsupported
from minicpm_tui.media.sniff import ANIMATED
from minicpm_tui.media.spec import AttachmentSpec, Cancelled, MediaInfo, MediaLimits, Prepared, PrepareOptions, Progress
from minicpm_tui.media.videos import prepare_video
from minicpm_tui.media.web import prepare_url
from minicpm_tui.media.workers.worker import Listener


def prepare(
    spec: AttachmentSpec,
    limits: MediaLimits,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    inspected: Callable[[MediaInfo], None] | None = None,
) -> Prepared:
    """The attachment as a message part with its bytes, for a model and server with ``limits``.

    What may be costly is read in a process of its own (see ``helpers.py``). Here the file is opened once.

    Blocks, sometimes for seconds: call it from a thread. ``progress``, ``cancelled`` and ``inspected`` are called from that
    thread, the last one with what a file is, before the work. Raises MediaError subclasses; PreparationCancelled after
    ``cancelled`` has answered true.
    """
    options = PrepareOptions(spec, limits, progress, cancelled)
    options.stop_if_cancelled()
    if spec.url is not None:
        return prepare_url(spec.url, limits)
    if spec.path is None:
        raise MediaUnsupported(title=_("Nothing to attach"))
    with open_media(spec.path) as opened:
        if opened.kind != "other" and not is_read_here(opened):
            return _prepared_in_worker(opened, options, inspected)
        if inspected:
            inspected(info_of(opened))
        return _prepare_opened(opened, options)


def _prepared_in_worker(opened: Opened, options: PrepareOptions, inspected: Callable[[MediaInfo], None] | None) -> Prepared:
    def told(piece: bytes) -> None:
        if inspected:
            inspected(msgspec.msgpack.decode(piece, type=MediaInfo))

    listener = Listener(options.progress, options.cancelled, told)
    return prepared_of(read_in_worker("prepare", opened, (options.spec, options.limits), listener=listener))


def _prepare_opened(opened: Opened, options: PrepareOptions) -> Prepared:
    if opened.kind == "image":
        if opened.format in ANIMATED and options.limits.takes_videos and not options.spec.original:
            moving = prepare_animation(opened, options)
            if moving is not None:
                return moving
        return prepare_picture(opened, options)
    if opened.kind == "video":
        return prepare_video(opened, options)
    if opened.kind == "pdf":
        return prepare_page(opened, options)
    raise unsupported(opened.path, opened.format)
