"""A page of a PDF as a picture, drawn by a child process that can be stopped."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.errors import MediaDamaged, MediaTooLarge
from minicpm_tui.families import Size
from minicpm_tui.i18n import _
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.pdf_child import MOST_SECONDS
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.spec import Cancelled, PreparationCancelled

if TYPE_CHECKING:
    from PIL.Image import Image

_CHILD = Path(__file__).with_name("pdf_child.py")
_GLANCE_SECONDS = 0.1  # between looks whether it is still wanted


def draw(opened: Opened, page: int, size: Size, *, patience: float = MOST_SECONDS, cancelled: Cancelled | None = None) -> Image:
    """``page`` (from 0) of the PDF at ``size`` pixels, as RGB. Leaves the file's position anywhere.

    Blocks, for ``patience`` seconds at most. Raises MediaDamaged; MediaTooLarge when it takes too long; PreparationCancelled.
    """
    from PIL import Image as Images

    command = [sys.executable, "-P", str(_CHILD), str(page), str(size[0]), str(size[1])]
    child = subprocess.Popen(command, stdin=opened.file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        pixels = _output(child, opened.path, patience, cancelled)
    finally:
        child.kill()
        child.communicate()
    if child.returncode < 0:
        raise _too_slow(opened.path)
    if len(pixels) != 3 * size[0] * size[1]:
        raise MediaDamaged(shown(opened.path), hint=_("open it in another program and save it again"))
    return Images.frombytes("RGB", size, pixels)


def _output(child: subprocess.Popen[bytes], path: Path, patience: float, cancelled: Cancelled | None) -> bytes:
    deadline = time.monotonic() + patience
    while True:
        try:
            return child.communicate(timeout=_GLANCE_SECONDS)[0]
        except subprocess.TimeoutExpired:
            if cancelled and cancelled():
                raise PreparationCancelled from None
            if time.monotonic() > deadline:
                raise _too_slow(path) from None


def _too_slow(path: Path) -> MediaTooLarge:
    return MediaTooLarge(shown(path), title=_("Drawing this page takes too long"), hint=_("save it as a picture first"))
