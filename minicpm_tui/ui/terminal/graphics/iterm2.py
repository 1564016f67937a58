"""iTerm2's inline pictures, one cell row at a time, and files that it saves. Source: https://iterm2.com/documentation-images.html"""

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def download(data: bytes, name: str) -> str:
    """Has it save ``data`` in the user's folder for downloads; it asks its user first."""
    head = f"name={base64.standard_b64encode(os.fsencode(name)).decode()};size={len(data)};inline=0"
    return f"\x1b]1337;File={head}:{base64.standard_b64encode(data).decode()}\x07"


def rows(picture: Image, cell_height: int, columns: int) -> list[str]:
    """One sequence for each cell row of a picture whose height is a multiple of ``cell_height`` pixels."""
    sequences = []
    for top in range(0, picture.height, cell_height):
        buffer = io.BytesIO()
        picture.crop((0, top, picture.width, top + cell_height)).save(buffer, "PNG")
        data = base64.standard_b64encode(buffer.getvalue()).decode()
        size = f"size={len(buffer.getvalue())};width={columns};height=1;preserveAspectRatio=0"
        sequences.append(f"\x1b]1337;File=inline=1;doNotMoveCursor=1;{size}:{data}\x07")
    return sequences
