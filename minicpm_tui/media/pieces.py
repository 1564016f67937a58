"""Long and wide pictures and pages in several pieces: where they are cut, how many read well, what they cost. Pure."""

from __future__ import annotations

import math

import msgspec

from minicpm_tui.families import Size, image_tokens, kept_size
from minicpm_tui.i18n import _
from minicpm_tui.media.spec import AttachmentSpec, MediaLimits

MOST_PIECES = 60
"""Of one picture."""

LONG = 3.0
"""Pictures whose longer side has so many times the other's length are better read in pieces."""

_OVERLAP = 0.1  # of the shorter side: what lies on a cut is whole in one of the two pieces
_DRAWN_PIXELS = 16_000_000  # finer than any slicing keeps
_MOST_SIDE = 65_000
_PAGE_PIECES = 2  # a half of an A4 page shows 6 point print about as large as the model's usual text
_SHRUNK = 0.8  # of the pixels: less is said
_USUAL_PIXELS = 1344 * 1344

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in the unit of the size that it is a part of."""


def piece_box(size: tuple[float, float], spec: AttachmentSpec) -> Box:
    """The part of a picture or page of that ``size`` that ``spec`` wants: all of it, or a piece along its longer side."""
    width, height = size
    if spec.pieces is None or spec.piece is None:
        return 0, 0, width, height
    longer = max(size)
    overlap = min(_OVERLAP * min(size), longer / (2 * spec.pieces))
    length = (longer + (spec.pieces - 1) * overlap) / spec.pieces
    start = (spec.piece - 1) * (length - overlap)
    return (start, 0, start + length, height) if width > height else (0, start, width, start + length)


def in_pieces(spec: AttachmentSpec, count: int) -> list[AttachmentSpec]:
    """``count`` pieces of what ``spec`` names, in order; 1: all of it at once."""
    if count == 1:
        return [msgspec.structs.replace(spec, pieces=None, piece=None)]
    return [msgspec.structs.replace(spec, pieces=count, piece=number, original=False) for number in range(1, count + 1)]


def pixel_box(size: Size, spec: AttachmentSpec) -> tuple[int, int, int, int]:
    """``piece_box`` in whole pixels, at least one each way."""
    left, top, right, bottom = piece_box(size, spec)
    left, top = min(int(left), size[0] - 1), min(int(top), size[1] - 1)
    return left, top, min(max(math.ceil(right), left + 1), size[0]), min(max(math.ceil(bottom), top + 1), size[1])


def drawn_size(width: float, height: float) -> Size:
    """Pixels of a very fine drawing of a page, or of a piece of one, with sides in points."""
    scale = min(math.sqrt(_DRAWN_PIXELS / (width * height)), _MOST_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def good_pieces(size: tuple[float, float], limits: MediaLimits | None = None, *, page: bool = False) -> int:
    """In how many pieces small print can be read; 1 where a picture reads as a whole. A ``page`` can be drawn at any size."""
    ratio = max(size) / max(min(size), 1)
    if page:
        return min(max(_PAGE_PIECES, round(ratio)), MOST_PIECES)
    if ratio <= LONG:
        return 1
    room = _USUAL_PIXELS
    if limits is not None:
        slicing = limits.family.slicing
        room = slicing.scale_resolution**2 * slicing.max_slices
    for count in range(1, MOST_PIECES):
        left, top, right, bottom = piece_box(size, AttachmentSpec(pieces=count, piece=1))
        if (right - left) * (bottom - top) <= room and max(right - left, bottom - top) <= LONG * min(size):
            return count
    return MOST_PIECES


def pieces_tokens(size: tuple[float, float], count: int, limits: MediaLimits, *, page: bool = False) -> int:
    """What ``count`` pieces of a picture (pixels) or ``page`` (points) of that ``size`` cost together."""
    spec = AttachmentSpec(pieces=count, piece=1)
    left, top, right, bottom = piece_box(size, spec)
    whole = drawn_size(right - left, bottom - top) if page else (math.ceil(right - left), math.ceil(bottom - top))
    kept = kept_size(*whole, limits.family)
    return count * image_tokens(limits.family, *kept)


def pieces_note(size: Size, kept: Size, spec: AttachmentSpec, limits: MediaLimits) -> tuple[str, ...]:
    """What to say of a long picture of ``size`` pixels that is sent with the ``kept`` ones: in pieces it would be readable."""
    count = good_pieces(size, limits)
    chosen = spec.pieces is not None or spec.slices is not None or spec.original
    if chosen or count < 2 or limits.family.generic or kept[0] * kept[1] > _SHRUNK * size[0] * size[1]:
        return ()
    text = _(
        "reduced from {width}×{height} to {kept_width}×{kept_height} pixels; small print can be read in {count} pieces:"
        " #pieces={count}, about {tokens:,} tokens"
    )
    return (
        text.format(
            width=size[0],
            height=size[1],
            kept_width=kept[0],
            kept_height=kept[1],
            count=count,
            tokens=pieces_tokens(size, count, limits),
        ),
    )


def piece_name(name: str, spec: AttachmentSpec) -> str:
    """``name`` with the number of the piece."""
    return f"{name} {spec.piece}/{spec.pieces}" if spec.piece is not None else name
