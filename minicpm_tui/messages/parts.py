"""What a message is made of: text, pictures and videos, as the journal writes them.

Parts name their bytes by SHA-256; the bytes themselves are ``Blob`` and lie elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a part came from, so that it can be prepared again for another model.

    ``bytes`` is the size, ``mtime`` seconds since the epoch, ``duration`` seconds. ``start``, ``end`` (seconds) and ``count``
    (frames) are what the user asked for of a video; ``page`` is the page of a PDF, counted from 1; ``piece`` one of the
    ``pieces`` that a picture or page was cut into; ``original`` says that the user wants the file's own bytes sent; ``scale``
    which values of a picture of more than eight bits are black and white.
    """

    path: str | None = None
    url: str | None = None
    bytes: int | None = None
    mtime: float | None = None
    duration: float | None = None
    start: float | None = None
    end: float | None = None
    count: int | None = None
    page: int | None = None
    pieces: int | None = None
    piece: int | None = None
    original: bool = False
    scale: str | None = None


class TextPart(msgspec.Struct, frozen=True, tag="text", tag_field="type"):
    """Text as the user or the model wrote it."""

    text: str


class ImagePart(msgspec.Struct, frozen=True, omit_defaults=True, tag="image", tag_field="type"):
    """A picture as it is sent: ``width`` and ``height`` in pixels after preparing.

    ``sha256`` is None for a web URL that is passed on; ``source.url`` has it then.
    """

    name: str
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    media_type: str = "image/jpeg"
    source: Source = Source()

    @property
    def uuid(self) -> str | None:
        """What the server's media cache knows it by: the digest of the bytes."""
        return self.sha256

    @property
    def digests(self) -> tuple[str, ...]:
        """The blobs it needs."""
        return (self.sha256,) if self.sha256 else ()


class Frame(msgspec.Struct, frozen=True):
    """One frame as it is sent; ``time`` is its real time in the video, in seconds."""

    sha256: str
    time: float


class VideoPart(msgspec.Struct, frozen=True, omit_defaults=True, tag="video", tag_field="type"):
    """A video: equally large JPEG frames (``width``×``height`` pixels), or its whole file (``file``, a digest), or a URL."""

    name: str
    frames: tuple[Frame, ...] = ()
    file: str | None = None
    width: int | None = None
    height: int | None = None
    media_type: str = "video/jpeg"
    source: Source = Source()

    @property
    def uuid(self) -> str | None:
        """The digest of the frames' digests joined by newlines; for a whole file its own."""
        if self.frames:
            import hashlib

            return hashlib.sha256("\n".join(self.digests).encode()).hexdigest()
        return self.file

    @property
    def digests(self) -> tuple[str, ...]:
        """The blobs it needs, in order."""
        if self.frames:
            return tuple(frame.sha256 for frame in self.frames)
        return (self.file,) if self.file else ()


Part = TextPart | ImagePart | VideoPart
MediaPart = ImagePart | VideoPart


class Blob(msgspec.Struct, frozen=True):
    """Bytes of a picture or a frame, on their way to the journal and the server."""

    data: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        """The digest of the bytes in hexadecimal, by which messages name them."""
        import hashlib

        return hashlib.sha256(self.data).hexdigest()


class BlobReader(Protocol):
    """Finds bytes by digest. Blocks: call it from a thread."""

    def read(self, sha256: str) -> bytes:
        """The bytes. Raises SessionDamaged when they are gone or not what the digest says."""
        ...


class MemoryBlobs:
    """A BlobReader for conversations that are not saved, and for tests."""

    def __init__(self, blobs: Mapping[str, Blob] | None = None) -> None:
        self._blobs = dict(blobs or {})

    def add(self, blobs: Mapping[str, Blob]) -> None:
        """Remember ``blobs``, keyed by digest."""
        self._blobs.update(blobs)

    def read(self, sha256: str) -> bytes:
        """The bytes whose digest is ``sha256``. Raises KeyError."""
        return self._blobs[sha256].data


def text_of(parts: tuple[Part, ...]) -> str:
    """The text parts, one after another."""
    return "\n".join([part.text for part in parts if isinstance(part, TextPart)])


def media_of(parts: tuple[Part, ...]) -> tuple[MediaPart, ...]:
    """The pictures and videos, in order."""
    return tuple([part for part in parts if not isinstance(part, TextPart)])
