"""Prepares a message's attachments together in a thread, saying how far it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

from minicpm_tui.chat.events import Preparing
from minicpm_tui.errors import MediaError
from minicpm_tui.media.sharing import Share, settle
from minicpm_tui.media.spec import AttachmentSpec, MediaLimits, Prepared

Attachment = Prepared | AttachmentSpec


async def prepare_all(
    attachments: Sequence[Attachment],
    limits: MediaLimits,
    emit: Callable[[Preparing], None],
    instead: Callable[[int, MediaError], Prepared] | None = None,
) -> list[Prepared]:
    """The attachments ready to be sent, in order, for a message with ``limits``; those that are ready already pass through.

    ``instead`` gives what is sent in the place of one that cannot be prepared. Cancelling stops the thread at its next step.
    Raises MediaError, and what ``instead`` raises.
    """
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    shares = [Share(each, fixed=True) if isinstance(each, Prepared) else None for each in attachments]

    def prepare(index: int, own: MediaLimits) -> Prepared:
        spec = attachments[index]
        assert isinstance(spec, AttachmentSpec)

        def progress(fraction: float) -> None:
            loop.call_soon_threadsafe(emit, Preparing(name_of(spec), index, len(attachments), fraction))

        progress(0.0)
        try:
            return _prepare(spec, own, progress, stop.is_set)
        except MediaError as error:
            if instead is None:
                raise
            return instead(index, error)

    try:
        await asyncio.to_thread(settle, limits, shares, prepare)
    finally:
        stop.set()
    return [share.prepared for share in shares if share is not None]


def name_of(spec: AttachmentSpec) -> str:
    """What to call it before it is prepared."""
    return spec.path.name if spec.path is not None else spec.url or ""


def _prepare(
    spec: AttachmentSpec, limits: MediaLimits, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> Prepared:
    from minicpm_tui.media import prepare

    return prepare(spec, limits, progress=progress, cancelled=cancelled)
