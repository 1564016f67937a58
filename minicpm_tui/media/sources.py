"""Where a part came from, so that it can be prepared again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from minicpm_tui.media.safe_open import as_text
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import Source


def source_of(
    file: BinaryIO,
    path: Path,
    spec: AttachmentSpec,
    *,
    duration: float | None = None,
    page: int | None = None,
    url: str | None = None,
) -> Source:
    """The opened ``file`` at ``path`` and what was asked of it; ``duration`` in seconds, ``page`` from 1."""
    status = os.fstat(file.fileno())
    return Source(
        path=as_text(path.absolute()),
        url=url,
        bytes=status.st_size,
        mtime=status.st_mtime,
        duration=duration,
        start=spec.start,
        end=spec.end,
        count=spec.count,
        page=page,
        original=spec.original,
    )
