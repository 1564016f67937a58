"""From rows to the strips that the compositor asks for. Nothing here changes what is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip

from minicpm_tui.markdown.line import BLANK, PLAIN, Ink, Line
from minicpm_tui.markdown.wrap import width_of, wrap
from minicpm_tui.ui.conversation.document import Document, Place
from minicpm_tui.ui.conversation.palette import Palette
from minicpm_tui.ui.conversation.search import Search
from minicpm_tui.ui.conversation.selection import row_key
from minicpm_tui.ui.conversation.unit import BAR, GUTTER, Row


@dataclass
class View:
    """What the painter has to know of the pane besides the document. Sizes in cells, ``top`` in rows."""

    width: int = 0
    height: int = 0
    top: int = 0
    cursor: int | None = None
    code: tuple[int, int] | None = None
    search: Search | None = None
    selection: Selection | None = None
    news: str = ""
    hint: str = ""


class Painter:
    """Draws a document under one palette."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self._gutters = {
            name: Segment(text, palette.style(ink))
            for name, text, ink in (
                ("", "  ", PLAIN),
                ("user", "▌ ", ("user", "user-bar")),
                ("cursor", "┃ ", ("cursor-bar",)),
            )
        }
        self._no_bar = Segment("  ", palette.base)
        self._track = Segment(" ▕", palette.style(("track",)))
        self._thumb = Segment(" ▐", palette.style(("thumb",)))

    def paint(self, document: Document, view: View, crop: Region) -> list[Strip]:
        """The strips of ``crop``, counted from the pane's corner."""
        first = view.top + crop.y
        bars = self._bars(document.height, view)
        strips = [
            self._strip(document, place, view, bars(crop.y + number))
            for number, place in enumerate(document.rows(first, first + crop.height))
        ]
        blank = Row(BLANK, Strip.blank(max(0, view.width - GUTTER - BAR), self.palette.base))
        strips += [blank.whole(self._gutters[""], bars(crop.y + y)) for y in range(len(strips), crop.height)]
        if view.news and crop.y <= view.height - 1 < crop.bottom:
            strips[view.height - 1 - crop.y] = self._with_news(strips[view.height - 1 - crop.y], view)
        if view.hint and not document.entries:
            strips = self._hint(strips, view, crop)
        fitted = [strip if strip.cell_length == view.width else strip.adjust_cell_length(view.width) for strip in strips]
        left, right = crop.column_span
        return fitted if (left, right) == (0, view.width) else [strip.crop(left, right) for strip in fitted]

    def _strip(self, document: Document, place: Place, view: View, bar: Segment) -> Strip:
        gutter = self._gutters[self._gutter(document, place, view)]
        row = place.row
        if view.selection is None and view.search is None:
            return row.whole(gutter, bar)
        spans: list[tuple[int, int, Ink]] = []
        if view.search is not None:
            found = view.search.spans(place.entry, place.unit.part, row.line)
            spans += [(begin, end, ("match-current" if now else "match",)) for begin, end, now in found]
        if view.selection is not None and (span := view.selection.get_span(row_key(place.entry, place.line))):
            begin, last = span
            length = len(row.line.text)
            spans.append((max(0, begin - GUTTER), length if last < 0 else min(length, last - GUTTER), ("selection",)))
        if not spans:
            return row.whole(gutter, bar)
        return Row.dressed(self._marked(row, spans), gutter, bar)

    @staticmethod
    def _gutter(document: Document, place: Place, view: View) -> str:
        entry = document.entries[place.entry]
        if place.entry == view.cursor and (view.code is None or view.code[0] <= place.line < view.code[1]):
            return "cursor" if place.line < entry.height - 1 else ""
        return "user" if place.row.line is not BLANK and entry.message.role == "user" else ""

    def _marked(self, row: Row, spans: list[tuple[int, int, Ink]]) -> Strip:
        strip = row.strip
        text = row.line.text
        for begin, end, ink in spans:
            if end <= begin:
                continue
            left, right = width_of(text[:begin]), width_of(text[:end])
            style = self.palette.style(ink)
            strip = Strip.join([strip.crop(0, left), _over(strip.crop(left, right), style), strip.crop(right)])
        return strip

    def _bars(self, total: int, view: View) -> Callable[[int], Segment]:
        """The scrollbar's cell for a row of the pane."""
        height = view.height
        if total <= height or not height:
            return lambda _y: self._no_bar
        size = max(1, height * height // total)
        begin = round(view.top * (height - size) / max(1, total - height))
        return lambda y: self._thumb if begin <= y < begin + size else self._track

    def _with_news(self, strip: Strip, view: View) -> Strip:
        segment = Segment(f" ↓ {view.news} ", self.palette.style(("more", "do=end")))
        cells = width_of(segment.text)
        at = view.width - cells - 2
        if at < 1:
            return strip
        return Strip.join([strip.crop(0, at), Strip([segment], cells), strip.crop(at + cells)])

    def _hint(self, strips: list[Strip], view: View, crop: Region) -> list[Strip]:
        width = max(1, view.width - 4)
        lines = [line for text in view.hint.split("\n") for line in wrap([(text, ("hint",))], width)]
        first = max(0, (view.height - len(lines)) // 2)
        for number, line in enumerate(lines):
            y = first + number - crop.y
            if 0 <= y < len(strips):
                pad = max(0, view.width - sum(width_of(text) for text, _ink in line.runs)) // 2
                strips[y] = self.palette.strip(Line(((" " * pad, PLAIN), *line.runs)), view.width)
        return strips


def _over(strip: Strip, style: Style) -> Strip:
    return Strip([Segment(text, own + style if own else style) for text, own, _control in strip], strip.cell_length)
