"""A piece of Markdown among other widgets: as high as its lines, drawn as in the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.markdown.line import BLANK, Ink, Line, dyed
from minicpm_tui.markdown.source import shown_spans
from minicpm_tui.markdown.stream import Stream
from minicpm_tui.ui.conversation.palette import Palette, palette_of
from minicpm_tui.ui.conversation.styles import CLASSES, css_of

Range = tuple[int, int]
"""From which to which character of the text as it was written."""

PART = 4000
"""Characters that are parsed at a time."""


class MarkdownText(Widget):
    """Shows a text that is given with ``update``, or grows with ``feed``. What is shown can be selected and copied."""

    ALLOW_SELECT = True
    DEFAULT_CSS = css_of("MarkdownText") + "MarkdownText { height: auto; width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._stream = Stream()
        self._marked: tuple[Sequence[Range], Ink] = ((), ())
        self._palette: Palette | None = None
        self._width = 0
        self._lines: list[Line] = []
        self._drawn = 0
        self._put(text)

    def update(self, text: str, marked: Sequence[Range] = (), ink: Ink = ()) -> None:
        """Show ``text``; the ranges ``marked``, in order, are drawn in ``ink`` too."""
        self._stream, self._marked = Stream(), (marked, ink)
        self._forget()
        self._put(text)
        self._stream.finish()
        self.refresh(layout=True)

    def feed(self, text: str) -> None:
        """Show ``text`` behind what is there."""
        self._put(text)
        self.refresh(layout=True)

    def _put(self, text: str) -> None:
        for at in range(0, len(text), PART):
            self._stream.feed(text[at : at + PART])

    def _forget(self) -> None:
        self._lines, self._drawn = [], 0

    def lines(self, width: int) -> list[Line]:
        """What is shown at ``width`` cells; finished blocks are laid out once."""
        if width != self._width:
            self._width = width
            self._forget()
        stream = self._stream
        for start, end in stream.blocks[self._drawn :]:
            source = stream.source[start:end]
            block = stream.block_lines(start, end, width)
            dyed_block = [self._dyed(line, source, start) for line in block]
            self._lines += dyed_block if start in stream.cuts else self._apart(dyed_block)
        self._drawn = len(stream.blocks)
        tail = [self._dyed(line, stream.tail, stream.tail_start) for line in stream.lines(width)] if stream.tail.strip() else []
        return [*self._lines, *self._apart(tail)]

    def _apart(self, block: list[Line]) -> list[Line]:
        """A block with the empty line before it."""
        return [BLANK, *block] if block and self._lines else block

    def _dyed(self, line: Line, source: str, start: int) -> Line:
        ranges, ink = self._marked
        if not ranges:
            return line
        within = [(begin - start, end - start) for begin, end in ranges if end > start and begin < start + len(source)]
        return dyed(line, [(begin, end) for begin, end, _number in shown_spans(line, source, within)], ink)

    # ---- Textual's side

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._palette = None

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        lines = self.lines(width)
        self._palette = self._palette or palette_of(self)
        if y >= len(lines):
            return Strip.blank(width, self._palette.base)
        line = lines[y]
        if (selection := self.text_selection) is not None and (span := selection.get_span(y)) is not None:
            begin, end = span
            line = dyed(line, [(begin, len(line.text) if end < 0 else end)], ("selection",))
        return self._palette.strip(line, width).apply_offsets(0, y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(line.text.rstrip() for line in self.lines(self._width))), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()
