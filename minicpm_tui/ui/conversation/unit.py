"""A piece of a message that is laid out by itself: a paragraph, a code block, a footer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from minicpm_tui.markdown.line import Line
from minicpm_tui.ui.conversation.palette import Palette

GUTTER = 2
"""Cells at the left that tell whose message it is, and where the cursor stands."""

BAR = 2
"""Cells at the right for the scrollbar and the space before it."""


class Row:
    """A line as it is drawn. The strip with gutter and scrollbar is kept: what a terminal is sent for it is cached on it."""

    __slots__ = ("_bar", "_gutter", "_whole", "line", "strip")

    def __init__(self, line: Line, strip: Strip) -> None:
        self.line = line
        self.strip = strip
        self._gutter: Segment | None = None
        self._bar: Segment | None = None
        self._whole: Strip | None = None

    def whole(self, gutter: Segment, bar: Segment) -> Strip:
        """The full width, with ``gutter`` before and the scrollbar's cell ``bar`` behind."""
        if self._whole is None or self._gutter is not gutter or self._bar is not bar:
            self._gutter, self._bar = gutter, bar
            self._whole = self.dressed(self.strip, gutter, bar)
        return self._whole

    @staticmethod
    def dressed(strip: Strip, gutter: Segment, bar: Segment) -> Strip:
        """``strip`` between the ``gutter`` and the scrollbar's cell ``bar``."""
        return Strip([gutter, *strip, bar], strip.cell_length + GUTTER + BAR)


class Part(NamedTuple):
    """What a unit shows. ``source`` is the text that its lines come from, None for what the program says itself; it stands
    at ``base`` in the message.

    ``build`` makes the lines for a width, ``guess`` tells about how many there will be. ``thumbnails`` are rows drawn by the
    caller, behind the lines.
    """

    build: Callable[[int], list[Line]]
    guess: Callable[[int], int]
    source: str | None = None
    base: int = 0
    thumbnails: Sequence[Sequence[Segment]] = ()


class Unit:
    """A part and its rows, which are made when they are first seen and may be forgotten."""

    __slots__ = ("_width", "exact", "height", "part", "rows")

    def __init__(self, part: Part, width: int) -> None:
        self.part = part
        self.rows: list[Row] | None = None
        self.exact = False
        self._width = width
        self.height = max(0, part.guess(width))

    def resize(self, width: int) -> None:
        """Forget the rows and guess again."""
        self.rows, self.exact, self._width = None, False, width
        self.height = max(0, self.part.guess(width))

    def forget(self) -> None:
        """Drop the rows; the height stays known."""
        self.rows = None

    def draw(self, palette: Palette) -> list[Row]:
        """The rows."""
        if self.rows is None:
            self.replace(self.part.build(self._width), palette)
            self._add_thumbnails(palette)
            self.exact = True
        assert self.rows is not None
        self.height = len(self.rows)
        return self.rows

    def replace(self, lines: list[Line], palette: Palette) -> int:
        """Show ``lines``, keeping what has not changed; the first changed one (all of them equal: their number)."""
        old = self.rows or []
        rows: list[Row] = []
        changed = min(len(old), len(lines))
        for number, line in enumerate(lines):
            if number < len(old) and old[number].line.runs == line.runs and old[number].line.fill == line.fill:
                row = old[number]
                row.line = line
            else:
                changed = min(changed, number)
                row = Row(line, palette.strip(line, self._width))
            rows.append(row)
        self.rows, self.height, self.exact = rows, len(rows), True
        return changed

    def _add_thumbnails(self, palette: Palette) -> None:
        assert self.rows is not None
        for segments in self.part.thumbnails:
            strip = Strip(palette.filtered(segments)).adjust_cell_length(self._width, palette.base)
            self.rows.append(Row(Line(), strip))
