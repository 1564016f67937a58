"""Kitty's graphics by *Unicode placeholders*: the picture is sent once, and cells of ordinary text show its parts.

They scroll, clip and lie under dialogs as text does, inside tmux too.
Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096
_LEFT_OUT = "0300 0301 0302 0303 0304 0306 0307 0308 0309 030A 030B 030C 030F 0311 0313 0314 0342 0653 0654"


def _diacritics() -> Iterator[str]:
    """The marks that count rows and columns, as kitty's ``rowcolumn-diacritics.txt`` makes them from Unicode 6.0."""
    left_out = {chr(int(code, 16)) for code in _LEFT_OUT.split()}
    for code in range(0x0300, 0x0750):  # marks added to Unicode later lie behind this range
        mark = chr(code)
        if unicodedata.combining(mark) == 230 and not unicodedata.decomposition(mark) and mark not in left_out:
            yield mark


DIACRITICS = tuple(_diacritics())
LARGEST = len(DIACRITICS)
"""The most rows or columns that a picture can have."""


def transmit(png: bytes, image_id: int, columns: int, rows: int) -> list[str]:
    """The sequences that hand the picture to the terminal; each goes through a multiplexer by itself."""
    data = base64.standard_b64encode(png).decode()
    pieces = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    control = f"a=T,U=1,q=2,f=100,t=d,i={image_id},c={columns},r={rows},"
    sequences = []
    for number, piece in enumerate(pieces):
        more = 0 if number == len(pieces) - 1 else 1
        sequences.append(f"\x1b_G{control if number == 0 else ''}m={more};{piece}\x1b\\")
    return sequences


def forget(image_id: int) -> str:
    """The sequence that frees the picture in the terminal."""
    return f"\x1b_Ga=d,d=I,q=2,i={image_id};\x1b\\"


def colour(image_id: int) -> str:
    """The foreground that tells the terminal which picture a placeholder belongs to: the id in 24 bits."""
    return f"#{image_id & 0xFFFFFF:06x}"


def row_text(row: int, columns: int) -> str:
    """The cells of one row; every cell names its row and column, so that any part may be drawn again alone."""
    return "".join(PLACEHOLDER + DIACRITICS[row] + DIACRITICS[column] for column in range(columns))
