"""What there is to see of a message's pictures and videos: each as it is sent, with its slices, a video as its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import BlobReader, ImagePart, MediaPart, VideoPart
from minicpm_tui.text import format_duration, one_line

if TYPE_CHECKING:
    from minicpm_tui.families import Family


@dataclass(frozen=True)
class View:
    """One picture of the viewer. ``load`` gives the encoded picture and blocks; ``source`` is the user's own file, if known.

    ``overlay`` gives the same with the model's slices drawn in, where it cuts pictures.
    """

    title: str
    facts: str
    load: Callable[[], bytes]
    overlay: Callable[[], bytes] | None = None
    source: Path | None = None


def views_of(
    parts: Iterable[MediaPart], blobs: BlobReader, family: Family | None = None, max_slices: int | None = None
) -> list[View]:
    """Everything to see of ``parts``, in order; a video begins with its contact sheet. Web addresses have nothing here.

    ``family`` and ``max_slices`` (the server's own, where it is known) tell how pictures are cut.
    """
    found: list[View] = []
    for part in parts:
        found += _picture(part, blobs, family, max_slices) if isinstance(part, ImagePart) else _video(part, blobs)
    return found


def _source(part: MediaPart) -> Path | None:
    return Path(part.source.path) if part.source.path else None


def _picture(part: ImagePart, blobs: BlobReader, family: Family | None, max_slices: int | None) -> Iterator[View]:
    digest = part.sha256
    if digest is None:
        return
    facts = f"{part.width}×{part.height}"
    overlay = None
    if family is not None and not family.generic and part.width and part.height:
        from minicpm_tui.families import grid

        cut = grid(part.width, part.height, family, max_slices)
        slices = cut.columns * cut.rows
        facts += " · " + ngettext("{count} slice", "{count} slices", slices).format(count=slices)
        if slices > 1:
            facts += f" ({cut.columns}×{cut.rows})"

        def overlay() -> bytes:
            from minicpm_tui.media.preview import slices_overlay

            return slices_overlay(blobs.read(digest), family, max_slices)

    yield View(one_line(part.name, 60), facts, lambda: blobs.read(digest), overlay, _source(part))


def _video(part: VideoPart, blobs: BlobReader) -> Iterator[View]:
    name = one_line(part.name, 60)
    frames = part.frames
    if not frames:
        return

    def sheet() -> bytes:
        from minicpm_tui.media.preview import contact_sheet

        return contact_sheet([blobs.read(frame.sha256) for frame in frames], [frame.time for frame in frames])

    count = ngettext("{count} frame", "{count} frames", len(frames)).format(count=len(frames))
    yield View(name, f"{count} · {part.width}×{part.height}", sheet, source=_source(part))
    for number, frame in enumerate(frames, 1):
        facts = _("frame {number} of {total} · at {time}").format(
            number=number, total=len(frames), time=format_duration(frame.time)
        )
        yield View(name, facts, lambda digest=frame.sha256: blobs.read(digest), source=_source(part))  # type: ignore[misc]
