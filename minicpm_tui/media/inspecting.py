"""What a file is, quickly: by its content, without decoding it."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.media.opening import open_regular, shown, sniff_file, unsupported
from minicpm_tui.media.pillow import decoding, open_picture, upright_size
from minicpm_tui.media.spec import MediaInfo


def inspect(path: Path) -> MediaInfo:
    """Kind, size and length of the file at ``path``. Blocks a little: call it from a thread.

    Raises MediaNotFound, MediaUnsupported, MediaDamaged or MediaTooLarge.
    """
    file, status = open_regular(path)
    with file:
        what = sniff_file(file, path)
        if what.kind != "image":
            raise unsupported(path, what)
        with open_picture(file, path, what) as image, decoding(path):
            width, height = upright_size(image)
    return MediaInfo(kind="image", name=shown(path.name), format=what.name, bytes=status.st_size, width=width, height=height)
