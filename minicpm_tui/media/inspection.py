"""What a file is, quickly: by its content, decoding one frame at most."""

from __future__ import annotations

from pathlib import Path

import msgspec

from minicpm_tui.media.helpers import GLANCE_SECONDS, is_read_here, read_in_worker
from minicpm_tui.media.opened import open_media
from minicpm_tui.media.spec import MediaInfo


def inspect(path: Path) -> MediaInfo:
    """Kind, size and length of the file at ``path``. Blocks a little: call it from a thread.

    Raises MediaNotFound, MediaUnsupported, MediaDamaged or MediaTooLarge.
    """
    with open_media(path) as opened:
        if opened.kind == "other" or is_read_here(opened):
            from minicpm_tui.media.info import info_of

            return info_of(opened)
        [info] = read_in_worker("inspect", opened, (path,), seconds=GLANCE_SECONDS)
        return msgspec.msgpack.decode(info, type=MediaInfo)
