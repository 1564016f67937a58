"""Where a part came from, so that it can be prepared again."""

from __future__ import annotations

from minicpm_tui.media.opened import Opened
from minicpm_tui.media.safe_open import as_text
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import Source


def source_of(
    opened: Opened,
    spec: AttachmentSpec,
    *,
    duration: float | None = None,
    page: int | None = None,
    url: str | None = None,
) -> Source:
    """The file and what was asked of it; ``duration`` in seconds, ``page`` from 1."""
    return Source(
        path=as_text(opened.path.absolute()),
        url=url,
        bytes=opened.size,
        mtime=opened.mtime,
        duration=duration,
        start=spec.start,
        end=spec.end,
        count=spec.count,
        page=page,
        pieces=spec.pieces,
        piece=spec.piece,
        original=spec.original,
        scale=spec.scale,
    )
