"""The rows of a run: only those that show are read, so that a hundred thousand are no more work than ten."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run.view import OutputView
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.commands import GENERAL, bindings
from minicpm_tui.ui.kit.fitting import fitted
from minicpm_tui.ui.kit.virtual_list import VirtualList, moves

ID_SHARE = 3
"""The id takes one in so many columns, the answer the rest."""
MOVES = moves(GENERAL, up=("k",), down=("j",))


class ResultTable(VirtualList[int], can_focus=True):
    """Shows lines of an output: the items are their numbers, in ascending order."""

    DECLARED = MOVES
    BINDINGS = bindings(MOVES)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor", "table--failed", "table--id"}
    DEFAULT_CSS = """
    ResultTable > .table--cursor {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: $block-cursor-text-style;
    }
    ResultTable > .table--failed { color: $text-error; }
    ResultTable > .table--id { color: $text-accent; }
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

    def show_lines(self, view: OutputView, numbers: Sequence[int], stay: int | None = None) -> None:
        """Show the lines ``numbers`` of ``view``; the cursor goes to the one of number ``stay`` where that is among them."""
        if view is not self._view:
            self.begin_anew()
        other = view is not self._view or view.replaced != self._replaced
        self._view, self._replaced = view, view.replaced
        self._cache.clear()
        self.show(numbers, at=_place(numbers, stay))
        if other:  # the numbers may be the same, the results are not
            self.post_message(self.Highlighted())

    def draw(self, item: int, line: int, width: int, *, chosen: bool) -> Strip:
        """One result: how it ended, its id, and the answer or the error on one line."""
        result = self._result(item)
        if result is None:
            return Strip.blank(width, self.rich_style)
        failed = result.error is not None
        ending = "" if failed else result.ending.text
        words = result.error if result.error is not None else result.text.strip() or ending
        base, naming, telling = self._styles(failed=failed, chosen=chosen)
        names = max(8, width // ID_SHARE)
        cells = [
            Segment("✗ " if failed else "■ " if ending else "✓ ", telling),
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


def _place(numbers: Sequence[int], wanted: int | None) -> int | None:
    """Where ``wanted`` stands among ``numbers``, which ascend."""
    if wanted is None:
        return None
    place = bisect_left(numbers, wanted)
    return place if place < len(numbers) and numbers[place] == wanted else None


def nearest_number(old: Sequence[int], index: int, new: Sequence[int]) -> tuple[int, bool]:
    """``Nearest`` for numbers in ascending order, quick for any count of them: where no later one is left, the last."""
    place = bisect_left(new, old[index])
    same = place < len(new) and new[place] == old[index]
    return min(place, len(new) - 1), same
