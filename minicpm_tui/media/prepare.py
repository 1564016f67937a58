"""From what the user attached to what is sent.

What reads media is imported when it is needed: the first paint imports this.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.helpers import is_read_here, read_in_worker
from minicpm_tui.media.opened import Opened, open_media
from minicpm_tui.media.spec import AttachmentSpec, Cancelled, MediaInfo, MediaLimits, Prepared, PrepareOptions, Progress


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
        from minicpm_tui.media.web import prepare_url

        return prepare_url(spec.url, limits)
    if spec.path is None:
        raise MediaUnsupported(title=_("Nothing to attach"))
    with open_media(spec.path) as opened:
        if opened.kind != "other" and not is_read_here(opened):
            return _prepared_in_worker(opened, options, inspected)
        from minicpm_tui.media.direct import prepare_opened
        from minicpm_tui.media.info import info_of

        if inspected:
            inspected(info_of(opened))
        return prepare_opened(opened, options)


def _prepared_in_worker(opened: Opened, options: PrepareOptions, inspected: Callable[[MediaInfo], None] | None) -> Prepared:
    def told(piece: bytes) -> None:
        if inspected:
            inspected(msgspec.msgpack.decode(piece, type=MediaInfo))

    from minicpm_tui.media.results import prepared_of

    arguments = (options.spec, options.limits)
    return prepared_of(
        read_in_worker("prepare", opened, arguments, progress=options.progress, cancelled=options.cancelled, told=told)
    )
