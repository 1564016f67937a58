"""The rows of a run: only those that show are read, so that a hundred thousand are no more work than ten."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import chain
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run.selection import Column
from minicpm_tui.batch.run.view import OutputView
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.batch.header import rightward, widths
from minicpm_tui.ui.kit.commands import GENERAL, bindings
from minicpm_tui.ui.kit.fitting import fitted
from minicpm_tui.ui.kit.virtual_list import VirtualList, moves

MOVES = moves(GENERAL, up=("k",), down=("j",))


class ResultTable(VirtualList[int], can_focus=True):
    """Shows lines of an output: the items are their numbers."""

    DECLARED = MOVES
    BINDINGS = bindings(MOVES)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor", "table--failed", "table--id", "table--figure"}
    DEFAULT_CSS = """
    ResultTable > .table--cursor {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: $block-cursor-text-style;
    }
    ResultTable > .table--failed { color: $text-error; }
    ResultTable > .table--id { color: $text-accent; }
    ResultTable > .table--figure { color: $muted; }
    """

    def __init__(self) -> None:
        super().__init__(nearest_number)
        self._view: OutputView | None = None
        self._replaced = 0
        self._cache: dict[int, Result | None] = {}

    @property
    def result(self) -> Result | None:
        """The result under the cursor."""
        return self._result(self.current) if self.current is not None else None

    def chosen_of(self, view: OutputView) -> Result | None:
        """The result of ``view`` that the user has moved the cursor to."""
        return self.result if self.moved and view is self._view else None

    def show_lines(self, view: OutputView, numbers: Sequence[int], stay: int | None = None, *, other: bool = False) -> None:
        """Show the lines ``numbers`` of ``view``; the cursor goes to the one of number ``stay`` where that is among them.

        ``other`` as in ``show``.
        """
        if view is not self._view:
            self.begin_anew()
        read_anew = view is not self._view or view.replaced != self._replaced
        self._view, self._replaced = view, view.replaced
        self._cache.clear()
        self.show(numbers, other=other, at=_place(numbers, stay))
        if read_anew:  # the numbers may be the same, the results are not
            self.post_message(self.Highlighted())

    def draw(self, item: int, line: int, width: int, *, chosen: bool) -> Strip:
        """One result: how it ended, its id, and the answer or the error on one line."""
        result = self._result(item)
        if result is None:
            return Strip.blank(width, self.rich_style)
        failed = result.error is not None
        ending = "" if failed else result.ending.text
        words = result.error if result.error is not None else result.text.strip() or ending
        base, naming, telling, figure = self._styles(failed=failed, chosen=chosen)
        wide = widths(width)
        figures: dict[Column, str] = {
            "tokens": str(result.usage.completion_tokens) if result.usage else "",
            "seconds": "" if failed else _("{seconds:.1f} s").format(seconds=result.seconds),
        }
        cells = [
            Segment("✗ " if failed else "■ " if ending else "✓ ", telling),
            Segment(fitted(one_line(result.id), wide["id"]), naming),
            Segment(" ", base),
            Segment(fitted(one_line(words), wide["answer"]), telling),
            *(Segment(rightward(text, wide[name]), figure) for name, text in figures.items() if name in wide),
        ]
        return Strip(cells).adjust_cell_length(width, base)

    def _styles(self, *, failed: bool, chosen: bool) -> tuple[Style, Style, Style, Style]:
        """Of the row, of the id, of the answer, of figures. The chosen row has one, so that it can be read in every theme."""
        if chosen:
            cursor = self.get_component_rich_style("table--cursor")
            return cursor, cursor, cursor, cursor
        base = self.rich_style
        naming, wrong, figure = (
            base + self.get_component_rich_style(f"table--{part}", partial=True) for part in ("id", "failed", "figure")
        )
        return base, naming, wrong if failed else base, figure

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


def _place(numbers: Sequence[int], wanted: int | None) -> int | None:
    """Where ``wanted`` stands among ``numbers``."""
    with contextlib.suppress(ValueError):
        return None if wanted is None else numbers.index(wanted)
    return None


def nearest_number(old: Sequence[int], index: int, new: Sequence[int]) -> tuple[int, bool]:
    """``Nearest`` for numbers, quick for any count of them."""
    if (place := _place(new, old[index])) is not None:
        return place, True
    there = set(new)
    others = chain(range(index + 1, len(old)), range(index - 1, -1, -1))
    return next((new.index(old[other]) for other in others if old[other] in there), 0), False
