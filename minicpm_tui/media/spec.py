"""What goes into preparing media and what comes out. Frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from minicpm_tui.families import Family
from minicpm_tui.families.step import DEFAULT_FRAMES
from minicpm_tui.messages import Blob, ImagePart, VideoPart

MediaKind = Literal["image", "video", "pdf"]

Progress = Callable[[float], None]
"""Called from the preparing thread with the part that is done, 0 to 1."""

Cancelled = Callable[[], bool]
"""Asked between steps from the preparing thread; true stops it with ``PreparationCancelled``."""


class PreparationCancelled(Exception):
    """The user no longer wants it."""


class AttachmentSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user wants attached: a ``path`` or a web ``url``.

    ``start`` and ``end`` (seconds) and ``count`` (frames) are for videos and animations, ``page`` (from 1) for PDFs and TIFFs,
    ``slices`` (at most so many) for pictures and pages, of which ``piece`` (from 1) is one of ``pieces`` that they are cut into
    along their longer side; ``original`` asks for the file's own bytes. ``scale`` is for pictures of more than eight bits:
    ``full``, ``fit`` or two numbers with a comma between them, the values that are black and white.
    """

    path: Path | None = None
    url: str | None = None
    start: float | None = None
    end: float | None = None
    count: int | None = None
    page: int | None = None
    slices: int | None = None
    pieces: int | None = None
    piece: int | None = None
    original: bool = False
    scale: str | None = None


class MediaInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a file is, by its content.

    ``width`` and ``height`` in pixels as it is shown (turned upright; points for a PDF's first page), ``duration`` in seconds,
    ``format`` its name for people (``JPEG``, ``MP4``), ``name`` the file's name made printable, ``pages`` those of a PDF or of a
    TIFF with more than one. ``animated`` is a GIF, WebP, PNG or AVIF of several frames.
    """

    kind: MediaKind
    name: str
    format: str
    bytes: int
    width: int
    height: int
    duration: float | None = None
    pages: int | None = None
    animated: bool = False


class MediaLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the model and the server take.

    ``family`` is as the server cuts pictures. ``num_frames`` is the server's own setting where it is known to have one;
    ``context_tokens_left`` is what the conversation leaves for this attachment; ``local_server``: the server runs on this machine
    and was started by us. ``videos`` is how many videos the server takes in a conversation, where that is known.
    ``safe_frames`` is set for a server that stops answering when a video has more frames than that. ``pillow`` says that it reads
    pictures with Pillow, as vLLM does: others know JPEG, PNG, GIF and BMP alone (llama.cpp: https://github.com/nothings/stb).
    """

    family: Family
    num_frames: int | None = None
    context_tokens_left: int | None = None
    local_server: bool = False
    videos: int | None = None
    safe_frames: int | None = None
    pillow: bool = True

    @property
    def most_frames(self) -> int:
        """The most frames of one video that make sense, whatever the context leaves: the family's, the server's, safe ones."""
        known = (self.family.max_frames, self.frames_read, self.safe_frames)
        return max(min(count for count in known if count is not None), 1)

    def stops_at(self, frames: int | None) -> bool:
        """Whether a video of so many frames (None: of any number) would make the server stop answering."""
        return self.safe_frames is not None and (frames is None or frames > self.safe_frames)

    def affordable_frames(self, tokens_a_frame: int) -> int:
        """The most frames of one video that make sense and that the context has room for; at least one."""
        left = self.context_tokens_left
        return self.most_frames if left is None else max(min(self.most_frames, left // tokens_a_frame), 1)

    @property
    def frames_read(self) -> int | None:
        """How many frames the server reads of a whole file; None: all of them."""
        count = DEFAULT_FRAMES if self.num_frames is None else self.num_frames
        return count if count > 0 else None

    @property
    def takes_videos(self) -> bool:
        """Whether an animation can be sent as a video."""
        return self.family.video and self.videos != 0


@dataclass(frozen=True)
class PrepareOptions:
    """How a file is prepared: what the user wants of it (``spec``), for which model and server (``limits``).

    ``progress`` and ``cancelled`` are called from the thread that prepares.
    """

    spec: AttachmentSpec
    limits: MediaLimits
    progress: Progress | None = None
    cancelled: Cancelled | None = None

    def report(self, fraction: float) -> None:
        """So much of it is done, 0 to 1."""
        if self.progress:
            self.progress(fraction)

    def stop_if_cancelled(self) -> None:
        """Raises PreparationCancelled when the user no longer wants it."""
        if self.cancelled and self.cancelled():
            raise PreparationCancelled


class Prepared(msgspec.Struct, frozen=True):
    """An attachment ready to be sent.

    ``blobs`` are its bytes by SHA-256, ``tokens`` what it will cost in the prompt, ``notes`` what the user should know
    (translated): what was left out or done differently.
    """

    part: ImagePart | VideoPart
    blobs: Mapping[str, Blob]
    tokens: int
    notes: tuple[str, ...] = ()
