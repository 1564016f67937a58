"""The head of the table of results: the names of its columns, and by which of them it is sorted. A click sorts."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from minicpm_tui.batch.run.selection import Choice, Column
from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.kit.fitting import fitted

TITLES: Mapping[Column, str] = {
    "": N_("as they came"),
    "state": N_("state"),
    "id": N_("id"),
    "answer": N_("answer"),
    "tokens": N_("tokens"),
    "seconds": N_("time"),
}
_ID_SHARE = 3
"""The id takes one in so many cells."""
_ROOM = 56
"""With fewer cells the figures have no columns."""
FIGURES: tuple[Column, ...] = ("tokens", "seconds")
_FIGURE = 9


def widths(width: int) -> dict[Column, int]:
    """The cells of each column of a table of ``width``, from left to right; between id and answer there is one more."""
    figures: dict[Column, int] = dict.fromkeys(FIGURES, _FIGURE) if width >= _ROOM else {}
    room = width - sum(figures.values())
    names = max(8, room // _ID_SHARE)
    return {"state": 2, "id": names, "answer": max(0, room - names - 3), **figures}


def rightward(text: str, width: int) -> str:
    """``text`` at the right end of ``width`` cells, cut where it has more."""
    return " " * max(0, width - cell_len(text)) + (text if cell_len(text) <= width else fitted(text, width))


class TableHeader(Widget):
    """``choice`` is how the table is sorted."""

    DEFAULT_CSS = "TableHeader { height: 1; color: $text-muted; background: $boost; }"

    choice: reactive[Choice] = reactive(Choice())
    room: reactive[int] = reactive(0)
    """Cells of the table's rows."""

    class Clicked(Message):
        """Sort by ``column``."""

        def __init__(self, column: Column) -> None:
            super().__init__()
            self.column = column

    def render(self) -> RenderResult:
        cells: list[tuple[str, str]] = []
        for column, width in self._widths.items():
            sign = ("▼" if self.choice.descending else "▲") if column == self.choice.column else ""
            text = sign + (_(TITLES[column]) if column != "state" else "")
            fit = rightward if column in FIGURES else fitted
            cells += [(fit(text, width), "$text-accent bold" if sign else ""), (" " * (column == "id"), "")]
        return Content.assemble(*cells)

    def on_click(self, event: Click) -> None:
        end = 0
        for column, width in self._widths.items():
            end += width + (column == "id")
            if event.x < end:
                self.post_message(self.Clicked(column))
                return

    @property
    def _widths(self) -> dict[Column, int]:
        return widths(self.room or self.size.width)
