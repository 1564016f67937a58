"""Pages of a PDF, a scan (TIFF) or DICOM frames: how many there are, and which of them are meant."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from minicpm_tui.media.helpers import GLANCE_SECONDS, is_read_here, read_in_worker
from minicpm_tui.media.opened import open_media
from minicpm_tui.media.safe_open import no_such_page
from minicpm_tui.media.sniff import PAGED

PageRanges = tuple[tuple[int, int | None], ...]
"""First and last page, from 1; None: to the end."""


def parse_pages(text: str) -> PageRanges:
    """``3``, ``2-5``, ``4-`` (to the end) and several of them joined by commas. Raises ValueError."""
    return tuple(_range(item.strip()) for item in text.split(","))


def page_numbers(ranges: PageRanges, count: int, path: Path) -> list[int]:
    """The pages that ``ranges`` name of the ``count`` that the file at ``path`` has. Raises MediaNotFound for one too many."""
    found: list[int] = []
    for first, last in ranges:
        if (first if last is None else last) > count:
            raise no_such_page(path, _written(first, last), count)
        found += range(first, (last or count) + 1)
    return list(dict.fromkeys(found))


def written_pages(numbers: Iterable[int]) -> str:
    """Page numbers as ``parse_pages`` reads them: ``2-5,8``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def page_count(path: Path) -> int | None:
    """How many pages the file at ``path`` has; None for what has none: a photo, a video. Blocks. Raises MediaError."""
    with open_media(path) as opened:
        if opened.kind != "pdf" and opened.format not in PAGED:
            return None
        if not is_read_here(opened):
            [count] = read_in_worker("page_count", opened, (path,), seconds=GLANCE_SECONDS)
            return msgspec.msgpack.decode(count, type=int)
        from minicpm_tui.media.pdf import first_page
        from minicpm_tui.media.tiff import page_frames

        return first_page(opened)[1] if opened.kind == "pdf" else len(page_frames(opened))


def _written(first: int, last: int | None) -> str:
    if last is None:
        return f"{first}-"
    return str(first) if first == last else f"{first}-{last}"


def _range(text: str) -> tuple[int, int | None]:
    first, dash, last = (part.strip() for part in text.partition("-"))
    begin = int(first)
    end = (int(last) if last else None) if dash else begin
    if begin < 1 or (end is not None and end < begin):
        raise ValueError(text)
    return begin, end
