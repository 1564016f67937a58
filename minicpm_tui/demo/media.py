"""Really decodes the pictures and videos of a request, and notes the facts that the answer tells."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, cast

import msgspec

from minicpm_tui.demo.colours import main_colours
from minicpm_tui.demo.refusals import bad

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image

Colours = tuple[tuple[str, float], ...]
_SAMPLE = (256, 256)
_SAMPLED_FRAMES = 3
"""Of a video, the colours of the first, the middle and the last frame are named."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a picture or video.

    ``width`` and ``height`` are in pixels, ``bytes`` as it was sent, ``duration`` in seconds; ``digest`` tells it from others.
    ``colours`` has one entry for a picture; for a video those of the first, middle and last frame.
    """

    kind: Literal["image", "video"]
    format: str
    width: int
    height: int
    bytes: int
    colours: tuple[Colours, ...]
    frames: int = 1
    duration: float | None = None
    digest: str = ""


def look_at_picture(data: bytes) -> Seen:
    """Decode a picture. Blocks. Raises Refusal with vLLM's words when it cannot be decoded."""
    image, name, (width, height) = _load(data)
    return Seen(kind="image", format=name, width=width, height=height, bytes=len(data), colours=(main_colours(image),))


def look_at_frames(frames: list[bytes], sent: int) -> Seen:
    """Decode a video that came as pictures of its frames; ``sent`` counts its bytes. Blocks. Raises Refusal."""
    loaded = [_load(frame) for frame in frames]
    sizes = {size for _image, _name, size in loaded}
    if len(sizes) > 1:
        raise bad("all input arrays must have the same shape")
    width, height = sizes.pop()
    chosen = [main_colours(loaded[index][0]) for index in _spread(len(loaded), _SAMPLED_FRAMES)]
    name = loaded[0][1]
    return Seen(kind="video", format=name, width=width, height=height, bytes=sent, colours=tuple(chosen), frames=len(loaded))


def look_at_video(data: bytes, most: int) -> Seen:
    """Decode frames from the beginning, the middle and the end of a video file. Blocks. Raises Refusal.

    ``most`` frames at most count as seen, -1 for all.
    """
    import av

    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            duration = float(container.duration or 0) / av.time_base
            total = stream.frames or round(duration * float(stream.average_rate or 1))
            colours = []
            for part in range(_SAMPLED_FRAMES if duration else 1):
                container.seek(int(container.duration or 0) * part // _SAMPLED_FRAMES)
                colours.append(main_colours(_picture_of(next(container.decode(stream)))))
            name = container.format.long_name.split(" / ")[0]
            width, height = stream.width, stream.height
    except (av.FFmpegError, IndexError, StopIteration, ValueError, OSError):
        raise bad("Could not open video stream") from None
    frames = max(1, total if most < 0 else min(most, total))
    return Seen(
        kind="video",
        format=name,
        width=width,
        height=height,
        bytes=len(data),
        colours=tuple(colours),
        frames=frames,
        duration=duration or None,
    )


def _picture_of(frame: VideoFrame) -> Image:
    return cast("Callable[[], Image]", frame.to_image)()


def _load(data: bytes) -> tuple[Image, str, tuple[int, int]]:
    """A picture reduced to a sample, its format and its size as sent."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            size, name = image.size, image.format or "?"
            image.draft("RGB", _SAMPLE)
            small = image.convert("RGBA") if image.has_transparency_data else image.convert("RGB")
            small.thumbnail(_SAMPLE)
            return _over_white(small), name, size
    except UnidentifiedImageError:
        # The address in Pillow's own text changes with every request.
        raise bad("Failed to load image: cannot identify image file <_io.BytesIO object>") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise bad(f"Failed to load image: {error}") from None


def _over_white(image: Image) -> Image:
    """vLLM shows the model what is transparent as white."""
    if image.mode != "RGBA":
        return image
    from PIL import Image as pillow  # noqa: N813 - the class has the module's name

    page = pillow.new("RGBA", image.size, "white")
    page.alpha_composite(image)
    return page.convert("RGB")


def _spread(count: int, most: int) -> list[int]:
    """``most`` indices from the first to the last of ``count``, each once."""
    if count <= most:
        return list(range(count))
    return [round(step * (count - 1) / (most - 1)) for step in range(most)]
