"""A video as the frames that the model gets, or as its whole file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaDamaged, MediaUnsupported
from minicpm_tui.families import frame_size, video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.container import open_video
from minicpm_tui.media.encode import encode_jpeg
from minicpm_tui.media.extent import extent
from minicpm_tui.media.frame_choice import sample_times
from minicpm_tui.media.frame_image import is_shaped, upright_image
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.reader import Found, FrameReader
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sources import source_of
from minicpm_tui.media.spec import Prepared, PrepareOptions
from minicpm_tui.media.whole import prepare_whole
from minicpm_tui.messages import Blob, Frame, VideoPart

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

FRAME_BYTES = 90_000
EXACT_SECONDS = 300


def prepare_video(opened: Opened, options: PrepareOptions) -> Prepared:
    """Equally large JPEG frames of the video, with their real times.

    Blocks. Raises MediaUnsupported, MediaDamaged, MediaTooLarge, PreparationCancelled.
    """
    family = options.limits.family
    if not family.video:
        title = _("{model} takes no videos").format(model=family.title)
        raise MediaUnsupported(shown(opened.path), title=title, hint=_("send pictures, or use another model"))
    if options.spec.original:
        return prepare_whole(opened, options)
    with open_video(opened) as video:
        check = options.stop_if_cancelled
        reader = FrameReader(video, check)
        whole = extent(video, check)
        first = reader.at(0.0)
        if first is None:
            raise MediaDamaged(shown(opened.path), title=_("No frame of this video can be decoded"))
        size = frame_size(*video.shown_size(first[0]), family)
        times, notes = sample_times(whole, opened, options, size)
        frames: list[Frame] = []
        blobs: dict[str, Blob] = {}
        changes = False
        for index, (frame, at) in enumerate(_sampled(reader, times)):
            shape = video.shown_size(frame)
            changes = changes or not is_shaped(shape, size)
            blob = encode_jpeg(upright_image(frame, size, shape), FRAME_BYTES)
            blobs[blob.sha256] = blob
            frames.append(Frame(blob.sha256, round(max(at, 0.0), 3)))
            options.report((index + 1) / len(times))
        notes += _kind_notes(first[0])
        if changes:
            notes += (_("it changes its size midway: frames of another shape have black beside them"),)
        if reader.broken:
            notes += (_("parts of this video are damaged: what could be decoded is sent"),)
    part = VideoPart(
        name=shown(opened.path.name),
        frames=tuple(frames),
        width=size[0],
        height=size[1],
        source=source_of(opened, options.spec, duration=whole.length),
    )
    return Prepared(part, blobs, video_tokens(family, len(frames), *size), notes)


def _kind_notes(frame: VideoFrame) -> tuple[str, ...]:
    """What is lost of videos that are more than flat ones (translated), as the first frame tells."""
    kinds = {str(getattr(data, "type", "")).rpartition(".")[2] for data in frame.side_data}
    notes = []
    if "SPHERICAL" in kinds:
        notes.append(_("a video of all around: its frames are sent flat, as they are stored"))
    if "STEREO3D" in kinds:
        notes.append(_("a stereo video: its frames are sent as they are stored, for two eyes"))
    return tuple(notes)


def _sampled(reader: FrameReader, times: list[float]) -> Iterator[Found]:
    """The frames for ``times``, each once."""
    interval = times[1] - times[0] if len(times) > 1 else 0.0
    long = times[-1] - times[0] > EXACT_SECONDS
    last: float | None = None
    for wanted in times:
        found = reader.near(wanted, interval / 8) if long else reader.at(wanted)
        if found is None:
            return
        if last is None or found[1] > last:
            yield found
            last = found[1]
