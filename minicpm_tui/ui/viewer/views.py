"""What there is to see of a message's pictures and videos: each as it is sent, with its slices, a video as its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import BlobReader, ImagePart, MediaPart, VideoPart
from minicpm_tui.messages.grounding import Region
from minicpm_tui.text import format_moment, one_line

if TYPE_CHECKING:
    from minicpm_tui.families import Family, Grid

Drawing = Callable[[int], bytes]
"""Gives an encoded picture of at most so many pixels a side, with lines that can be seen at that size. Blocks."""


@dataclass(frozen=True)
class Tile:
    """One of several pictures that are shown side by side, and the words under it. ``load`` blocks."""

    load: Callable[[], bytes]
    label: str


@dataclass(frozen=True)
class View:
    """One picture of the viewer. ``load`` gives the encoded picture and blocks; ``source`` is the user's own file, if known.

    ``overlay`` draws it with the model's slices, where it cuts pictures; ``marked`` with ``regions``, where the model named
    some. ``tiles`` are what it is put together from, ``slices`` what the model cuts it into, the overview first.
    """

    title: str
    facts: str
    load: Callable[[], bytes]
    overlay: Drawing | None = None
    source: Path | None = None
    regions: tuple[Region, ...] = ()
    marked: Drawing | None = None
    tiles: tuple[Tile, ...] = ()
    slices: tuple[View, ...] = ()


def views_of(
    parts: Iterable[MediaPart],
    blobs: BlobReader,
    family: Family | None = None,
    regions: tuple[Region, ...] = (),
) -> list[View]:
    """Everything to see of ``parts``, in order; a video begins with its contact sheet. Web addresses have nothing here.

    ``family``, as the server has it, tells how pictures are cut; ``regions`` is what the model
    found in them: of several it does not say in which.
    """
    found: list[View] = []
    for part in parts:
        if isinstance(part, ImagePart):
            found += _picture(part, blobs, family, regions)
        else:
            found += _video(part, blobs)
    return found


def _source(part: MediaPart) -> Path | None:
    return Path(part.source.path) if part.source.path else None


def _picture(part: ImagePart, blobs: BlobReader, family: Family | None, regions: tuple[Region, ...]) -> Iterator[View]:
    digest = part.sha256
    if digest is None:
        return
    facts = f"{part.width}×{part.height}"
    overlay = marked = None
    each: tuple[View, ...] = ()
    if family is not None and not family.generic and part.width and part.height:
        from minicpm_tui.families import grid

        cut = grid(part.width, part.height, family)
        slices = cut.columns * cut.rows
        facts += " · " + ngettext("{count} slice", "{count} slices", slices).format(count=slices)
        if slices > 1:
            facts += f" ({cut.columns}×{cut.rows})"
            each = tuple(_slices(one_line(part.name, 60), cut, lambda: blobs.read(digest), family))

        def overlay(side: int) -> bytes:
            from minicpm_tui.media.markings import slices_overlay

            return slices_overlay(blobs.read(digest), family, side=side)

    if regions:

        def marked(side: int) -> bytes:
            from minicpm_tui.media.markings import regions_overlay

            return regions_overlay(blobs.read(digest), regions, side=side)

    yield View(one_line(part.name, 60), facts, lambda: blobs.read(digest), overlay, _source(part), regions, marked, slices=each)


def _slices(name: str, cut: Grid, load: Callable[[], bytes], family: Family) -> Iterator[View]:
    """The overview and the slices, row by row, each as the model gets it."""

    def view(facts: str, number: int, size: tuple[int, int]) -> View:
        def cut_out() -> bytes:
            from minicpm_tui.media.slice_pictures import slice_picture

            return slice_picture(load(), family, number)

        return View(name, f"{facts} · {size[0]}×{size[1]}", cut_out)

    yield view(_("overview"), 0, cut.overview)
    for number in range(1, cut.slices + 1):
        row, column = divmod(number - 1, cut.columns)
        facts = _("slice {number} of {total}: row {row}, column {column}")
        yield view(facts.format(number=number, total=cut.slices, row=row + 1, column=column + 1), number, cut.cell)


def _video(part: VideoPart, blobs: BlobReader) -> Iterator[View]:
    name = one_line(part.name, 60)
    frames = part.frames
    if not frames:
        return

    def sheet() -> bytes:
        from minicpm_tui.media.preview import contact_sheet

        return contact_sheet([blobs.read(frame.sha256) for frame in frames], [format_moment(frame.time) for frame in frames])

    count = ngettext("{count} frame", "{count} frames", len(frames)).format(count=len(frames))
    tiles = tuple(Tile(_reader(blobs, frame.sha256), format_moment(frame.time)) for frame in frames)
    yield View(name, f"{count} · {part.width}×{part.height}", sheet, source=_source(part), tiles=tiles)
    for number, (frame, tile) in enumerate(zip(frames, tiles, strict=True), 1):
        facts = _("frame {number} of {total} · at {time}").format(
            number=number, total=len(frames), time=format_moment(frame.time)
        )
        yield View(name, facts, tile.load, source=_source(part))


def _reader(blobs: BlobReader, digest: str) -> Callable[[], bytes]:
    return lambda: blobs.read(digest)
