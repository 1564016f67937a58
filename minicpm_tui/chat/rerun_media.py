"""The attachments of a recorded question, ready for another model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from minicpm_tui.chat.events import Preparing
from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.errors import MediaError, SessionDamaged
from minicpm_tui.families import Family
from minicpm_tui.families.tokens import image_tokens, video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.spec import AttachmentSpec, Prepared
from minicpm_tui.messages import Blob, BlobReader, ImagePart, MediaPart, Message, Source, media_of
from minicpm_tui.text import one_line


async def again(
    question: Message, blobs: BlobReader, preparer: Preparer, family: Family, emit: Callable[[Preparing], None]
) -> tuple[list[Prepared], list[str]]:
    """Each attachment from its source where that is still the same, else as it was sent then; and what to tell the user.

    Together they take what the limits of ``preparer`` leave, as the files of a new message do. An attachment of
    which nothing is left is left out.
    """
    parts = list(media_of(question.content))
    notes: dict[int, str] = {}

    def recorded(part: MediaPart, why: str) -> Prepared:
        try:
            found = _as_recorded(part, blobs, family)
        except SessionDamaged as error:
            note = _("{name}: not sent ({why}; {error})").format(name=one_line(part.name), why=why, error=error.title)
            raise _NothingLeftError(part, note) from error
        notes[id(part)] = _("{name}: sent as it was then ({why})").format(name=one_line(part.name), why=why)
        return found

    def sources() -> list[AttachmentSpec | Prepared]:
        specs = [_from_source(part.source) for part in parts]
        return [spec if spec is not None else recorded(part, why) for part, (spec, why) in zip(parts, specs, strict=True)]

    while True:
        try:
            attachments = await asyncio.to_thread(sources)
            instead = partial(_instead, parts, recorded)
            return await preparer.prepare_all(attachments, emit, instead), list(notes.values())
        except _NothingLeftError as lost:
            parts = [part for part in parts if part is not lost.part]
            notes[id(lost.part)] = lost.note


class _NothingLeftError(Exception):
    """Neither the source of ``part`` nor what was sent of it is there; ``note`` says so."""

    def __init__(self, part: MediaPart, note: str) -> None:
        super().__init__(note)
        self.part = part
        self.note = note


def _instead(parts: Sequence[MediaPart], recorded: Callable[[MediaPart, str], Prepared], index: int, why: MediaError) -> Prepared:
    """What was sent then of a file that cannot be prepared now."""
    return recorded(parts[index], str(why))


def _from_source(source: Source) -> tuple[AttachmentSpec | None, str]:
    """What to prepare anew, or why that cannot be."""
    spec = AttachmentSpec(
        url=source.url,
        start=source.start,
        end=source.end,
        count=source.count,
        page=source.page,
        pieces=source.pieces,
        piece=source.piece,
        original=source.original,
        scale=source.scale,
    )
    if source.path is None:
        return (None, _("its source is unknown")) if source.url is None else (spec, "")
    path = Path(source.path)
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None, _("{path} no longer exists").format(path=one_line(source.path))
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
