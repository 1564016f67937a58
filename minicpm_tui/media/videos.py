"""A video as the frames that the model gets, or as its whole file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaDamaged, MediaUnsupported
from minicpm_tui.families import Size, frame_size, video_tokens
from minicpm_tui.i18n import _
from minicpm_tui.media.container import open_video
from minicpm_tui.media.encode import encode_jpeg
from minicpm_tui.media.extent import extent
from minicpm_tui.media.frame_choice import sample_times
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.reader import Found, FrameReader
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.sources import source_of
from minicpm_tui.media.spec import Prepared, PrepareOptions
from minicpm_tui.media.whole import prepare_whole
from minicpm_tui.messages import Blob, Frame, VideoPart

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image

FRAME_BYTES = 90_000
EXACT_SECONDS = 300
_BT709 = 1  # FFmpeg's number for the transfer function and for the primaries
_HIGH_RANGE = {16, 18}  # PQ and HLG


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
        for index, (frame, at) in enumerate(_sampled(reader, times)):
            blob = encode_jpeg(upright_image(frame, size), FRAME_BYTES)
            blobs[blob.sha256] = blob
            frames.append(Frame(blob.sha256, round(max(at, 0.0), 3)))
            options.report((index + 1) / len(times))
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


def upright_image(frame: VideoFrame, size: Size) -> Image:
    """The frame as sRGB, ``size`` pixels as shown, turned as its metadata asks; high dynamic range is brought down to it.

    Colours without a tag are taken as FFmpeg takes them, which is how the server would decode the file.
    """
    from PIL import Image as Images
    from PIL.Image import Transpose

    turn = round(frame.rotation / 90) % 4
    stored = (size[1], size[0]) if turn % 2 else size
    if frame.color_trc in _HIGH_RANGE:
        small = frame.reformat(
            *stored, "rgb24", interpolation="LANCZOS", dst_colorspace="ITU709", dst_color_trc=_BT709, dst_color_primaries=_BT709
        )
    else:
        small = frame.reformat(*stored, "rgb24", interpolation="LANCZOS")
    plane = small.planes[0]
    image = Images.frombuffer("RGB", stored, bytes(plane), "raw", "RGB", plane.line_size, 1)
    steps = {1: Transpose.ROTATE_90, 2: Transpose.ROTATE_180, 3: Transpose.ROTATE_270}
    return image.transpose(steps[turn]) if turn else image


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
