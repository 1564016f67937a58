"""What stands after ``#`` in an attachment's name: a part of a video, pages of a PDF, the values that are black and white, or the
wish for the original."""

from __future__ import annotations

import math

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.pages import PageRanges, parse_pages
from minicpm_tui.media.pieces import MOST_PIECES
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.spec import AttachmentSpec

AS_READS_WELL = 0
"""``pieces`` of a wish that leaves their number to us."""


def parse_fragment(fragment: str, whole: str) -> tuple[AttachmentSpec, PageRanges | None]:
    """``t=10,20&n=16``, ``page=2-4,7``, ``pieces=4``, ``scale=0,4095``, ``original`` (media fragments as W3C has them, and ours),
    and the pages, if any are named.

    ``whole`` is what the user wrote, for the error. Raises MediaUnsupported when it is none of these.
    """
    start = end = count = pages = pieces = piece = scale = None
    original, key = False, ""
    try:
        for item in fragment.split("&"):
            key, _sep, value = item.partition("=")
            match key:
                case "t":
                    start, end = _span(value)
                case "n":
                    count = _positive(value)
                case "page":
                    pages = parse_pages(value)
                case "scale":
                    scale = _scale(value)
                case "pieces":
                    pieces = _piece_count(value)
                case "piece":
                    piece = _positive(value)
                case "original":
                    original = True
                case _:
                    raise ValueError(key)  # noqa: TRY301  one place says what is allowed
        _check_piece(piece, pieces)
    except ValueError as error:
        raise _mistake(key, whole) from error
    spec = AttachmentSpec(start=start, end=end, count=count, pieces=pieces, piece=piece, original=original, scale=scale)
    return spec, pages


def _mistake(key: str, whole: str) -> MediaUnsupported:
    """What is wrong after the ``#`` of ``whole``: the value of the option ``key``, or that there is no such option."""
    hint = _("after # write t=START,END, n=FRAMES, page=NUMBERS, pieces=COUNT, scale=LOW,HIGH or original")
    title = _("This option is unknown")
    if key in {"t", "n", "page", "piece", "pieces", "scale"}:
        title = _("{option} has a value that it cannot have").format(option=f"{key}=")
    if key == "page":
        hint = _("write page=3, page=2-5 or page=2-4,7, the smaller number first")
    return MediaUnsupported(shown(whole), title=title, hint=hint)


def written_spec(spec: AttachmentSpec) -> str:
    """The path or address with what is asked of it, as ``expand`` reads it."""
    items = []
    if spec.start is not None or spec.end is not None:
        start, end = ("" if each is None else f"{each:g}" for each in (spec.start, spec.end))
        items.append(f"t={start},{end}" if end else f"t={start}")
    if spec.count is not None:
        items.append(f"n={spec.count}")
    if spec.page is not None:
        items.append(f"page={spec.page}")
    if spec.pieces is not None:
        items += [f"pieces={spec.pieces}", f"piece={spec.piece}"]
    if spec.scale is not None:
        items.append(f"scale={spec.scale}")
    if spec.original:
        items.append("original")
    if spec.path is None:
        return spec.url or ""
    return f"{spec.path}#{'&'.join(items)}" if items else str(spec.path)


def seconds(text: str) -> float:
    """``75``, ``1:15`` and ``0:01:15.5`` in seconds. Raises ValueError."""
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    if not math.isfinite(total) or total < 0:
        raise ValueError(text)
    return total


def _span(value: str) -> tuple[float | None, float | None]:
    first, _sep, last = value.partition(",")
    return seconds(first) if first else None, seconds(last) if last else None


def _scale(value: str) -> str:
    """``full``, ``fit``, or two numbers that differ."""
    if value not in {"full", "fit"}:
        low, high = (float(each) for each in value.split(","))
        if not (math.isfinite(low) and math.isfinite(high)) or low == high:
            raise ValueError(value)
    return value


def _check_piece(piece: int | None, pieces: int | None) -> None:
    """Raises ValueError for a piece that is not one of the ``pieces``."""
    if piece is not None and piece > (pieces or 0):
        raise ValueError(piece)


def _piece_count(value: str) -> int:
    number = _positive(value) if value else AS_READS_WELL
    if number > MOST_PIECES:
        raise ValueError(value)
    return number


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(value)
    return number
