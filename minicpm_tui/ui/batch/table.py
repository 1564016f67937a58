"""The rows of a run: only those that show are read, so that a hundred thousand are no more work than ten."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run.view import OutputView
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.text import one_line

ID_SHARE = 3
"""The id takes one in so many columns, the answer the rest."""


class ResultTable(ScrollView, can_focus=True):
    """Shows lines of ``view``: all, or those in ``numbers``. Posts ``Highlighted`` when another row is chosen."""

    COMPONENT_CLASSES = {"table--cursor", "table--failed", "table--id"}  # noqa: RUF012 - Textual's own annotation is not ClassVar
    DEFAULT_CSS = """
    ResultTable { height: 1fr; scrollbar-size-vertical: 1; }
    ResultTable > .table--cursor {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: $block-cursor-text-style;
    }
    ResultTable > .table--failed { color: $text-error; }
    ResultTable > .table--id { color: $text-accent; }
    """

    row: reactive[int] = reactive(0, init=False)

    class Highlighted(Message):
        """``result`` is None where there are no rows."""

        def __init__(self, result: Result | None) -> None:
            super().__init__()
            self.result = result

    def __init__(self) -> None:
        super().__init__()
        self._view: OutputView | None = None
        self._numbers: Sequence[int] = ()
        self._cache: dict[int, Result | None] = {}

    @property
    def count(self) -> int:
        return len(self._numbers)

    @property
    def current(self) -> Result | None:
        """The result of the chosen row."""
        return self._result(self._numbers[self.row]) if self.row < self.count else None

    def show(self, view: OutputView, numbers: Sequence[int]) -> None:
        """Show these lines; the chosen row stays where it is while there are so many."""
        before = self.current
        self._view, self._numbers = view, numbers
        self._cache.clear()
        self.virtual_size = Size(self.size.width, self.count)
        self.set_reactive(ResultTable.row, max(0, min(self.row, self.count - 1)))
        self.refresh()
        if self.current != before or not self.count:
            self.post_message(self.Highlighted(self.current))

    def move(self, rows: int) -> None:
        """Choose another row, up or down."""
        self.row = max(0, min(self.count - 1, self.row + rows))

    def watch_row(self) -> None:
        self.scroll_to_region(Region(0, self.row, 1, 1), animate=False, force=True)
        self.refresh()
        self.post_message(self.Highlighted(self.current))

    def render_line(self, y: int) -> Strip:
        width, place = self.size.width, self.scroll_offset.y + y
        if place >= self.count:
            return Strip.blank(width, self.rich_style)
        result = self._result(self._numbers[place])
        if result is None:
            return Strip.blank(width, self.rich_style)
        failed = result.error is not None
        words = result.error if result.error is not None else result.text
        base, naming, telling = self._styles(failed=failed, chosen=place == self.row)
        names = max(8, width // ID_SHARE)
        cells = [
            Segment("✗ " if failed else "✓ ", telling),
            Segment(fitted(one_line(result.id), names), naming),
            Segment(" ", base),
            Segment(fitted(one_line(words), max(0, width - names - 4)), telling),
        ]
        return Strip(cells).adjust_cell_length(width, base)

    def _styles(self, *, failed: bool, chosen: bool) -> tuple[Style, Style, Style]:
        """Of the row, of the id, of the answer. The chosen row has one, so that it can be read in every theme."""
        if chosen:
            cursor = self.get_component_rich_style("table--cursor")
            return cursor, cursor, cursor
        base = self.rich_style
        naming = base + self.get_component_rich_style("table--id", partial=True)
        return base, naming, base + self.get_component_rich_style("table--failed", partial=True) if failed else base

    def _result(self, number: int) -> Result | None:
        """Reads one line of a file that the system has at hand: quicker than asking a thread."""
        if self._view is None:
            return None
        if number not in self._cache:
            if len(self._cache) > 500:
                self._cache.clear()
            try:
                self._cache[number] = self._view.result(number)
            except MinicpmTuiError:
                return None
        return self._cache[number]


def fitted(text: str, width: int) -> str:
    """``text`` in exactly so many cells; an ellipsis tells that it goes on."""
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"
