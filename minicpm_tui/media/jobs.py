"""What a worker does with a file: ``python -m minicpm_tui.media.jobs``, started by the pool of ``helpers.py``."""

from __future__ import annotations

from pathlib import Path

import msgspec

from minicpm_tui.media.inspection import inspect
from minicpm_tui.media.pages import page_count
from minicpm_tui.media.prepare import prepare
from minicpm_tui.media.results import pieces_of
from minicpm_tui.media.spec import AttachmentSpec, MediaInfo, MediaLimits
from minicpm_tui.media.thumbnails import draw_thumbnail
from minicpm_tui.media.workers.child import Job, Reporter, serve


def _prepare(reporter: Reporter, spec: AttachmentSpec, limits: MediaLimits) -> list[bytes]:
    def inspected(info: MediaInfo) -> None:
        reporter.tell(msgspec.msgpack.encode(info))

    return pieces_of(prepare(spec, limits, progress=reporter.progress, cancelled=reporter.alive, inspected=inspected))


def _inspect(_reporter: Reporter, path: Path) -> list[bytes]:
    return [msgspec.msgpack.encode(inspect(path))]


def _draw_thumbnail(_reporter: Reporter, path: Path) -> list[bytes]:
    return [draw_thumbnail(path)]


def _page_count(_reporter: Reporter, path: Path) -> list[bytes]:
    return [msgspec.msgpack.encode(page_count(path))]


JOBS: dict[str, Job] = {
    "prepare": _prepare,
    "inspect": _inspect,
    "thumbnail": _draw_thumbnail,
    "page_count": _page_count,
}

if __name__ == "__main__":
    serve(JOBS)
