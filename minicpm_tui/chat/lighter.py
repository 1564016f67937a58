"""Messages that have more bytes than a gateway takes: weighs them together, makes pictures smaller, finds turns to leave out.

Pictures are made from what was prepared before, so that it can be done for a message of which the files are gone. Blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from minicpm_tui.backends.body import kind_of
from minicpm_tui.backends.failures import too_large
from minicpm_tui.chat.budget import part_tokens, turns_of
from minicpm_tui.chat.connect import Connection
from minicpm_tui.errors import RequestTooLarge
from minicpm_tui.i18n import _
from minicpm_tui.media.smaller import as_small_as
from minicpm_tui.media.spec import Prepared
from minicpm_tui.messages import Blob, BlobReader, Frame, ImagePart, MediaPart, Message, TextPart, VideoPart, media_of
from minicpm_tui.text import format_bytes

FIELDS_BYTES = 4096
"""What a request has beside texts and media."""
_LEAST = 3000
"""Bytes of a picture below which nothing can be seen in it."""


def refused(message: Message) -> bool:
    """A reply that did not come because the request had too many bytes."""
    return message.end is not None and message.end.error is not None and message.end.error.kind == RequestTooLarge.kind


def without_refused(path: Sequence[Message]) -> tuple[Message, ...]:
    """``path`` without the questions that were refused for their size, and without those refusals."""
    kept: list[Message] = []
    for message in path:
        if not (refused(message) and not message.text):
            kept.append(message)
        elif kept and kept[-1].id == message.parent:
            kept.pop()
    return tuple(kept)


def with_media(message: Message, prepared: Sequence[Prepared]) -> Message:
    """``message`` with ``prepared`` in the places of its pictures and videos."""
    anew = iter(prepared)
    content = tuple(part if isinstance(part, TextPart) else next(anew).part for part in message.content)
    return msgspec.structs.replace(message, content=content)


class Fresh:
    """A BlobReader of what was just prepared, before what is ``stored``."""

    def __init__(self, blobs: Mapping[str, Blob], stored: BlobReader) -> None:
        self._blobs = blobs
        self._stored = stored

    def read(self, sha256: str) -> bytes:
        """The bytes. Raises SessionDamaged when they are gone."""
        return self._blobs[sha256].data if sha256 in self._blobs else self._stored.read(sha256)


class Scales:
    """Weighs what goes to the server of ``connection``, whose bytes ``blobs`` has."""

    def __init__(self, connection: Connection, blobs: BlobReader) -> None:
        self.limit = connection.memory.body_limit
        self._connection = connection
        self._blobs = blobs

    def fits(self, message: Message, other: int = 0) -> bool:
        """Whether ``message`` can go, beside ``other`` bytes."""
        return self.limit is None or self._sent(message) + other + FIELDS_BYTES <= self.limit

    def turns_to_drop(self, above: Sequence[Message], question: Message) -> int:
        """How many of the oldest turns ``above`` have to stay out, so that the rest goes with ``question``."""
        if self.limit is None:
            return 0
        turns = turns_of(above)
        size = self._sent(question)
        for index in range(len(turns) - 1, -1, -1):
            size += sum(map(self._sent, turns[index]))
            if size + FIELDS_BYTES > self.limit:
                return index + 1
        return 0

    def lighter(self, question: Message) -> list[Prepared]:
        """The pictures and videos of ``question``, made so small that it can go. Raises RequestTooLarge, SessionDamaged."""
        assert self.limit is not None, "no limit is known"
        parts = media_of(question.content)
        sizes = [[self._size(digest) for digest in part.digests] if self._with_bytes(part) else [] for part in parts]
        room = (self.limit - FIELDS_BYTES - len(question.text.encode("utf-8", "replace"))) * 3 // 4
        most = _share([size for each in sizes for size in each], room)
        large = [max(each, default=0) > most for each in sizes]
        if most < _LEAST or any(
            over and isinstance(part, VideoPart) and part.file for part, over in zip(parts, large, strict=True)
        ):
            words = _("{url} takes {limit} at once").format(url=self._connection.url, limit=format_bytes(self.limit))
            raise too_large(words)
        return [self._smaller(part, most if over else None) for part, over in zip(parts, large, strict=True)]

    def _smaller(self, part: MediaPart, most: int | None) -> Prepared:
        """``part`` with at most so many bytes a picture or frame; None: as it is."""
        found = [self._blobs.read(digest) for digest in part.digests]
        if most is None:
            blobs = {digest: Blob(data, part.media_type) for digest, data in zip(part.digests, found, strict=True)}
            return Prepared(part, blobs, part_tokens(part, self._connection.family))
        width, height, made = as_small_as(found, most)
        blobs = {blob.sha256: blob for blob in made}
        if isinstance(part, ImagePart):
            part = msgspec.structs.replace(part, sha256=next(iter(blobs)), width=width, height=height, media_type="image/jpeg")
        else:
            frames = tuple(Frame(blob.sha256, old.time) for blob, old in zip(made, part.frames, strict=True))
            part = msgspec.structs.replace(part, frames=frames, width=width, height=height)
        size = format_bytes(sum(len(blob.data) for blob in made))
        words = _("made smaller, {width}×{height}, {size} in all: the server or a gateway takes {limit} at once")
        note = words.format(width=width, height=height, size=size, limit=format_bytes(self.limit or 0))
        return Prepared(part, blobs, part_tokens(part, self._connection.family), (note,))

    def _sent(self, message: Message) -> int:
        """Bytes that ``message`` has in a request."""
        digests = [digest for part in media_of(message.content) if self._with_bytes(part) for digest in part.digests]
        return len(message.text.encode("utf-8", "replace")) + sum(-(-self._size(digest) // 3) * 4 for digest in digests)

    def _with_bytes(self, part: MediaPart) -> bool:
        """It is not enough to name it."""
        return part.uuid is None or not self._connection.memory.bare([(kind_of(part), part.uuid)])

    def _size(self, digest: str) -> int:
        return len(self._blobs.read(digest))


def _share(sizes: Sequence[int], room: int) -> int:
    """The most bytes that each may have, so that all have ``room`` together: small ones leave the rest to the others."""
    left = room
    for done, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - done)
        if size > share:
            return share
        left -= size
    return max(sizes, default=room)
