"""A GIF, animated WebP, APNG or AVIF as the frames of a video, with the times at which they are shown."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minicpm_tui.families import frame_size, video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.encode import encode_jpeg
from minicpm_tui.media.extent import Extent
from minicpm_tui.media.frame_choice import sample_times
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.orientation import upright_size
from minicpm_tui.media.pictures import pixels
from minicpm_tui.media.pillow import decoding, open_picture
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sources import source_of
from minicpm_tui.media.spec import Prepared, PrepareOptions
from minicpm_tui.media.videos import FRAME_BYTES
from minicpm_tui.messages import Blob, Frame, VideoPart

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_FRAMES = 3000
"""Frames that are read of one file: a few bytes can hold hundreds of thousands."""

_USUAL_SECONDS = 0.1
_SHORTEST_SECONDS = 0.015  # browsers take what is shorter for "not set"


@dataclass(frozen=True)
class _Timeline:
    """``starts`` are when each frame begins, ``length`` when the last one ends, in seconds. ``note`` says what is not in it."""

    starts: list[float]
    length: float
    note: str = ""


def prepare_animation(opened: Opened, options: PrepareOptions) -> Prepared | None:
    """Equally large JPEG frames of the animation; None where it shows a single frame.

    Blocks: every frame is decoded to know when it is shown, the chosen ones a second time. Raises MediaDamaged, MediaTooLarge,
    PreparationCancelled; MediaError for a part that is not there.
    """
    if options.spec.pieces is not None:
        return None  # a still is wanted
    check = options.stop_if_cancelled
    with open_picture(opened) as image, decoding(opened.path):
        if not getattr(image, "is_animated", False):
            return None
        line = _timeline(image, check)
        if len(line.starts) < 2:
            return None
        size = frame_size(*upright_size(image), options.limits.family)
        times, notes = sample_times(Extent(line.length, line.starts[-1]), opened, options, size)
        chosen = sorted({max(bisect.bisect_right(line.starts, time + 0.0005) - 1, 0) for time in times})
        frames: list[Frame] = []
        blobs: dict[str, Blob] = {}
        for number in _at(image, chosen, check):
            blob = encode_jpeg(pixels(image, size), FRAME_BYTES)
            blobs[blob.sha256] = blob
            frames.append(Frame(blob.sha256, round(line.starts[number], 3)))
            options.report(len(frames) / len(chosen))
        part = VideoPart(
            name=shown(opened.path.name),
            frames=tuple(frames),
            width=size[0],
            height=size[1],
            source=source_of(opened, options.spec, duration=line.length),
        )
    tokens = video_tokens(options.limits.family, len(frames), *size)
    return Prepared(part, blobs, tokens, (*notes, line.note) if line.note else notes)


def _timeline(image: Image, check: Callable[[], None]) -> _Timeline:
    """When each frame is shown; ends before a frame that is broken."""
    starts: list[float] = []
    end, note = 0.0, ""
    try:
        for _number in _walk(image, check):
            starts.append(end)
            seconds = float(image.info.get("duration") or 0) / 1000
            end += seconds if seconds >= _SHORTEST_SECONDS else _USUAL_SECONDS
            if len(starts) == MOST_FRAMES:
                note = _("only its first {count} frames are read").format(count=MOST_FRAMES)
                break
    except (OSError, SyntaxError, ValueError):
        if not starts:
            raise
        note = _("parts of this animation are damaged: what could be decoded is sent")
    return _Timeline(starts, end, note)


def _at(image: Image, chosen: list[int], check: Callable[[], None]) -> Iterator[int]:
    """The numbers in ``chosen``, each while ``image`` stands at that frame."""
    wanted = set(chosen)
    return (number for number in itertools.islice(_walk(image, check), chosen[-1] + 1) if number in wanted)


def _walk(image: Image, check: Callable[[], None]) -> Iterator[int]:
    """``image`` from frame to frame, each decoded; an APNG's still for programs that know no animations is none of them."""
    first = 1 if getattr(image, "default_image", False) else 0
    image.seek(0)
    for number in itertools.count():
        check()
        try:
            image.seek(first + number)
            image.load()
        except EOFError:
            return
        yield number
