"""A picture as the model can use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaTooLarge
from minicpm_tui.families import Size, image_tokens, kept_size
from minicpm_tui.i18n import _
from minicpm_tui.media.colour import flatten
from minicpm_tui.media.encode import Encoder
from minicpm_tui.media.notes import notes_of
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.orientation import orientation, turned, upright_size
from minicpm_tui.media.original import is_plain
from minicpm_tui.media.picture_kinds import kind_notes
from minicpm_tui.media.pieces import piece_name, pieces_note, pixel_box
from minicpm_tui.media.pillow import decoding, open_picture
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sniff import ANIMATED, AVIF, BMP, GIF, JPEG, PAGED, PNG, TIFF, WEBP
from minicpm_tui.media.sources import source_of
from minicpm_tui.media.spec import Prepared, PrepareOptions
from minicpm_tui.media.tiff import seek_page
from minicpm_tui.messages import Blob, ImagePart, Source
from minicpm_tui.text import format_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

_EVERY_SERVER_READS = {JPEG, PNG, GIF, BMP}
_PILLOW_READS = {*_EVERY_SERVER_READS, WEBP, TIFF, AVIF}
_ORIGINAL_BYTES = 100_000_000
_WORTH = 1.5  # the original may have so many times the bytes of what would be sent instead


def prepare_picture(opened: Opened, options: PrepareOptions) -> Prepared:
    """The picture: upright, RGB, without metadata, reduced to what the server's slicing keeps.

    Blocks. Raises MediaDamaged or MediaTooLarge.
    """
    spec, limits = options.spec, options.limits
    readable = opened.format in (_PILLOW_READS if limits.pillow else _EVERY_SERVER_READS)
    if spec.original and spec.pieces is None and readable and (spec.page or 1) == 1:
        return _prepare_original(opened, options)
    with open_picture(opened) as image:
        if opened.format in PAGED and spec.page is not None:
            seek_page(image, opened, spec.page)
        upright = upright_size(image)
        left, top, right, bottom = box = pixel_box(upright, spec)
        size = kept_size(right - left, bottom - top, limits.family, at_most=spec.slices)
        with decoding(opened.path):
            whole = readable and image.size == size and orientation(image) == 1
            encoder = Encoder(_part(image, upright, box, size, spec.scale))
            blob = (_own(opened, image, encoder) if whole and not _several(image) else None) or encoder.blob
            notes = (*_notes(image, opened, options), *pieces_note(upright, size, spec, limits))
    return _prepared(blob, size, opened, options, notes)


def pixels(image: Image, size: Size, scale: str | None = None) -> Image:
    """The opened picture at ``size`` pixels (as it is shown upright), RGB over white. Pillow's errors come through.

    ``scale``: see ``tones.shown_range``. What is to be known of it is remembered with ``image``.
    """
    turn = orientation(image)
    stored = (size[1], size[0]) if turn >= 5 else size
    image.draft(None, (2 * stored[0], 2 * stored[1]))  # a JPEG decoded at half or a quarter is as good from there down
    if hasattr(image, "scale"):
        image.scale = scale
    image.load()
    return turned(flatten(image, stored, scale), turn)


def _part(image: Image, upright: Size, box: tuple[int, int, int, int], size: Size, scale: str | None) -> Image:
    """The part of the picture in ``box`` at ``size`` pixels, as ``pixels`` makes them; ``upright`` is the size of all of it."""
    left, top, right, bottom = box
    if (right - left, bottom - top) == upright:
        return pixels(image, size, scale)
    across, down = size[0] / (right - left), size[1] / (bottom - top)
    whole = max(size[0], round(upright[0] * across)), max(size[1], round(upright[1] * down))
    at = min(round(left * across), whole[0] - size[0]), min(round(top * down), whole[1] - size[1])
    return pixels(image, whole, scale).crop((*at, at[0] + size[0], at[1] + size[1]))


def picture_part(blob: Blob, size: Size, name: str, source: Source) -> tuple[ImagePart, dict[str, Blob]]:
    """The part and its bytes by digest."""
    digest = blob.sha256
    part = ImagePart(name=name, sha256=digest, width=size[0], height=size[1], media_type=blob.media_type, source=source)
    return part, {digest: blob}


def _prepared(blob: Blob, size: Size, opened: Opened, options: PrepareOptions, notes: tuple[str, ...]) -> Prepared:
    limits, page = options.limits, options.spec.page
    name = f"{shown(opened.path.name)} {page}" if page else shown(opened.path.name)
    part, blobs = picture_part(blob, size, piece_name(name, options.spec), source_of(opened, options.spec, page=page))
    return Prepared(part, blobs, image_tokens(limits.family, *size), notes)


def _own(opened: Opened, image: Image, encoder: Encoder) -> Blob | None:
    """The file's own bytes where they are as good and not much larger than what ``encoder`` makes."""
    if opened.size > _WORTH * encoder.at_least and opened.size > _WORTH * len(encoder.blob.data):
        return None
    opened.file.seek(0)
    data = opened.file.read()
    return Blob(data, opened.format.media_type) if is_plain(image, data, opened.format) else None


def _prepare_original(opened: Opened, options: PrepareOptions) -> Prepared:
    if opened.size > _ORIGINAL_BYTES:
        size = f"{shown(opened.path)}: {format_bytes(opened.size)}"
        raise MediaTooLarge(size, hint=_("send it reduced, not as the original"))
    data = opened.file.read()
    with open_picture(opened) as image, decoding(opened.path):
        pixel_size = image.size
        image.load()
        several = _several(image) and image.format != "MPO"
    notes = (_("the server reads only the first picture of this file"),) if several else ()
    return _prepared(Blob(data, opened.format.media_type), pixel_size, opened, options, notes)


def _several(image: Image) -> bool:
    """It has more than one picture. Counts none: a hostile file may claim billions."""
    return bool(getattr(image, "is_animated", False))


def _notes(image: Image, opened: Opened, options: PrepareOptions) -> tuple[str, ...]:
    limits, notes = options.limits, [*notes_of(image), *kind_notes(image, opened)]
    if opened.format in PAGED:
        if options.spec.page is None and _several(image):
            notes.append(_("it has more pages: only the first is sent"))
    elif _several(image) and opened.format in ANIMATED:
        title = limits.family.title
        notes.append(
            _("an animation: only its first frame is sent")
            if limits.takes_videos
            else _("an animation: only its first frame is sent, {model} takes no videos").format(model=title)
        )
    if options.spec.original:
        notes.append(_("servers cannot read {format}: sent as JPEG or PNG").format(format=opened.format.name))
    return tuple(notes)
