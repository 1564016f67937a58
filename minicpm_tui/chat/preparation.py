"""Prepares a message's attachments in a thread, saying how far it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import msgspec

from minicpm_tui.chat.events import Preparing
from minicpm_tui.media.spec import AttachmentSpec, MediaLimits, Prepared

Attachment = Prepared | AttachmentSpec


async def prepare_all(
    attachments: Sequence[Attachment], limits: MediaLimits, emit: Callable[[Preparing], None]
) -> list[Prepared]:
    """The attachments ready to be sent, in order; those that are ready already pass through.

    Cancelling stops the thread at its next step. Raises MediaError.
    """
    total = len(attachments)
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    prepared: list[Prepared] = []
    try:
        for index, attachment in enumerate(attachments):
            if isinstance(attachment, Prepared):
                prepared.append(attachment)
                continue
            name = name_of(attachment)
            emit(Preparing(name, index, total))

            def progress(fraction: float, name: str = name, index: int = index) -> None:
                loop.call_soon_threadsafe(emit, Preparing(name, index, total, fraction))

            share = _share(limits, prepared, total - index)
            prepared.append(await asyncio.to_thread(_prepare, attachment, share, progress, stop.is_set))
    finally:
        stop.set()
    return prepared


def _share(limits: MediaLimits, before: Sequence[Prepared], waiting: int) -> MediaLimits:
    """The limits for one attachment: what is left of the context is for all that wait."""
    if limits.context_tokens_left is None:
        return limits
    left = max(limits.context_tokens_left - sum(each.tokens for each in before), 0)
    return msgspec.structs.replace(limits, context_tokens_left=left // waiting)


def name_of(spec: AttachmentSpec) -> str:
    """What to call it before it is prepared."""
    return spec.path.name if spec.path is not None else spec.url or ""


def _prepare(
    spec: AttachmentSpec, limits: MediaLimits, progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> Prepared:
    from minicpm_tui.media import prepare

    return prepare(spec, limits, progress=progress, cancelled=cancelled)
