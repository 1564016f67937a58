"""What a worker made, on its way back: a description, then the bytes as they are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from minicpm_tui.media.spec import Prepared
from minicpm_tui.messages import Blob, ImagePart, VideoPart


class _Described(msgspec.Struct, array_like=True):
    part: ImagePart | VideoPart
    tokens: int
    notes: tuple[str, ...]
    blobs: list[tuple[str, str]]  # digest and media type


_decode = msgspec.msgpack.Decoder(_Described).decode


def pieces_of(prepared: Prepared) -> list[bytes]:
    """``prepared`` as bytes; those of its pictures are not copied."""
    blobs = [(digest, blob.media_type) for digest, blob in prepared.blobs.items()]
    described = _Described(prepared.part, prepared.tokens, prepared.notes, blobs)
    return [msgspec.msgpack.encode(described), *(blob.data for blob in prepared.blobs.values())]


def prepared_of(pieces: Sequence[bytes]) -> Prepared:
    """What ``pieces_of`` took apart. Raises ValueError."""
    described = _decode(pieces[0])
    blobs = {digest: Blob(data, kind) for (digest, kind), data in zip(described.blobs, pieces[1:], strict=True)}
    return Prepared(described.part, blobs, described.tokens, described.notes)
