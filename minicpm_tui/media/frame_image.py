"""A decoded frame of a video as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.families import Size
from minicpm_tui.media.colour import to_srgb
from minicpm_tui.media.colour_space import ColourSpace
from minicpm_tui.media.hdr import HLG, PQ
from minicpm_tui.media.primaries import BT2020, BY_NUMBER, SRGB_CURVE, profile

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image

_SAME_SHAPE = 0.03  # by how much sizes may differ in their ratio and still be taken for rounding


def upright_image(frame: VideoFrame, size: Size, shown: Size | None = None) -> Image:
    """The frame as sRGB, ``size`` pixels, turned as its metadata asks; high dynamic range is brought down to it.

    ``shown`` is how large a player shows this frame; where its shape is not that of ``size``, it is shown whole, with black
    beside it. Colours without a tag are taken as FFmpeg takes them, which is how the server would decode the file.
    """
    from PIL import Image as Images

    inner = size if shown is None or is_shaped(shown, size) else _within(shown, size)
    image = _turned(frame, inner)
    if frame.color_trc in {PQ, HLG}:
        # Not by swscale: it takes seconds a frame, and lets the mastering metadata halve the brightness.
        primaries = BY_NUMBER.get(frame.color_primaries, BT2020)
        image = to_srgb(image, ColourSpace(profile(primaries, SRGB_CURVE), frame.color_trc), image)
    if inner == size:
        return image
    canvas = Images.new("RGB", size)
    canvas.paste(image, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return canvas


def is_shaped(one: Size, other: Size) -> bool:
    """The two sizes have one ratio of width and height, up to rounding: a pixel or three of a hundred."""
    exact = one[0] * other[1] / one[1]
    return abs(exact - other[0]) <= max(1.0, _SAME_SHAPE * other[0])


def _within(shown: Size, size: Size) -> Size:
    scale = min(size[0] / shown[0], size[1] / shown[1])
    return max(1, round(shown[0] * scale)), max(1, round(shown[1] * scale))


def _turned(frame: VideoFrame, size: Size) -> Image:
    """The frame's codes as RGB, upright."""
    from PIL import Image as Images
    from PIL.Image import Transpose

    turn = round(frame.rotation / 90) % 4
    stored = (size[1], size[0]) if turn % 2 else size
    small = frame.reformat(*stored, "rgb24", interpolation="LANCZOS")
    plane = small.planes[0]
    image = Images.frombuffer("RGB", stored, bytes(plane), "raw", "RGB", plane.line_size, 1)
    steps = {1: Transpose.ROTATE_90, 2: Transpose.ROTATE_180, 3: Transpose.ROTATE_270}
    return image.transpose(steps[turn]) if turn else image
