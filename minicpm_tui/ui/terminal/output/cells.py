"""What stands in the cells of a terminal. Equal cells are one object, so that rows are compared by identity."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import get_character_cell_size, split_graphemes
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from minicpm_tui.ui.terminal.output.sgr import PLAIN, Codes, codes_of

Row = list["Cell"]

_PLACEHOLDER = "\U0010eeee"  # one cell of a picture in kitty, with marks that tell which; drawn as one cell everywhere
_BRUSH = re.compile(r"\x1b\\\x1b7\x1b\[(\d+)D")
_MOST_BRUSHES = 200
_MOST_STRIPS = 500
_MOST_TEXTS = 500
_CJK = range(0x1100, 0x1F000)


class Cell:
    """``text`` is drawn with ``codes`` over ``width`` cells; 0 is the second half of what stands to the left.

    ``unsure``: terminals differ in how wide it is. ``picture``: pixels drawn over it by a sequence in the same row.
    """

    __slots__ = ("codes", "picture", "text", "unsure", "width")

    def __init__(self, text: str, codes: Codes, width: int, *, picture: bool = False) -> None:
        self.text = text
        self.codes = codes
        self.width = width
        self.picture = picture
        self.unsure = (len(text) > 1 and text[0] != _PLACEHOLDER) or (width == 2 and ord(text[0]) not in _CJK)


UNKNOWN = Cell("", PLAIN, 0)
"""Nobody knows what stands there: equal to no cell that is to be shown."""
BLANK = Cell(" ", PLAIN, 1)


class _Cells(dict[str, Cell]):
    """The cells of one style, by their text."""

    def __init__(self, codes: Codes) -> None:
        super().__init__()
        self._codes = codes
        self._texts: dict[str, Row] = {}

    def of(self, text: str) -> Row:
        """The cells of ``text``, not to be changed: when a page scrolls, most of its texts were there before."""
        row = self._texts.get(text)
        if row is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            row = [self[character] for character in text] if text.isascii() else list(_wide(text, self))
            self._texts[text] = row
        return row

    def __missing__(self, text: str) -> Cell:
        if text == " ":
            cell = Cell(text, self._codes.on_blank, 1)
        elif text.startswith("\0"):  # the second half of a wide one
            cell = Cell("", self._codes, 0)
        else:
            cell = Cell(text, self._codes, 1 if text.isascii() else _width(text))
        self[text] = cell
        return cell


def _width(text: str) -> int:
    return get_character_cell_size(text) if len(text) == 1 else split_graphemes(text)[1]


class Glyphs:
    """Makes cells of strips for a terminal with the colours of ``system``."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._styles: dict[Codes, _Cells] = {}
        self._blanks: dict[Codes, Cell] = {PLAIN: BLANK}
        self._known: dict[int, tuple[Strip, Row]] = {}
        self._brushes: dict[Codes, tuple[Cell, Cell]] = {}
        self.odd = False
        """Whether a cell was made that is ``unsure`` or a ``picture``."""

    def row(self, strip: Strip) -> Row:
        """The cells of ``strip``, not to be changed."""
        known = self._known.get(id(strip))
        if known is not None:
            return known[1]
        if len(self._known) > _MOST_STRIPS:
            self._known.clear()
        row: Row = []
        for text, style, control in strip:
            if not control:
                row += self._segment(text, style, row)
        self._known[id(strip)] = (strip, row)
        return row

    def blank(self, codes: Codes) -> Cell:
        """A blank with what of ``codes`` shows on one."""
        return self._cells(codes)[" "]

    def _cells(self, codes: Codes) -> _Cells:
        cells = self._styles.get(codes)
        if cells is None:
            cells = self._styles[codes] = _Cells(codes)
            # blanks of all styles that look alike on a blank are one
            cells[" "] = self._blanks.setdefault(codes.on_blank, cells[" "])
        return cells

    def _segment(self, text: str, style: Style | None, before: Row) -> Row:
        codes = codes_of(style, self._system)
        cells = self._cells(codes)
        if codes.link and (brush := _BRUSH.match(codes.link)):
            drawn = min(int(brush[1]), len(before))
            self.odd = True
            if len(self._brushes) > _MOST_BRUSHES:
                self._brushes.clear()
            if codes not in self._brushes:
                under = Cell(" ", before[-1].codes if before else PLAIN, 1, picture=True)
                self._brushes[codes] = (under, Cell(" ", codes, 1, picture=True))
            under, over = self._brushes[codes]
            before[len(before) - drawn :] = [under] * drawn
            return [over]
        row = cells.of(text)
        if not self.odd and not text.isascii():
            self.odd = any(cell.unsure for cell in row)
        return row


def _wide(text: str, cells: _Cells) -> Iterator[Cell]:
    for start, end, width in split_graphemes(text)[0]:
        piece = text[start:end]
        if width:
            yield cells[piece]
        if width == 2:
            yield cells["\0" + piece]
