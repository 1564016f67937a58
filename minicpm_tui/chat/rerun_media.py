"""The attachments of a recorded question, ready for another model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from minicpm_tui.chat.events import Preparing
from minicpm_tui.chat.preparation import prepare_all
from minicpm_tui.errors import MediaError, SessionDamaged
from minicpm_tui.families import Family
from minicpm_tui.families.tokens import image_tokens, video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.spec import AttachmentSpec, MediaLimits, Prepared
from minicpm_tui.messages import Blob, BlobReader, ImagePart, MediaPart, Message, Source, media_of
from minicpm_tui.text import one_line


async def again(
    question: Message, blobs: BlobReader, limits: MediaLimits, emit: Callable[[Preparing], None]
) -> tuple[list[Prepared], list[str]]:
    """Each attachment from its source where that is still the same, else as it was sent then; and what to tell the user.

    An attachment of which nothing is left is left out.
    """
    prepared: list[Prepared] = []
    notes: list[str] = []
    for part in media_of(question.content):
        spec, why = await asyncio.to_thread(_from_source, part.source)
        if spec is not None:
            try:
                prepared += await prepare_all([spec], limits, emit)
                continue
            except MediaError as error:
                why = str(error)
        name = one_line(part.name)
        try:
            prepared.append(await asyncio.to_thread(_as_recorded, part, blobs, limits.family))
        except SessionDamaged as error:
            notes.append(_("{name}: left out ({why}; {error})").format(name=name, why=why, error=error.title))
        else:
            notes.append(_("{name}: sent as it was then ({why})").format(name=name, why=why))
    return prepared, notes


def _from_source(source: Source) -> tuple[AttachmentSpec | None, str]:
    """What to prepare anew, or why that cannot be."""
    spec = AttachmentSpec(
        url=source.url, start=source.start, end=source.end, count=source.count, page=source.page, original=source.original
    )
    if source.path is None:
        return (None, _("its source is not known")) if source.url is None else (spec, "")
    path = Path(source.path)
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None, _("{path} is no longer there").format(path=one_line(source.path))
    resized = source.bytes is not None and found.st_size != source.bytes
    if resized or (source.mtime is not None and abs(found.st_mtime - source.mtime) > 1):
        return None, _("{path} has changed").format(path=one_line(source.path))
    return msgspec.structs.replace(spec, path=path, url=None), ""


def _as_recorded(part: MediaPart, blobs: BlobReader, family: Family) -> Prepared:
    """The part with the bytes that were sent. Raises SessionDamaged."""
    found = {digest: Blob(blobs.read(digest), part.media_type) for digest in part.digests}
    return Prepared(part, found, _tokens(part, family))


def _tokens(part: MediaPart, family: Family) -> int:
    if not part.width or not part.height:
        return 0
    if isinstance(part, ImagePart):
        return image_tokens(family, part.width, part.height)
    return video_tokens(family, len(part.frames), part.width, part.height)
